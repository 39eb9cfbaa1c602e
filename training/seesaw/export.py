"""Exports a trained network for NCNN, with its manifest and parity vectors.

    python -m seesaw.export RUN/checkpoint.pt --network seesaw-shuffle --name seesaw-shuffle \\
        --out ../models --data PREPARED --fixtures ../test/fixtures

    python -m seesaw.export --network all --seed 1 --out RANDOM --onnx

BatchNorm is folded into the layer before it, weights are stored as fp16, and the result is refused
unless NCNN (and onnxruntime) and PyTorch agree. The same checkpoint gives the same files, byte for
byte. Without a checkpoint the weights are random: see seesaw/random_weights.py.
"""

from __future__ import annotations

import argparse
import copy
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from seesaw import checkpoint
from seesaw.dataset import held_out_faces, open_crops, open_source, training_faces
from seesaw.distill import accelerate_in_place
from seesaw.evaluate import load_average, pair_report
from seesaw.losses import TeacherHeads
from seesaw.manifest import manifest, write_json
from seesaw.ncnn_export import fold_batch_norm, round_weights, to_ncnn
from seesaw.ncnn_model import NcnnModel
from seesaw.networks import build
from seesaw.onnx_export import OnnxFile, to_onnx
from seesaw.parity import check_parity, unit, write_parity_vectors
from seesaw.random_weights import export_all
from seesaw.validate import refresh_statistics, validate

PARITY_CROPS = 128
STATISTICS_CROPS = 1536


def choose_statistics(
    network: nn.Module, heads: TeacherHeads, state: dict[str, Any], data: Path, fast: bool
) -> nn.Module:
    """The network as averaged, or with its BatchNorm statistics measured anew: whichever agrees
    better with the teachers on the held-out faces."""
    names = [part.split(":")[0] for part in state["faces"].split("/")[0].split(",")]
    faces, held_out = training_faces(data, names), held_out_faces(data)
    chosen = np.random.default_rng(0).choice(
        len(faces), min(len(faces), STATISTICS_CROPS), replace=False
    )
    refreshed = copy.deepcopy(network)
    # Not accelerated yet: the fast path keeps the momentum it was made with.
    refresh_statistics(refreshed, faces.gather(chosen)[0])
    if fast:
        accelerate_in_place(network, refreshed)
    scores = [validate(candidate, heads, held_out) for candidate in (network, refreshed)]
    print(f"as averaged: {scores[0]}\nstatistics measured anew: {scores[1]}")
    chosen_one = refreshed if scores[1].relation > scores[0].relation else network
    plain = build(state["network"])
    plain.load_state_dict(chosen_one.state_dict())
    return plain.eval().requires_grad_(False)


def export_checkpoint(options: argparse.Namespace) -> None:
    """Writes NAME.param, NAME.bin and NAME.json, where asked NAME.onnx and parity vectors too."""
    (architecture,) = options.network
    state = checkpoint.load(options.checkpoint, architecture)
    network = choose_statistics(*load_average(state), state, options.data, options.fast)
    folded = fold_batch_norm(network)
    rounded = round_weights(folded)
    options.out.mkdir(parents=True, exist_ok=True)
    param, weights = to_ncnn(rounded, options.out, options.name)
    model = NcnnModel(param, weights, options.threads)

    crops = np.array(open_source(options.data, "lfw-other").crops[:PARITY_CROPS])
    trained = {"the trained fp32 weights": network}
    cosines = check_parity(crops, "ncnn", model, {"the stored fp16 weights": rounded, **trained})
    if options.onnx:
        path = to_onnx(folded, options.out / f"{options.name}.onnx")
        cosines |= check_parity(crops, "onnxruntime", OnnxFile(path, options.threads), trained)
    protocol = json.loads((options.data / "pairs.json").read_text())
    result = pair_report(unit(model.embed(open_crops(options.data, "lfw-pairs"))), protocol)
    print(f"LFW, {param.name} by ncnn in fp32: {result}")

    described = manifest(network, param, weights, state, result, cosines, options)
    write_json(options.out / f"{options.name}.json", described)
    if options.fixtures is not None:
        target = options.fixtures / "parity" / f"{options.name}.json"
        write_parity_vectors(rounded, options.fixtures / "crops", target, described)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m seesaw.export",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("checkpoint", type=Path, nargs="?")
    parser.add_argument("--network", required=True, nargs="+", help="without a checkpoint: or all")
    parser.add_argument("--out", type=Path, required=True, help="the folder of models")
    parser.add_argument("--name", help="of the files of a checkpoint")
    parser.add_argument("--data", type=Path, help="prepared faces, which a checkpoint needs")
    parser.add_argument("--fixtures", type=Path, help="the tests' fixtures, for parity vectors")
    parser.add_argument("--fast", action="store_true", help="use the compiled training path")
    parser.add_argument("--seed", type=int, default=1, help="of random weights")
    parser.add_argument(
        "--weights", choices=["fp32", "fp16"], default="fp32", help="how random ones are stored"
    )
    parser.add_argument("--onnx", action="store_true", help="write NAME.onnx too")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--version", default="0.1.0")
    parser.add_argument("--date", default=f"{datetime.now():%Y-%m-%d}")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    if options.checkpoint is None:
        if options.name is not None or options.data is not None:
            parser.error("--name and --data belong to a checkpoint")
        export_all(options)
        return
    if options.name is None or options.data is None or len(options.network) != 1:
        parser.error("a checkpoint needs one --network, --name and --data")
    export_checkpoint(options)


if __name__ == "__main__":
    main()
