"""Networks nobody has trained, exported all the same: what engines are compared on.

The weights recognise nobody. Their BatchNorm statistics are those of faces, so that activations
have the sizes they have in a trained network and different faces get different embeddings.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn

from seesaw.augment import augment
from seesaw.manifest import random_manifest, write_json
from seesaw.ncnn_export import fold_batch_norm, round_weights, to_ncnn
from seesaw.ncnn_model import NcnnModel
from seesaw.networks import NETWORKS, build
from seesaw.off_neutral import off_neutral
from seesaw.onnx_export import OnnxFile, to_onnx
from seesaw.parity import FIXTURE_CROPS, check_parity, read_crops, write_parity_vectors
from seesaw.validate import refresh_statistics

# Batches are small because the largest network's activations are not.
STATISTICS_CROPS, STATISTICS_BATCH = 48, 24


def random_network(name: str, crops: np.ndarray, seed: int) -> nn.Module:
    """The same network for the same seed and crops, in evaluation mode."""
    torch.manual_seed(seed)
    network = off_neutral(build(name))
    varied = crops[np.arange(STATISTICS_CROPS) % len(crops)]
    refresh_statistics(network, augment(varied, np.random.default_rng(seed)), STATISTICS_BATCH)
    return network.eval().requires_grad_(False)


def export_random(name: str, options: argparse.Namespace) -> None:
    """Writes NAME.param, NAME.bin, NAME.json and parity/NAME.json, if asked NAME.onnx too."""
    folder = options.fixtures / "crops" if options.fixtures else FIXTURE_CROPS
    crops = np.stack(list(read_crops(folder).values()))
    network = random_network(name, crops, options.seed)
    folded = fold_batch_norm(network)
    halved = options.weights == "fp16"
    stored = round_weights(folded) if halved else folded
    options.out.mkdir(parents=True, exist_ok=True)
    param, weights = to_ncnn(stored, options.out, name, fp16=halved)
    what = "the stored fp16 weights" if halved else "the fp32 weights before folding"
    cosines = check_parity(
        crops,
        "ncnn",
        NcnnModel(param, weights, options.threads),
        {what: stored if halved else network},
    )
    if options.onnx:
        path = to_onnx(folded, options.out / f"{name}.onnx")
        runner = OnnxFile(path, options.threads)
        references = {"the fp32 weights before folding": network}
        cosines |= check_parity(crops, "onnxruntime", runner, references)
    described = random_manifest(network, name, param, weights, cosines, options)
    write_json(options.out / f"{name}.json", described)
    write_parity_vectors(stored, folder, options.out / "parity" / f"{name}.json", described)


def wanted_networks(names: list[str]) -> list[str]:
    """The names asked for; `all` stands for every network."""
    wanted = list(NETWORKS) if names == ["all"] else names
    for name in wanted:
        if name not in NETWORKS:
            raise ValueError(f"--network: {name!r} is none of all, {', '.join(NETWORKS)}")
    return wanted


def export_all(options: argparse.Namespace) -> None:
    for name in wanted_networks(options.network):
        print(f"{name}, random weights of seed {options.seed}, to {Path(options.out)}")
        export_random(name, options)
