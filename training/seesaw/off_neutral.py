"""Weights that no layer can do without, for comparing engines on networks nobody has trained."""

import torch
from torch import nn


@torch.no_grad()
def off_neutral(network: nn.Module) -> nn.Module:
    """Draws norms and PReLU off their initial values: a layer left out or doubled then shows."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.weight.uniform_(0.5, 1.5)
            module.bias.uniform_(-0.5, 0.5)
        elif isinstance(module, nn.PReLU):
            module.weight.uniform_(-0.2, 0.5)
    return network
