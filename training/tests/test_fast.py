"""The fast kernels compute what the plain modules compute."""

import copy
from collections.abc import Iterator

import pytest
import torch
from randomised import randomised
from torch import Tensor, nn

from seesaw.fast import accelerate
from seesaw.networks import build

NAMES = ("seesaw-share", "seesaw-shuffle")
# Quarters of 96 channels are no whole vectors, and strided blocks have a shortcut.
WIDE = ("dw-seesaw-v1", "dw-seesaw-v2")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Idle threads that wait by spinning make small double precision work crawl."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def sample(batch: int) -> tuple[Tensor, Tensor]:
    torch.manual_seed(2)
    return torch.randn(batch, 3, 112, 112), torch.randn(batch, 512)


def step(network: nn.Module, images: Tensor, target: Tensor) -> Tensor:
    output = network(images)
    (output * target).mean().backward()
    return output.detach()


def gradients(network: nn.Module) -> dict[str, Tensor]:
    return {key: parameter.grad for key, parameter in network.named_parameters()}


def relative_error(value: Tensor, reference: Tensor, floor: float = 0.0) -> float:
    return float((value - reference).norm() / max(float(reference.norm()), floor))


@pytest.mark.parametrize(
    ("name", "batch"), [(n, b) for n in NAMES for b in (2, 5, 9)] + [(n, 3) for n in WIDE]
)
def test_forward_gradients_and_running_statistics(name: str, batch: int) -> None:
    plain = randomised(name)
    exact, fast = copy.deepcopy(plain).double(), accelerate(copy.deepcopy(plain))
    images, target = sample(batch)
    expected = step(exact, images.double(), target.double())
    # With two images the last norm divides by what two numbers differ: PyTorch's own single
    # precision, against its double precision, says how far rounding alone can lead.
    rounding = relative_error(step(plain, images, target), expected)
    assert relative_error(step(fast, images, target), expected) < max(1e-3, 4 * rounding)

    references, singles, results = gradients(exact), gradients(plain), gradients(fast)
    # A bias that a later norm takes away again has gradient zero, and rounding noise in its place:
    # errors are relative to a thousandth of the whole gradient at least.
    floor = 1e-3 * float(sum(g.square().sum() for g in references.values()).sqrt())
    least = 4e-3 if batch == 2 else 1e-3
    for key, reference in references.items():
        rounding = relative_error(singles[key], reference, floor)
        error = relative_error(results[key], reference, floor)
        assert error < max(least, 4 * rounding), (key, error, rounding)

    buffers = dict(fast.named_buffers())
    for key, reference in exact.named_buffers():
        assert torch.allclose(buffers[key].double(), reference.double(), 1e-3, 1e-5), key


@pytest.mark.parametrize("name", NAMES + WIDE)
def test_evaluation_uses_the_running_statistics(name: str) -> None:
    plain = randomised(name).eval()
    fast = accelerate(copy.deepcopy(plain))
    before = {key: buffer.clone() for key, buffer in fast.named_buffers()}
    with torch.no_grad():
        images, _ = sample(3)
        assert relative_error(fast(images), plain(images)) < 1e-4
    for key, buffer in fast.named_buffers():
        assert torch.equal(buffer, before[key]), key


def test_the_number_of_threads_does_not_change_a_bit() -> None:
    images, target = sample(6)
    results = []
    for threads in (1, 2):
        network = accelerate(randomised("seesaw-shuffle"))
        pooled = []
        network.pool[1].register_forward_pre_hook(lambda _, x, to=pooled: to.append(x[0].clone()))
        torch.set_num_threads(threads)
        step(network, images, target)
        results.append((pooled[0], network.blocks[0].expand.first[1].running_mean.clone()))
    for one, two in zip(*results, strict=True):
        assert torch.equal(one, two)


def test_steps_in_flight_do_not_mix() -> None:
    network = accelerate(randomised("seesaw-shuffle"))
    images, target = sample(6)
    alone = []
    for part in (slice(0, 3), slice(3, 6)):
        network.zero_grad()
        step(network, images[part], target[part])
        alone.append(network.stem[0].weight.grad.clone())
    network.zero_grad()
    outputs = [network(images[:3]), network(images[3:])]
    for output, part in zip(outputs, (slice(0, 3), slice(3, 6)), strict=True):
        (output * target[part]).mean().backward()
    assert relative_error(network.stem[0].weight.grad, alone[0] + alone[1]) < 1e-5


def test_a_copy_is_independent_and_checkpoints_are_interchangeable() -> None:
    network = accelerate(randomised("seesaw-shuffle"))
    step(network, *sample(2))
    twin = copy.deepcopy(network)
    plain = build("seesaw-shuffle")
    plain.load_state_dict(network.state_dict())
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        images, _ = sample(2)
        assert relative_error(twin.eval()(images), plain.eval()(images)) < 1e-4


def test_a_second_backward_pass_is_refused() -> None:
    loss = accelerate(build("seesaw-shuffle"))(sample(2)[0]).square().mean()
    loss.backward(retain_graph=True)
    with pytest.raises(RuntimeError, match="second forward pass"):
        loss.backward()


def test_bad_input() -> None:
    with pytest.raises(TypeError, match="network: expected a SeesawNet, got Linear"):
        accelerate(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="network: all parameters must be float32"):
        accelerate(build("seesaw-share").double())
    network = accelerate(build("seesaw-share"))
    with pytest.raises(
        ValueError, match=r"images: expected N x 3 x 112 x 112, got \(1, 3, 96, 96\)"
    ):
        network(torch.zeros(1, 3, 96, 96))
    with pytest.raises(ValueError, match="images: the batch is empty"):
        network(torch.zeros(0, 3, 112, 112))
