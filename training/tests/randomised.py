"""Networks that look trained, for the tests of several files."""

import torch
from torch import nn

from seesaw.networks import build
from seesaw.off_neutral import off_neutral


def randomised(name: str, seed: int = 1) -> nn.Module:
    """A network whose norms and gates are not at their initial, symmetric values."""
    torch.manual_seed(seed)
    return randomise(build(name))


def randomise(network: nn.Module) -> nn.Module:
    network = off_neutral(network)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
                module.running_mean.uniform_(-0.3, 0.3)
                module.running_var.uniform_(0.5, 2.0)
    return network
