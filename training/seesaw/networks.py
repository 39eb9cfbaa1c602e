"""Seesaw face networks as plain PyTorch modules (arXiv 1908.09124).

Input: N x 3 x 112 x 112 float, BGR, already normalised as (x - 127.5) / 127.5.
Output: N x 512, the embedding after the last BatchNorm and before L2 normalisation.

Every convolution is without bias and followed by BatchNorm. The definitions are written to be read
and exported; `seesaw.fast` computes the same functions from the same parameters, faster.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

INPUT_SIZE = 112
EMBEDDING_SIZE = 512

# (middle channels, output channels, stride, repeats); only the first repeat is strided.
SMALL_LAYOUT = (
    (128, 64, 2, 1),
    (128, 64, 1, 4),
    (256, 128, 2, 1),
    (256, 128, 1, 6),
    (512, 128, 2, 1),
    (256, 128, 1, 2),
)


def conv_bn(
    in_channels: int, out_channels: int, kernel: int, stride: int = 1, groups: int = 1, pad: int = 0
) -> list[nn.Module]:
    """A convolution without bias and its BatchNorm."""
    return [
        nn.Conv2d(in_channels, out_channels, kernel, stride, pad, groups=groups, bias=False),
        nn.BatchNorm2d(out_channels),
    ]


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


class SeesawBlock(nn.Module):
    """Uneven expansion, optional shuffle, depthwise 3x3, squeeze-excite, uneven projection."""

    def __init__(
        self, in_channels: int, middle: int, out_channels: int, stride: int, shuffle: bool
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

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.gate(self.depthwise(self.shuffle(self.expand(x)))))
        return x + y if self.residual else y


class SeesawNet(nn.Module):
    """Seesaw network of the small layout; `shuffle` tells Seesaw-shuffle from Seesaw-share."""

    def __init__(self, shuffle: bool, embedding_size: int = EMBEDDING_SIZE) -> None:
        super().__init__()
        width = 64
        self.stem = nn.Sequential(
            *conv_bn(3, width, 3, stride=2, pad=1),
            nn.SiLU(),
            *conv_bn(width, width, 3, groups=width, pad=1),
            nn.SiLU(),
        )
        blocks: list[nn.Module] = []
        for middle, out_channels, stride, repeats in SMALL_LAYOUT:
            for _ in range(repeats):
                blocks.append(SeesawBlock(width, middle, out_channels, stride, shuffle))
                width = out_channels
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Sequential(*conv_bn(width, 512, 1), nn.SiLU())
        self.pool = nn.Sequential(*conv_bn(512, 512, 7, groups=512))
        self.embed = nn.Linear(512, embedding_size, bias=False)
        self.norm = nn.BatchNorm1d(embedding_size)

    def forward(self, x: Tensor) -> Tensor:
        x = self.pool(self.head(self.blocks(self.stem(x))))
        return self.norm(self.embed(x.flatten(1)))


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "seesaw-share": lambda: SeesawNet(shuffle=False),
    "seesaw-shuffle": lambda: SeesawNet(shuffle=True),
}


def build(name: str) -> nn.Module:
    """A new network with random weights, by name."""
    if name not in NETWORKS:
        raise ValueError(f"name: unknown network {name!r}, known are {', '.join(sorted(NETWORKS))}")
    return NETWORKS[name]()


def count_parameters(network: nn.Module) -> int:
    """Trainable parameters; running statistics are not counted."""
    return sum(parameter.numel() for parameter in network.parameters())


def count_macs(network: nn.Module, input_size: int = INPUT_SIZE) -> int:
    """Multiply-accumulates of convolutions and linear layers for one image, nothing else."""
    total = 0

    def count(module: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal total
        # A weight row (all but the output channel) is applied once per output number.
        assert isinstance(module, nn.Conv2d | nn.Linear)
        total += output.numel() * module.weight[0].numel()

    hooks = [
        module.register_forward_hook(count)
        for module in network.modules()
        if isinstance(module, nn.Conv2d | nn.Linear)
    ]
    parameter = next(network.parameters())
    was_training = network.training
    try:
        network.eval()
        with torch.no_grad():
            network(parameter.new_zeros(1, 3, input_size, input_size))
    finally:
        network.train(was_training)
        for hook in hooks:
            hook.remove()
    return total
