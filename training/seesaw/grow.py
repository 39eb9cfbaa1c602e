"""Grows a trained Seesaw-shuffle into a start for a DW-SeesawFaceNet that computes the same.

    python -m seesaw.grow RUN/checkpoint.pt --to dw-seesaw-v2 --out START.pt

Function-preserving growth (Net2Net: Chen, Goodfellow and Shlens 2016, arXiv 1511.05641). DW is
Seesaw-shuffle with every width one and a half times as large, more blocks a stage, and a shortcut
beside each strided block:

- Width: channel j of a wider layer is a copy of channel floor(2 j / 3); behind a shuffle, that of
  the channels before it. The map respects quarters and halves, so the uneven splits and the shuffle
  carry it through the network. A layer that reads
  the copies of a channel shares its weight out among them, unevenly, so that copies with the same
  past get different gradients.
- Depth: the blocks that are new are residual and start with a projection of zero (the gamma of its
  norm), so they add nothing at first; the rest of them is a copy of the block before.
- A shortcut starts with gamma and beta of zero: swish(0) = 0.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from seesaw import checkpoint
from seesaw.evaluate import load_average
from seesaw.manifest import phases
from seesaw.networks import SeesawBlock, SeesawNet, build
from seesaw.networks.layout import DEEP_WIDE, SMALL

SOURCE = "seesaw-shuffle"
TARGETS = ("dw-seesaw-v1", "dw-seesaw-v2")
# How unevenly a weight is shared out: each copy's share is drawn from 1 ± this, then normalised.
UNEVEN = 0.4


def wider(channels: int) -> Tensor:
    """Which old channel each new one is a copy of, for `channels` old ones."""
    return torch.div(torch.arange(channels * 3 // 2) * 2, 3, rounding_mode="floor")


def wider_shuffled(channels: int) -> Tensor:
    """The same behind a channel shuffle in two groups, which interleaves the halves."""
    half = 2 * wider(channels // 2)
    return torch.stack((half, half + 1), 1).flatten()


Map = Callable[[int], Tensor]


class Growth:
    """Copies layers of a small network into those of the wide one."""

    def __init__(self, seed: int) -> None:
        self.generator = torch.Generator().manual_seed(seed)

    def shares(self, source: Tensor, rows: int) -> Tensor:
        """How each reader (row) shares the weight of an old channel out among its copies."""
        draws = torch.rand(rows, len(source), generator=self.generator)
        drawn = 1 + UNEVEN * (2 * draws - 1)
        sums = torch.zeros(rows, int(source.max()) + 1).index_add_(1, source, drawn)
        return drawn / sums[:, source]

    def dense(self, old: nn.Module, new: nn.Module, reads: Map, makes: Map | None = wider) -> None:
        """A 1x1 convolution or linear layer whose inputs and outputs are wider as these maps say;
        without `makes` its outputs stay."""
        weight = old.weight.data
        if makes is not None:
            weight = weight[makes(len(weight))]
        source = reads(weight.shape[1])
        shares = self.shares(source, len(weight))
        new.weight.data.copy_(
            weight[:, source] * shares.reshape(new.weight.shape[:2] + weight.shape[2:])
        )
        if getattr(old, "bias", None) is not None:
            new.bias.data.copy_(old.bias.data if makes is None else old.bias[makes(len(old.bias))])

    @staticmethod
    def channelwise(old: nn.Module, new: nn.Module, channels: Map = wider) -> None:
        """A norm, a PReLU or a depthwise convolution: what belongs to a channel is copied."""
        grown = new.state_dict()
        for name, value in old.state_dict().items():
            grown[name] = value[channels(len(value))] if value.dim() else value
        new.load_state_dict(grown)

    def block(self, old: SeesawBlock, new: SeesawBlock) -> None:
        for part in ("first", "second"):
            for layer, reads in (("expand", wider), ("project", wider_shuffled)):
                before, after = (getattr(getattr(b, layer), part) for b in (old, new))
                self.dense(before[0], after[0], reads)
                self.channelwise(before[1], after[1])
        for i in (0, 1):
            self.channelwise(old.depthwise[i], new.depthwise[i], wider_shuffled)
        self.dense(old.gate.down, new.gate.down, wider_shuffled)
        self.channelwise(old.gate.activation, new.gate.activation)
        self.dense(old.gate.up, new.gate.up, wider, wider_shuffled)

    @staticmethod
    def silence(block: SeesawBlock) -> None:
        """Makes a residual block add nothing."""
        for part in (block.project.first, block.project.second):
            nn.init.zeros_(part[1].weight)
            nn.init.zeros_(part[1].bias)


def origins() -> list[tuple[int, bool]]:
    """For each block of the deep layout: which small block it begins as, and whether it is new.

    Rows of the two layouts correspond. New blocks end their row, as copies of its last one.
    """
    found: list[tuple[int, bool]] = []
    first = 0
    for (*_, repeats), (*_, wanted) in zip(SMALL.rows, DEEP_WIDE.rows, strict=True):
        found += [(first + min(i, repeats - 1), i >= repeats) for i in range(wanted)]
        first += repeats
    return found


@torch.no_grad()
def grow(small: SeesawNet, name: str, seed: int = 1) -> SeesawNet:
    """A network `name` that computes what `small`, a Seesaw-shuffle, computes."""
    if name not in TARGETS:
        raise ValueError(f"--to: {name!r} is none of {', '.join(TARGETS)}")
    torch.manual_seed(seed)
    grown, growth = build(name), Growth(seed)
    stem, old_stem = grown.stem, small.stem
    stem[0].weight.data.copy_(old_stem[0].weight[wider(old_stem[0].out_channels)])
    for i in (1, 3, 4):
        growth.channelwise(old_stem[i], stem[i])
    for block, (origin, is_new) in zip(grown.blocks, origins(), strict=True):
        growth.block(small.blocks[origin], block)
        if is_new:
            growth.silence(block)
        if block.shortcut is not None:
            norm = next(m for m in block.shortcut if isinstance(m, nn.BatchNorm2d))
            nn.init.zeros_(norm.weight)
    growth.dense(small.head[0], grown.head[0], wider, None)
    for part in ("pool", "embed", "norm"):
        getattr(grown, part).load_state_dict(getattr(small, part).state_dict())
    grown.head[1].load_state_dict(small.head[1].state_dict())
    return grown


def start_state(state: dict[str, Any], name: str, seed: int) -> dict[str, Any]:
    """A state to start training from: the grown average, its heads, no optimiser's memory."""
    small, heads = load_average(state)
    grown = grow(small, name, seed)
    average = nn.ModuleList([grown, heads])
    return {
        "network": name,
        "model": grown.state_dict(),
        "heads": heads.state_dict(),
        "average": average.state_dict(),
        "average_updates": 0,
        "optimisers": None,
        "torch_rng": torch.get_rng_state(),
        "samples": state["samples"],
        "step": 0,
        "batch": 0,
        "batch_size": 0,
        "stage": state["stage"],
        "seconds": state["seconds"],
        "faces": "",
        "history": phases(state),
        "decay": None,
        "grown_from": {"network": SOURCE, "samples": state["samples"]},
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m seesaw.grow", description=__doc__.split("\n")[0]
    )
    parser.add_argument("checkpoint", type=Path, help="of a Seesaw-shuffle")
    parser.add_argument("--to", required=True, choices=TARGETS)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    state = checkpoint.load(options.checkpoint, SOURCE)
    checkpoint.save(options.out, start_state(state, options.to, options.seed))
    print(f"{options.out}: {options.to} that computes what {options.checkpoint} does")


if __name__ == "__main__":
    main()
