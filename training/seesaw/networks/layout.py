"""The sizes of the mobile networks, and the frame of layers that all of them share.

Input: N x 3 x 112 x 112 float, BGR, already normalised as (x - 127.5) / 127.5.
Output: N x embedding size, after the last BatchNorm and before L2 normalisation.

Every convolution is without bias and followed by BatchNorm.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor, nn

INPUT_SIZE = 112
EMBEDDING_SIZE = 512

Activation = Callable[[int], nn.Module]


class Row(NamedTuple):
    """Equal blocks in a row, of which only the first is strided or changes the channels."""

    middle: int
    out: int
    stride: int
    repeats: int


@dataclass(frozen=True)
class Layout:
    """Channels before the first block, the blocks, and channels after the last one."""

    stem: int
    rows: tuple[Row, ...]
    head: int = 512


# MobileFaceNet (arXiv 1804.07573, table 1), whose sizes Seesaw-share and Seesaw-shuffle took.
SMALL = Layout(
    stem=64,
    rows=(
        Row(128, 64, 2, 1),
        Row(128, 64, 1, 4),
        Row(256, 128, 2, 1),
        Row(256, 128, 1, 6),
        Row(512, 128, 2, 1),
        Row(256, 128, 1, 2),
    ),
)

# MobiFace (arXiv 1811.11080, table 1): fewer blocks at high resolution, more at the end.
MOBI = Layout(
    stem=64,
    rows=(
        Row(128, 64, 2, 1),
        Row(128, 64, 1, 2),
        Row(256, 128, 2, 1),
        Row(256, 128, 1, 3),
        Row(512, 256, 2, 1),
        Row(512, 256, 1, 6),
    ),
)

# DW-SeesawFaceNet (arXiv 1908.09124): deeper and wider.
DEEP_WIDE = Layout(
    stem=96,
    rows=(
        Row(192, 96, 2, 1),
        Row(192, 96, 1, 8),
        Row(384, 192, 2, 1),
        Row(384, 192, 1, 12),
        Row(768, 192, 2, 1),
        Row(384, 192, 1, 4),
    ),
)


def swish(_channels: int) -> nn.Module:
    """x * sigmoid(x)."""
    return nn.SiLU()


def prelu(channels: int) -> nn.Module:
    """One slope a channel for what is negative."""
    return nn.PReLU(channels)


def conv_bn(
    in_channels: int, out_channels: int, kernel: int, stride: int = 1, groups: int = 1, pad: int = 0
) -> list[nn.Module]:
    """A convolution without bias and its BatchNorm."""
    return [
        nn.Conv2d(in_channels, out_channels, kernel, stride, pad, groups=groups, bias=False),
        nn.BatchNorm2d(out_channels),
    ]


class MobileFrame(nn.Module):
    """Stem, blocks, head, global depthwise convolution, embedding.

    `make_block` is called with input, middle and output channels and the stride.
    """

    def __init__(
        self,
        layout: Layout,
        activation: Activation,
        make_block: Callable[[int, int, int, int], nn.Module],
        embedding_size: int,
    ) -> None:
        super().__init__()
        self.embedding_size = embedding_size
        width, head = layout.stem, layout.head
        self.stem = nn.Sequential(
            *conv_bn(3, width, 3, stride=2, pad=1),
            activation(width),
            *conv_bn(width, width, 3, groups=width, pad=1),
            activation(width),
        )
        blocks: list[nn.Module] = []
        for row in layout.rows:
            for i in range(row.repeats):
                blocks.append(make_block(width, row.middle, row.out, 1 if i else row.stride))
                width = row.out
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Sequential(*conv_bn(width, head, 1), activation(head))
        self.pool = nn.Sequential(*conv_bn(head, head, 7, groups=head))
        self.embed = nn.Linear(head, embedding_size, bias=False)
        self.norm = nn.BatchNorm1d(embedding_size)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.head(self.blocks(self.stem(x))))
        return self.norm(self.embed(x.flatten(1)))
