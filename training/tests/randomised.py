"""Networks that look trained, for the tests of several files."""

import torch
from torch import nn

from seesaw.networks import build


def randomised(name: str, seed: int = 1) -> nn.Module:
    """A network whose norms and gates are not at their initial, symmetric values."""
    torch.manual_seed(seed)
    network = build(name)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.uniform_(-0.5, 0.5)
                module.running_mean.uniform_(-0.3, 0.3)
                module.running_var.uniform_(0.5, 2.0)
            if isinstance(module, nn.PReLU):
                module.weight.uniform_(-0.2, 0.5)
    return network
