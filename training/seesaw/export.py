"""Exports a trained network for NCNN, with its manifest and parity vectors.

    python -m seesaw.export RUN/checkpoint.pt --network seesaw-shuffle --name seesaw-shuffle \\
        --out ../models --data PREPARED --fixtures ../test/fixtures

BatchNorm is folded into the layer before it, weights are stored as fp16, and the result is refused
unless NCNN and PyTorch agree. The same checkpoint gives the same files, byte for byte.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import nn

from seesaw import checkpoint
from seesaw.dataset import held_out_faces, open_crops, open_source, training_faces
from seesaw.distill import accelerate_in_place
from seesaw.evaluate import load_average, pair_report, unit
from seesaw.losses import TeacherHeads
from seesaw.manifest import manifest, write_json
from seesaw.ncnn_export import (
    fold_batch_norm,
    require_parity,
    round_weights,
    to_ncnn,
    worst_cosine,
)
from seesaw.ncnn_model import NcnnModel
from seesaw.networks import INPUT_SIZE, build
from seesaw.validate import embed_crops, refresh_statistics, validate

PARITY_CROPS = 128
STATISTICS_CROPS = 1536


def check_parity(
    crops: np.ndarray, whole: nn.Module, rounded: nn.Module, model: NcnnModel
) -> dict[str, float]:
    """Refuses a model that NCNN computes differently from PyTorch."""
    exported = model.embed(crops)
    cosines = {
        "ncnn to PyTorch of the stored fp16 weights": worst_cosine(
            embed_crops(rounded, crops).numpy(), exported
        ),
        "ncnn to PyTorch of the trained fp32 weights": worst_cosine(
            embed_crops(whole, crops).numpy(), exported
        ),
    }
    for what, cosine in cosines.items():
        print(f"parity, worst of {len(crops)} crops, {what}: {cosine:.8f}")
    require_parity(cosines)
    return cosines


def write_parity_vectors(
    rounded: nn.Module, fixtures: Path, name: str, bin_sha256: str, param_sha256: str
) -> None:
    """PyTorch's embeddings of the public-domain crops, for the tests to compare with."""
    vectors = []
    for path in sorted((fixtures / "crops").glob("*.png")):
        crop = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if crop is None or crop.shape != (INPUT_SIZE, INPUT_SIZE, 3):
            raise ValueError(f"{path} is not a {INPUT_SIZE}x{INPUT_SIZE} picture")
        embedding = unit(embed_crops(rounded, crop[None]).numpy())[0]
        vectors.append(
            {
                "crop": f"crops/{path.name}",
                "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                "embedding": [round(float(value), 8) for value in embedding],
            }
        )
    if not vectors:
        raise ValueError(f"{fixtures}/crops holds no PNG")
    content: dict[str, Any] = {
        "model": name,
        "paramSha256": param_sha256,
        "binSha256": bin_sha256,
        "about": "L2-normalised embeddings by PyTorch in fp32, of the folded weights as they are "
        "stored (rounded to fp16)",
        "vectors": vectors,
    }
    (fixtures / "parity").mkdir(parents=True, exist_ok=True)
    write_json(fixtures / "parity" / f"{name}.json", content)


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


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m seesaw.export", description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--network", required=True)
    parser.add_argument("--name", required=True, help="of the files")
    parser.add_argument("--out", type=Path, required=True, help="the folder of models")
    parser.add_argument("--data", type=Path, required=True, help="prepared faces, for parity")
    parser.add_argument("--fixtures", type=Path, help="the tests' fixtures, for parity vectors")
    parser.add_argument("--fast", action="store_true", help="use the compiled training path")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--version", default="0.1.0")
    parser.add_argument("--date", default=f"{datetime.now():%Y-%m-%d}")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    state = checkpoint.load(options.checkpoint, options.network)
    network = choose_statistics(*load_average(state), state, options.data, options.fast)
    folded = fold_batch_norm(network)
    rounded = round_weights(folded)
    options.out.mkdir(parents=True, exist_ok=True)
    param, weights = to_ncnn(rounded, options.out, options.name)
    model = NcnnModel(param, weights, options.threads)

    other = open_source(options.data, "lfw-other")
    cosines = check_parity(np.array(other.crops[:PARITY_CROPS]), network, rounded, model)
    protocol = json.loads((options.data / "pairs.json").read_text())
    result = pair_report(unit(model.embed(open_crops(options.data, "lfw-pairs"))), protocol)
    print(f"LFW, {param.name} by ncnn in fp32: {result}")

    described = manifest(network, param, weights, state, result, cosines, options)
    write_json(options.out / f"{options.name}.json", described)
    if options.fixtures is not None:
        files = described["files"]
        write_parity_vectors(
            rounded,
            options.fixtures,
            options.name,
            files["bin"]["sha256"],
            files["param"]["sha256"],
        )


if __name__ == "__main__":
    main()
