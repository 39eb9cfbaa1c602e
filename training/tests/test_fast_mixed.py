"""The fast kernels in bfloat16 are as near to exact arithmetic as PyTorch's own autocast."""

import copy
from collections.abc import Iterator

import pytest
import torch
from randomised import randomise, randomised
from torch import Tensor, nn

from seesaw.fast import accelerate, extension, mixed_by
from seesaw.networks import SeesawNet
from seesaw.networks.layout import Layout, Row

pytestmark = pytest.mark.skipif(not mixed_by(), reason="this processor multiplies no bfloat16")

#: A block of each resolution: rounding errors have no depth to grow in.
SHALLOW = Layout(stem=64, rows=(Row(128, 64, 2, 1), Row(256, 128, 2, 2), Row(512, 128, 2, 1)))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=["amx", "avx512_bf16"])
def by(request: pytest.FixtureRequest) -> Iterator[str]:
    extension.load().forbid_tiles(request.param != "amx")
    if mixed_by() != request.param:
        pytest.skip("this processor has no AMX tiles")
    yield request.param
    extension.load().forbid_tiles(False)


def sample(batch: int) -> tuple[Tensor, Tensor]:
    torch.manual_seed(2)
    return torch.randn(batch, 3, 112, 112), torch.randn(batch, 512)


def step(network: nn.Module, images: Tensor, target: Tensor, autocast: bool = False) -> Tensor:
    with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        output = network(images)
    (output.to(target.dtype) * target).mean().backward()
    return output.detach()


def relative_error(value: Tensor, reference: Tensor, floor: float = 0.0) -> float:
    return float((value.detach() - reference).norm() / max(float(reference.norm()), floor))


def network_of(name: str) -> nn.Module:
    if name != "shallow":
        return randomised(name)
    torch.manual_seed(1)
    return randomise(SeesawNet(SHALLOW, shuffle=True))


# Batches whose 7 x 7 maps fill no whole blocks, and that fill no whole number of chunks.
@pytest.mark.parametrize(
    ("name", "batch"),
    [
        ("shallow", 5),
        ("shallow", 9),
        ("seesaw-share", 9),
        ("seesaw-shuffle", 9),
        ("dw-seesaw-v2", 5),
    ],
)
def test_forward_gradients_and_running_statistics(by: str, name: str, batch: int) -> None:
    plain = network_of(name)
    exact, mixed = copy.deepcopy(plain).double(), accelerate(copy.deepcopy(plain), mixed=True)
    images, target = sample(batch)
    expected = step(exact, images.double(), target.double())
    rounding = relative_error(step(plain, images, target, autocast=True), expected)
    assert relative_error(step(mixed, images, target), expected) < 1.2 * rounding

    references, singles, results = (
        {key: p.grad.double() for key, p in net.named_parameters()} for net in (exact, plain, mixed)
    )
    floor = 1e-2 * float(sum(g.square().sum() for g in references.values()).sqrt())
    for key, reference in references.items():
        rounding = relative_error(singles[key], reference, floor)
        error = relative_error(results[key], reference, floor)
        assert error < max(0.02, 1.5 * rounding), (key, error, rounding)

    buffers = dict(mixed.named_buffers())
    for key, reference in exact.named_buffers():
        assert torch.allclose(buffers[key].double(), reference.double(), 0.05, 5e-3), key


def test_evaluation_stays_in_single_precision(by: str) -> None:
    plain = randomised("seesaw-shuffle").eval()
    mixed = accelerate(copy.deepcopy(plain), mixed=True)
    with torch.no_grad():
        images, _ = sample(3)
        assert relative_error(mixed(images), plain(images)) < 1e-4


def test_the_number_of_threads_does_not_change_a_bit(by: str) -> None:
    images, target = sample(6)
    results = []
    for threads in (1, 2):
        network = accelerate(randomised("seesaw-shuffle"), mixed=True)
        pooled = []
        network.pool[1].register_forward_pre_hook(lambda _, x, to=pooled: to.append(x[0].clone()))
        torch.set_num_threads(threads)
        step(network, images, target)
        results.append((pooled[0], network.blocks[0].expand.first[1].running_mean.clone()))
    for one, two in zip(*results, strict=True):
        assert torch.equal(one, two)
