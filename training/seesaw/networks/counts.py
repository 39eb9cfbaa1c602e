"""Sizes of a network as papers state them."""

import torch
from torch import Tensor, nn

from seesaw.networks.layout import INPUT_SIZE


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
