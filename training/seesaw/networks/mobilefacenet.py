"""MobileFaceNet (arXiv 1804.07573) and MobiFace (arXiv 1811.11080): plain inverted residuals."""

from torch import Tensor, nn

from seesaw.networks.layout import EMBEDDING_SIZE, Activation, Layout, MobileFrame, conv_bn, prelu


class InvertedResidual(nn.Module):
    """Expand, depthwise 3x3, project linearly; what went in is added where it fits."""

    def __init__(
        self, in_channels: int, middle: int, out_channels: int, stride: int, activation: Activation
    ) -> None:
        super().__init__()
        self.residual = stride == 1 and in_channels == out_channels
        self.expand = nn.Sequential(*conv_bn(in_channels, middle, 1), activation(middle))
        self.depthwise = nn.Sequential(
            *conv_bn(middle, middle, 3, stride, groups=middle, pad=1), activation(middle)
        )
        self.project = nn.Sequential(*conv_bn(middle, out_channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.residual else y


class MobileFaceNet(MobileFrame):
    """Inverted residuals in a layout."""

    def __init__(
        self,
        layout: Layout,
        activation: Activation = prelu,
        embedding_size: int = EMBEDDING_SIZE,
    ) -> None:
        def make_block(in_channels: int, middle: int, out: int, stride: int) -> InvertedResidual:
            return InvertedResidual(in_channels, middle, out, stride, activation)

        super().__init__(layout, activation, make_block, embedding_size)
