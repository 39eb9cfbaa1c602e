"""Runs a `SeesawNet` through the kernels of this package."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from seesaw.fast import extension
from seesaw.networks import INPUT_SIZE, SeesawNet

# Idle workspaces kept per network; each holds the activations of one batch.
MAX_IDLE = 2
# In the order of the kernels' ShortcutKind.
SHORTCUTS = ("none", "conv", "maxpool-conv")


class _BackboneFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, runner: "_Runner", images: Tensor, *parameters: Tensor) -> Tensor:
        workspace = runner.take(images.shape[0], runner.mixed)
        ctx.runner, ctx.workspace, ctx.batch = runner, workspace, images.shape[0]
        return workspace.forward(images, list(parameters), runner.buffers(), True)

    @staticmethod
    def backward(ctx: Any, *output_gradients: Tensor) -> tuple[Tensor | None, ...]:
        if ctx.workspace is None:
            raise RuntimeError("backward: a second backward pass needs a second forward pass")
        gradients = ctx.workspace.backward(output_gradients[0])
        ctx.runner.give(ctx.batch, ctx.runner.mixed, ctx.workspace)
        ctx.workspace = None
        return (None, None, *gradients)


class _Runner:
    """The accelerated forward pass of one network."""

    def __init__(self, network: SeesawNet, mixed: bool) -> None:
        self.network = network
        self.mixed = mixed
        norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm2d | nn.BatchNorm1d)]
        settings = {(norm.eps, norm.momentum) for norm in norms}
        if len(settings) != 1 or None in next(iter(settings)):
            raise ValueError("network: all BatchNorm layers must share one eps and one momentum")
        self.eps, self.momentum = settings.pop()
        self.pool_norm = network.pool[1]
        self.idle: list[tuple[tuple[int, bool], Any]] = []

    def __getstate__(self) -> dict[str, Any]:
        # Workspaces are scratch memory: a copy of the network starts without.
        return {**self.__dict__, "idle": []}

    def parts(self) -> tuple[nn.Module, ...]:
        return (self.network.stem, self.network.blocks, self.network.head, self.network.pool[0])

    def parameters(self) -> list[Tensor]:
        return [p for part in self.parts() for p in part.parameters()]

    def buffers(self) -> list[Tensor]:
        return [b for part in self.parts() for b in part.buffers()]

    def take(self, batch: int, mixed: bool) -> Any:
        for i, (kind, workspace) in enumerate(self.idle):
            if kind == (batch, mixed):
                del self.idle[i]
                return workspace
        blocks = [
            (*block.shape, SHORTCUTS.index(self.network.shortcut if block.shortcut else "none"))
            for block in self.network.blocks
        ]
        return extension.load().Backbone(
            blocks,
            self.network.stem[0].out_channels,
            self.network.head[0].out_channels,
            INPUT_SIZE,
            batch,
            self.eps,
            self.momentum,
            mixed,
        )

    def give(self, batch: int, mixed: bool, workspace: Any) -> None:
        self.idle.append(((batch, mixed), workspace))
        del self.idle[:-MAX_IDLE]

    def forward(self, images: Tensor) -> Tensor:
        network = self.network
        if images.ndim != 4 or images.shape[1:] != (3, INPUT_SIZE, INPUT_SIZE):
            raise ValueError(
                f"images: expected N x 3 x {INPUT_SIZE} x {INPUT_SIZE}, got {tuple(images.shape)}"
            )
        if not len(images):
            raise ValueError("images: the batch is empty")
        images = images.detach().float().contiguous()
        if network.training:
            pooled = _BackboneFunction.apply(self, images, *self.parameters())
        elif torch.is_grad_enabled():
            return SeesawNet.forward(network, images)
        else:
            workspace = self.take(images.shape[0], False)
            pooled = workspace.forward(images, self.parameters(), self.buffers(), False)
            self.give(images.shape[0], False, workspace)
        pooled = self.pool_norm(pooled[:, :, None, None]).flatten(1)
        return network.norm(functional.linear(pooled, network.embed.weight))


def mixed_by() -> str:
    """How this processor multiplies bfloat16: "amx", "avx512_bf16", or "" where it does not."""
    return extension.load().mixed_by()


def accelerate(network: nn.Module, mixed: bool = False) -> nn.Module:
    """Makes `network`, a `SeesawNet` on the CPU, compute by the fast kernels; returns it.

    With `mixed`, training keeps feature maps in bfloat16 and multiplies such matrices; parameters,
    their gradients and statistics stay float32, and so does the evaluation mode.

    Parameters, buffers and state_dict stay what they are. The gradient with respect to the images
    is not computed. In evaluation mode with gradients enabled the plain forward pass is used.
    """
    if not isinstance(network, SeesawNet):
        raise TypeError(f"network: expected a SeesawNet, got {type(network).__name__}")
    if any(p.device.type != "cpu" or p.dtype != torch.float32 for p in network.parameters()):
        raise ValueError("network: all parameters must be float32 on the CPU")
    if mixed and not mixed_by():
        raise ValueError("mixed: this processor does not multiply bfloat16")
    extension.load()
    network.forward = _Runner(network, mixed).forward  # type: ignore[method-assign]
    return network
