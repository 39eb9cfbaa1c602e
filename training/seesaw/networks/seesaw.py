"""Seesaw face networks as plain PyTorch modules (arXiv 1908.09124).

The definitions are written to be read and exported; `seesaw.fast` computes the same functions from
the same parameters, faster.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from seesaw.networks.layout import EMBEDDING_SIZE, Layout, MobileFrame, conv_bn, swish

Shortcut = Literal["none", "conv", "maxpool-conv"]


class SplitPointwise(nn.Module):
    """1x1 convolution of two uneven channel ranges, each with its own BatchNorm.

    `share` is the fraction of the channels, of the input and of the output alike, in the first
    range: one quarter or three quarters. This unevenness is the seesaw.
    """

    def __init__(self, in_channels: int, out_channels: int, share: float, activate: bool) -> None:
        super().__init__()
        self.split = int(in_channels * share)
        first_out = int(out_channels * share)
        tail: list[nn.Module] = [nn.SiLU()] if activate else []
        self.first = nn.Sequential(*conv_bn(self.split, first_out, 1), *tail)
        self.second = nn.Sequential(
            *conv_bn(in_channels - self.split, out_channels - first_out, 1), *tail
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat((self.first(x[:, : self.split]), self.second(x[:, self.split :])), 1)


class SqueezeExcite(nn.Module):
    """Channel gates from the global average, with fully connected layers.

    Linear layers and a reshape (not 1x1 convolutions) so that the exported graph has no shape
    expressions.
    """

    def __init__(self, channels: int, reduction: int = 4) -> None:
        super().__init__()
        hidden = channels // reduction
        self.channels = channels
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.down = nn.Linear(channels, hidden)
        self.activation = nn.PReLU(hidden)
        self.up = nn.Linear(hidden, channels)

    def forward(self, x: Tensor) -> Tensor:
        pooled = self.pool(x).flatten(1)
        gates = torch.sigmoid(self.up(self.activation(self.down(pooled))))
        return x * gates.reshape(-1, self.channels, 1, 1)


def strided_shortcut(kind: Shortcut, in_channels: int, out_channels: int) -> nn.Module | None:
    """What a block that halves the resolution adds to its result."""
    if kind == "none":
        return None
    if kind == "conv":
        return nn.Sequential(*conv_bn(in_channels, out_channels, 1, stride=2), nn.SiLU())
    return nn.Sequential(nn.MaxPool2d(2), *conv_bn(in_channels, out_channels, 1), nn.SiLU())


class SeesawBlock(nn.Module):
    """Uneven expansion, optional shuffle, depthwise 3x3, squeeze-excite, uneven projection."""

    def __init__(
        self,
        in_channels: int,
        middle: int,
        out_channels: int,
        stride: int,
        shuffle: bool,
        shortcut: Shortcut = "none",
    ) -> None:
        super().__init__()
        self.shape = (in_channels, middle, out_channels, stride, shuffle)
        self.residual = stride == 1 and in_channels == out_channels
        self.expand = SplitPointwise(in_channels, middle, 0.25, activate=True)
        self.shuffle = nn.ChannelShuffle(2) if shuffle else nn.Identity()
        self.depthwise = nn.Sequential(
            *conv_bn(middle, middle, 3, stride, groups=middle, pad=1), nn.SiLU()
        )
        self.gate = SqueezeExcite(middle)
        # Without a shuffle the other way round: each output range then sees both input ranges.
        self.project = SplitPointwise(
            middle, out_channels, 0.25 if shuffle else 0.75, activate=False
        )
        self.shortcut = (
            strided_shortcut(shortcut, in_channels, out_channels) if stride == 2 else None
        )

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.gate(self.depthwise(self.shuffle(self.expand(x)))))
        if self.shortcut is not None:
            return self.shortcut(x) + y
        return x + y if self.residual else y


class SeesawNet(MobileFrame):
    """Seesaw blocks in a layout; `shuffle` tells Seesaw-shuffle from Seesaw-share."""

    def __init__(
        self,
        layout: Layout,
        shuffle: bool,
        shortcut: Shortcut = "none",
        embedding_size: int = EMBEDDING_SIZE,
    ) -> None:
        def make_block(in_channels: int, middle: int, out: int, stride: int) -> SeesawBlock:
            return SeesawBlock(in_channels, middle, out, stride, shuffle, shortcut)

        super().__init__(layout, swish, make_block, embedding_size)
        self.shortcut: Shortcut = shortcut
