"""Optimiser, learning-rate schedule and averaged weights."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

#: From this size on the iteration is faster in bfloat16, where the processor multiplies it.
_LARGE = 128


def _orthogonalise(matrices: Tensor, steps: int = 5, bf16: bool = False) -> Tensor:
    """Nearest semi-orthogonal matrices of a stack [N, rows, columns], by Newton-Schulz iteration.

    Quintic coefficients from K. Jordan et al., "Muon: an optimizer for hidden layers" (2024):
    singular values end between about 0.7 and 1.2, which is near enough. In bfloat16, which Jordan
    uses throughout, large matrices come out 2 to 3 % different.
    """
    a, b, c = 3.4445, -4.7750, 2.0315
    wide = matrices.shape[1] <= matrices.shape[2]
    x = matrices if wide else matrices.mT
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp_min(1e-7)
    if bf16 and min(matrices.shape[1:]) >= _LARGE:
        x = x.bfloat16()
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + torch.baddbmm(b * gram, gram, gram, alpha=c) @ x
    return (x if wide else x.mT).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    """Momentum whose update is made orthogonal: for matrices, 1x1 convolutions included.

    Matrices of one shape are updated together, in batched products.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
        bf16: bool = False,
    ) -> None:
        self.bf16 = bf16
        super().__init__(parameters, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:
        if closure is not None:
            raise ValueError("closure: Muon does not take one")
        for group in self.param_groups:
            shapes: dict[tuple[int, int], list[nn.Parameter]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    shapes[(len(parameter), parameter[0].numel())].append(parameter)
            for (rows, columns), parameters in shapes.items():
                updates = []
                for parameter in parameters:
                    state = self.state[parameter]
                    if "momentum" not in state:
                        state["momentum"] = torch.zeros_like(parameter)
                    state["momentum"].lerp_(parameter.grad, 1.0 - group["momentum"])
                    nesterov = parameter.grad.lerp(state["momentum"], group["momentum"])
                    updates.append(nesterov.reshape(rows, columns))
                stack = _orthogonalise(torch.stack(updates), bf16=self.bf16)
                step = group["lr"] * max(1.0, rows / columns) ** 0.5
                for parameter, update in zip(parameters, stack, strict=True):
                    parameter.mul_(1.0 - group["lr"] * group["weight_decay"])
                    parameter.add_(update.reshape(parameter.shape), alpha=-step)


def build_optimisers(
    modules: Iterable[nn.Module],
    lr: float,
    weight_decay: float,
    muon_lr: float,
    bf16: bool = False,
) -> list[torch.optim.Optimizer]:
    """AdamW, with Muon for the matrices when `muon_lr` is not zero.

    Weight decay is for convolution and linear weights only: on BatchNorm, PReLU and biases it
    would pull the function itself towards nothing.
    """
    matrices: list[nn.Parameter] = []
    kernels: list[nn.Parameter] = []
    others: list[nn.Parameter] = []
    for module in modules:
        for parameter in module.parameters():
            if parameter.ndim < 2:
                others.append(parameter)
            elif muon_lr > 0 and min(len(parameter), parameter[0].numel()) >= 16:
                matrices.append(parameter)
            else:
                kernels.append(parameter)
    groups = [
        {"params": kernels, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    optimisers: list[torch.optim.Optimizer] = [torch.optim.AdamW(groups, lr=lr, fused=True)]
    if matrices:
        optimisers.append(Muon(matrices, muon_lr, weight_decay=weight_decay, bf16=bf16))
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["peak"] = group["lr"]
    return optimisers


def scale_rate(optimisers: list[torch.optim.Optimizer], factor: float) -> None:
    """Sets every learning rate to a share of its peak."""
    for optimiser in optimisers:
        for group in optimiser.param_groups:
            group["lr"] = group["peak"] * factor


def rate_factor(step: int, warmup_steps: int, decayed: float) -> float:
    """Warm-up, stable, then 1 - sqrt decay (Hägele et al. 2024, arXiv 2405.18392).

    `decayed` is the part of the decay phase that is over: 0 before it, 1 at its end.
    """
    warmup = min(1.0, (step + 1) / max(1, warmup_steps))
    return warmup * (1.0 - min(1.0, max(0.0, decayed)) ** 0.5)


class Averaged:
    """Exponential moving average of a module's parameters and running statistics."""

    def __init__(self, module: nn.Module, decay: float) -> None:
        self.decay = decay
        self.updates = 0
        self.module = copy.deepcopy(module).eval().requires_grad_(False)

    @torch.no_grad()
    def update(self, module: nn.Module) -> None:
        self.updates += 1
        # Early on the average is short, or it would remember the random start for long.
        keep = min(self.decay, (1 + self.updates) / (10 + self.updates))
        averages, values = [], []
        for average, value in zip(
            self.module.state_dict().values(), module.state_dict().values(), strict=True
        ):
            if value.is_floating_point():
                averages.append(average)
                values.append(value)
            else:
                average.copy_(value)
        torch._foreach_lerp_(averages, values, 1.0 - keep)
