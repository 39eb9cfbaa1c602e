"""What post-training quantisation of the pointwise convolutions costs, scheme by scheme.

    python -m seesaw.quantise checkpoints/seesaw-shuffle.pt --data PREPARED

Weights become signed bytes with one scale for each output channel; the inputs of the pointwise
convolutions of blocks become bytes, by a scheme. Everything else stays fp32, as in the addon's
int8 kernels, which compute the scheme `dynamic`. Held-out FairFace crops are compared with fp32;
a scheme is chosen by them, never by LFW. Crops to calibrate with are training faces.
"""

from __future__ import annotations

import argparse
import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seesaw import checkpoint
from seesaw.dataset import held_out_faces, training_faces
from seesaw.evaluate import load_average
from seesaw.ncnn_export import fold_batch_norm, round_weights
from seesaw.networks import SeesawBlock
from seesaw.validate import embed_crops

Range = tuple[Tensor, Tensor]


def quantise_weights(weight: Tensor) -> Tensor:
    """Each output channel's weights as multiples of a 127th of the greatest."""
    scale = weight.abs().flatten(1).amax(1).clamp_min(1e-30) / 127
    scale = scale.reshape(-1, 1, 1, 1)
    return (weight / scale).round() * scale


def as_bytes(x: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """The nearest of 256 levels from low to high, of which zero is one."""
    scale = (high - low).clamp_min(1e-30) / 255
    zero = (-low / scale).round()
    return ((x / scale).round() + zero).clamp(0, 255).sub(zero) * scale


def range_of(x: Tensor) -> Range:
    """Of each image's numbers, and zero."""
    axes = (1, 2, 3)
    return x.amin(axes, keepdim=True).clamp_max(0), x.amax(axes, keepdim=True).clamp_min(0)


class QuantisedConv(nn.Module):
    """A pointwise convolution of bytes. `ranges` tells the levels of an input."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.conv = conv
        self.ranges: Callable[[Tensor], Range] | None = None
        self.equaliser: Tensor | None = None
        self.seen: list[tuple[Tensor, Tensor]] = []
        self.measuring = False

    def forward(self, x: Tensor) -> Tensor:
        if self.measuring:
            channels = x.transpose(0, 1).flatten(1)
            self.seen.append((channels.amin(1), channels.amax(1)))
            return self.conv(x)
        weight = self.conv.weight
        if self.equaliser is not None:
            x, weight = x / self.equaliser, weight * self.equaliser
        if self.ranges is not None:
            x = as_bytes(x, *self.ranges(x))
        return F.conv2d(x, quantise_weights(weight), self.conv.bias)

    def measured(self) -> tuple[Tensor, Tensor]:
        """The least and the greatest of each channel."""
        lows, highs = (torch.stack(column) for column in zip(*self.seen, strict=True))
        return lows.amin(0).clamp_max(0), highs.amax(0).clamp_min(0)

    def use_static(self, equalise: bool) -> None:
        low, high = self.measured()
        self.equaliser = None
        if equalise:
            # Half of what channels differ by goes into the weights (arXiv 1906.04721).
            ranges = torch.maximum(high, -low).clamp_min(1e-3)
            weights = self.conv.weight.abs().amax((0, 2, 3)).clamp_min(1e-3)
            factors = (ranges / weights).sqrt()
            self.equaliser = (factors / factors.mean()).reshape(1, -1, 1, 1)
            low, high = low / self.equaliser.flatten(), high / self.equaliser.flatten()
        least, greatest = low.min(), high.max()
        self.ranges = lambda _x: (least, greatest)


def symmetric(x: Tensor) -> Range:
    low, high = range_of(x)
    bound = torch.maximum(-low, high)
    return -bound, bound


def quantise_blocks(network: nn.Module) -> tuple[nn.Module, list[QuantisedConv]]:
    """A copy with the pointwise convolutions of its blocks replaced."""
    network = copy.deepcopy(network)
    replaced = []
    for block in network.modules():
        if not isinstance(block, SeesawBlock):
            continue
        for pair in (block.expand, block.project):
            for part in (pair.first, pair.second):
                replaced.append(QuantisedConv(part[0]))
                part[0] = replaced[-1]
    return network, replaced


def report(name: str, exact: Tensor, other: Tensor) -> None:
    cosines = (exact * other).sum(1)
    upper = torch.triu_indices(len(exact), len(exact), 1)
    errors = (exact @ exact.T - other @ other.T)[upper[0], upper[1]]
    print(
        f"| {name} | {cosines.mean():.5f} | {cosines.min():.5f} "
        f"| {errors.square().mean().sqrt():.5f} |",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m seesaw.quantise", description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="output of data.prepare")
    parser.add_argument("--sources", nargs="+", default=["fairface", "utkface", "celeba"])
    parser.add_argument("--every", type=int, default=2, help="take every so many held-out crops")
    parser.add_argument("--calibrate", type=int, default=512, help="crops for static ranges")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    network = round_weights(fold_batch_norm(load_average(checkpoint.load(options.checkpoint))[0]))
    held_out = held_out_faces(options.data, options.sources, [])
    crops = held_out.gather(np.arange(0, len(held_out), options.every))[0]
    quantised, convolutions = quantise_blocks(network)

    def embed(model: nn.Module, faces: np.ndarray) -> Tensor:
        return F.normalize(embed_crops(model, faces).double())

    exact = embed(network, crops)
    print(f"{len(crops)} held-out crops, {len(convolutions)} convolutions in bytes")
    print("| inputs | cosine to fp32, mean | least | RMS change of a pair's cosine |")
    print("|---|---|---|---|")
    report("fp32 (weights only)", exact, embed(quantised, crops))
    for name, ranges in {"dynamic": range_of, "dynamic, symmetric": symmetric}.items():
        for convolution in convolutions:
            convolution.ranges = ranges
        report(name, exact, embed(quantised, crops))

    faces = training_faces(options.data, options.sources, [])
    chosen = np.random.default_rng(0).choice(len(faces), options.calibrate, replace=False)
    for convolution in convolutions:
        convolution.measuring = True
    embed(quantised, faces.gather(chosen)[0])
    for convolution in convolutions:
        convolution.measuring = False
    for name, equalise in {"static": False, "static, equalised": True}.items():
        for convolution in convolutions:
            convolution.use_static(equalise)
        report(name, exact, embed(quantised, crops))


if __name__ == "__main__":
    main()
