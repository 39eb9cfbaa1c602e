"""The networks have the published sizes and behave as the description says."""

import pytest
import torch

from seesaw.networks import SeesawBlock, SqueezeExcite, build, count_macs, count_parameters

NAMES = ("seesaw-share", "seesaw-shuffle")


@pytest.mark.parametrize("name", NAMES)
def test_counts(name: str) -> None:
    network = build(name)
    assert count_parameters(network) == 1_370_176
    assert count_macs(network) == 145_762_816


@pytest.mark.parametrize("name", NAMES)
def test_output_shape_and_gradients(name: str) -> None:
    torch.manual_seed(0)
    network = build(name)
    output = network(torch.randn(3, 3, 112, 112))
    assert output.shape == (3, 512)
    output.square().mean().backward()
    for key, parameter in network.named_parameters():
        assert parameter.grad is not None, key
        assert torch.isfinite(parameter.grad).all(), key


def test_counting_leaves_the_mode_alone() -> None:
    network = build("seesaw-shuffle").train()
    count_macs(network)
    assert network.training
    assert all(not module._forward_hooks for module in network.modules())


def test_shuffle_interleaves_the_halves() -> None:
    block = SeesawBlock(64, 128, 64, 1, shuffle=True)
    x = torch.arange(128.0).reshape(1, 128, 1, 1)
    assert block.shuffle(x).flatten()[:4].tolist() == [0.0, 64.0, 1.0, 65.0]


def test_split_sizes_of_the_projection() -> None:
    share, shuffle = (SeesawBlock(64, 128, 64, 1, shuffle=flag) for flag in (False, True))
    assert share.project.first[0].weight.shape == (48, 96, 1, 1)
    assert shuffle.project.first[0].weight.shape == (16, 32, 1, 1)


def test_gates_stay_between_zero_and_one() -> None:
    torch.manual_seed(0)
    gate = SqueezeExcite(16)
    x = torch.rand(2, 16, 5, 5) + 0.1
    ratio = gate(x) / x
    assert ((ratio > 0) & (ratio < 1)).all()
    # One gate per image and channel, whatever the place.
    assert torch.allclose(ratio, ratio[:, :, :1, :1].expand_as(ratio))


def test_unknown_name() -> None:
    with pytest.raises(ValueError, match="name: unknown network 'seesaw-tiny'"):
        build("seesaw-tiny")
