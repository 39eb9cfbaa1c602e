"""The fast kernels compute what the plain modules compute."""

import copy

import pytest
import torch
from torch import Tensor, nn

from seesaw.fast import accelerate
from seesaw.networks import build

NAMES = ("seesaw-share", "seesaw-shuffle")


def randomised(name: str) -> nn.Module:
    """A network whose norms and gates are not at their initial, symmetric values."""
    torch.manual_seed(1)
    network = build(name)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.uniform_(-0.5, 0.5)
            if isinstance(module, nn.PReLU):
                module.weight.uniform_(-0.2, 0.5)
    return network


def relative_error(value: Tensor, reference: Tensor) -> float:
    return float((value - reference).norm() / reference.norm().clamp_min(1e-12))


def step(network: nn.Module, images: Tensor, target: Tensor) -> Tensor:
    output = network(images)
    (output * target).mean().backward()
    return output


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("batch", [2, 5, 16])
def test_forward_gradients_and_running_statistics(name: str, batch: int) -> None:
    plain = randomised(name)
    exact, fast = copy.deepcopy(plain).double(), accelerate(copy.deepcopy(plain))
    images, target = torch.randn(batch, 3, 112, 112), torch.randn(batch, 512)
    expected = step(exact, images.double(), target.double())
    actual = step(fast, images, target)
    rounded = step(plain, images, target)
    # The yardstick is PyTorch's own single precision against its double precision.
    for result, float_error in ((actual, relative_error(rounded, expected)),):
        assert relative_error(result, expected) < max(1e-3, 4 * float_error)
    parameters = dict(fast.named_parameters())
    singles = dict(plain.named_parameters())
    for key, reference in exact.named_parameters():
        error = relative_error(parameters[key].grad, reference.grad)
        float_error = relative_error(singles[key].grad, reference.grad)
        assert error < max(1e-3, 4 * float_error), (key, error, float_error)
    buffers = dict(fast.named_buffers())
    for key, reference in exact.named_buffers():
        assert torch.allclose(buffers[key].double(), reference.double(), 1e-3, 1e-5), key
