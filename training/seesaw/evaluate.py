"""Verification accuracy on the LFW pairs, view 2: 6000 pairs in 10 folds, no flip.

    python -m seesaw.evaluate RUN/checkpoint.pt --data PREPARED
    python -m seesaw.evaluate ../models/seesaw-shuffle.json --data PREPARED
    python -m seesaw.evaluate teachers --data PREPARED

The threshold of a fold is chosen on the other nine. For reporting only: nothing is chosen by it.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import numpy as np
import torch
from torch import nn

from seesaw import checkpoint
from seesaw.dataset import open_crops, open_source
from seesaw.losses import TeacherHeads
from seesaw.networks import EMBEDDING_SIZE, build
from seesaw.parity import unit
from seesaw.validate import embed_crops
from seesaw.verification import Report, report


def load_average(state: dict) -> tuple[nn.Module, TeacherHeads]:
    """The averaged weights of a checkpoint: the network to ship, and its heads."""
    average = checkpoint.restore_moments(state["average"])
    heads = {k.removeprefix("1."): v for k, v in average.items() if k.startswith("1.")}
    both = nn.ModuleList([build(state["network"]), TeacherHeads.like(heads, EMBEDDING_SIZE)])
    both.load_state_dict(average)
    both.eval().requires_grad_(False)
    return both[0], both[1]


def embed(model: str, crops: np.ndarray, threads: int) -> tuple[np.ndarray, int]:
    """Unit embeddings by a checkpoint (.pt) or a manifest (.json), and samples seen."""
    if model.endswith(".json"):
        from seesaw.ncnn_model import NcnnModel

        return unit(NcnnModel.from_manifest(Path(model), threads).embed(crops)), 0
    state = checkpoint.load(Path(model))
    network, _ = load_average(state)
    return unit(embed_crops(network, crops).numpy()), state["samples"]


def pair_report(embeddings: np.ndarray, protocol: dict) -> Report:
    pairs = np.array(protocol["pairs"])
    scores = np.sum(embeddings[pairs[:, 0]] * embeddings[pairs[:, 1]], axis=1)
    return report(scores, np.array(protocol["same"], bool), np.array(protocol["fold"]))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m seesaw.evaluate", description=__doc__)
    parser.add_argument("model", help="checkpoint .pt, manifest .json, or the word teachers")
    parser.add_argument("--data", type=Path, required=True, help="output of data.prepare")
    parser.add_argument("--set", default="lfw-pairs", help="crops the pairs' indices point into")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--curve", type=Path, help="CSV to add the figures to")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    protocol = json.loads((options.data / "pairs.json").read_text())

    if options.model == "teachers":
        source = open_source(options.data, options.set)
        figures = {name: unit(np.float32(rows)) for name, rows in source.targets.items()}
        if len(figures) > 1:
            figures["together"] = np.hstack(list(figures.values()))
        for name, rows in figures.items():
            print(f"{name}: {pair_report(unit(rows), protocol)}")
        return

    crops = open_crops(options.data, options.set)
    embeddings, samples = embed(options.model, crops, options.threads)
    result = pair_report(embeddings, protocol)
    print(f"{options.model}, {samples or 'unknown'} samples, {options.set}: {result}")
    if options.curve is not None:
        is_new = not options.curve.exists()
        with options.curve.open("a", newline="") as file:
            writer = csv.writer(file)
            if is_new:
                tars = [f"tar_at_{row.far:g}" for row in result.tar_at_far]
                writer.writerow(["samples", "accuracy", "standard_error", "auc", "eer", *tars])
            values = [result.accuracy, result.standard_error, result.auc, result.eer]
            values += [row.tar for row in result.tar_at_far]
            writer.writerow([samples, *(f"{value:.5f}" for value in values)])


if __name__ == "__main__":
    main()
