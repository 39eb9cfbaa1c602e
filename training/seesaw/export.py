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
from seesaw.dataset import FaceSet, Teachers, held_out_faces, open_crops, training_faces
from seesaw.distill import accelerate_in_place
from seesaw.evaluate import load_average, pair_report
from seesaw.losses import joined
from seesaw.manifest import manifest, write_json
from seesaw.ncnn_export import fold_batch_norm, round_weights, to_ncnn
from seesaw.ncnn_model import NcnnModel
from seesaw.networks import build
from seesaw.onnx_export import OnnxFile, to_onnx
from seesaw.parity import check_parity, unit, write_parity_vectors
from seesaw.random_weights import export_all
from seesaw.validate import embed_crops, refresh_statistics

PARITY_CROPS = 128
STATISTICS_CROPS = 1536
HELD_OUT_CROPS = 1500


def relation(network: nn.Module, faces: FaceSet, teachers: Teachers) -> float:
    """Correlation of all pairs' cosines with the teachers' mean cosines."""
    crops, targets, _ = faces.gather(np.arange(len(faces)))
    unit_rows = torch.nn.functional.normalize(embed_crops(network, crops))
    wanted = joined(torch.from_numpy(targets), teachers)
    upper = torch.triu_indices(len(crops), len(crops), offset=1)
    pairs = [(rows @ rows.T)[upper[0], upper[1]] for rows in (unit_rows, wanted)]
    return torch.corrcoef(torch.stack(pairs))[0, 1].item()


def choose_statistics(
    network: nn.Module, state: dict[str, Any], data: Path, teachers: Teachers, fast: bool
) -> nn.Module:
    """The network as averaged, or with its BatchNorm statistics measured anew: whichever agrees
    better with the teachers on the held-out faces."""
    names = [part.split(":")[0] for part in state["faces"].split("/")[0].split(",")]
    faces = training_faces(data, names, teachers.names)
    held_out = held_out_faces(data, names, teachers.names)
    order = np.random.default_rng(0).permutation(len(held_out))
    held_out = held_out.take(order[:HELD_OUT_CROPS])
    chosen = np.random.default_rng(0).choice(
        len(faces), min(len(faces), STATISTICS_CROPS), replace=False
    )
    refreshed = copy.deepcopy(network)
    # Not accelerated yet: the fast path keeps the momentum it was made with.
    refresh_statistics(refreshed, faces.gather(chosen)[0])
    if fast:
        accelerate_in_place(network, refreshed)
    scores = [relation(candidate, held_out, teachers) for candidate in (network, refreshed)]
    print(f"relation as averaged {scores[0]:.5f}, statistics measured anew {scores[1]:.5f}")
    chosen_one = refreshed if scores[1] > scores[0] else network
    plain = build(state["network"])
    plain.load_state_dict(chosen_one.state_dict())
    return plain.eval().requires_grad_(False)


def export_checkpoint(options: argparse.Namespace) -> None:
    """Writes NAME.param, NAME.bin and NAME.json, where asked NAME.onnx and parity vectors too."""
    (architecture,) = options.network
    state = checkpoint.load(options.checkpoint, architecture)
    teachers = Teachers.parse(options.teachers)
    network = choose_statistics(load_average(state)[0], state, options.data, teachers, options.fast)
    folded = fold_batch_norm(network)
    rounded = round_weights(folded)
    options.out.mkdir(parents=True, exist_ok=True)
    param, weights = to_ncnn(rounded, options.out, options.name)
    model = NcnnModel(param, weights, options.threads)

    crops = np.array(open_crops(options.data, "lfw-other")[:PARITY_CROPS])
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
    parser.add_argument("--teachers", nargs="+", default=["sface:0.5", "edgeface-xs:0.5"])
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
