"""The residual network of ArcFace (arXiv 1801.07698, section 3.1): the large model to compare with.

Input and output are those of `seesaw.networks.layout`.
"""

from torch import Tensor, nn

from seesaw.networks.layout import EMBEDDING_SIZE, INPUT_SIZE, conv_bn

# (channels, units) of each stage; every stage halves the resolution in its first unit.
R100 = ((64, 3), (128, 13), (256, 30), (512, 3))


class ResidualUnit(nn.Module):
    """BatchNorm first, and no activation after the addition: the "improved residual unit"."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.BatchNorm2d(in_channels),
            *conv_bn(in_channels, out_channels, 3, pad=1),
            nn.PReLU(out_channels),
            *conv_bn(out_channels, out_channels, 3, stride, pad=1),
        )
        self.shortcut = (
            nn.Identity()
            if stride == 1 and in_channels == out_channels
            else nn.Sequential(*conv_bn(in_channels, out_channels, 1, stride))
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.residual(x) + self.shortcut(x)


class ArcFaceNet(nn.Module):
    """Residual units, then BatchNorm, dropout and one large linear layer."""

    def __init__(
        self,
        stages: tuple[tuple[int, int], ...] = R100,
        embedding_size: int = EMBEDDING_SIZE,
        dropout: float = 0.4,
    ) -> None:
        super().__init__()
        self.embedding_size = embedding_size
        width = stages[0][0]
        self.stem = nn.Sequential(*conv_bn(3, width, 3, pad=1), nn.PReLU(width))
        units: list[nn.Module] = []
        for channels, count in stages:
            for i in range(count):
                units.append(ResidualUnit(width, channels, 1 if i else 2))
                width = channels
        self.units = nn.Sequential(*units)
        self.tail = nn.Sequential(nn.BatchNorm2d(width), nn.Dropout(dropout), nn.Flatten())
        side = INPUT_SIZE >> len(stages)
        self.embed = nn.Linear(width * side * side, embedding_size)
        self.norm = nn.BatchNorm1d(embedding_size)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(self.embed(self.tail(self.units(self.stem(x)))))
