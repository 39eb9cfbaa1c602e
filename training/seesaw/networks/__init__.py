"""Every network of the Seesaw paper and the ones it compares itself with, each defined once."""

from collections.abc import Callable

from torch import nn

from seesaw.networks.arcface import ArcFaceNet
from seesaw.networks.counts import count_macs, count_parameters
from seesaw.networks.layout import (
    DEEP_WIDE,
    EMBEDDING_SIZE,
    INPUT_SIZE,
    MOBI,
    SMALL,
    prelu,
    swish,
)
from seesaw.networks.mobilefacenet import InvertedResidual, MobileFaceNet
from seesaw.networks.seesaw import SeesawBlock, SeesawNet, SqueezeExcite

__all__ = [
    "EMBEDDING_SIZE",
    "INPUT_SIZE",
    "NETWORKS",
    "ArcFaceNet",
    "InvertedResidual",
    "MobileFaceNet",
    "SeesawBlock",
    "SeesawNet",
    "SqueezeExcite",
    "build",
    "count_macs",
    "count_parameters",
]

NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "seesaw-share": lambda: SeesawNet(SMALL, shuffle=False),
    "seesaw-shuffle": lambda: SeesawNet(SMALL, shuffle=True),
    "seesaw-shuffle-mobi": lambda: SeesawNet(MOBI, shuffle=True),
    "dw-seesaw-v1": lambda: SeesawNet(DEEP_WIDE, shuffle=True, shortcut="conv"),
    "dw-seesaw-v2": lambda: SeesawNet(DEEP_WIDE, shuffle=True, shortcut="maxpool-conv"),
    "mobilefacenet-128": lambda: MobileFaceNet(SMALL, prelu, 128),
    "mobilefacenet-512": lambda: MobileFaceNet(SMALL, prelu, 512),
    "mobilefacenet-128-swish": lambda: MobileFaceNet(SMALL, swish, 128),
    "mobilefacenet-512-swish": lambda: MobileFaceNet(SMALL, swish, 512),
    "mobiface": lambda: MobileFaceNet(MOBI, prelu),
    "arcface-r100": lambda: ArcFaceNet(),
}


def build(name: str) -> nn.Module:
    """A new network with random weights, by name. Its `embedding_size` tells its output's size."""
    if name not in NETWORKS:
        raise ValueError(f"name: unknown network {name!r}, known are {', '.join(sorted(NETWORKS))}")
    return NETWORKS[name]()
