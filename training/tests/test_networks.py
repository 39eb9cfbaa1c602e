"""The networks have the published sizes and behave as the description says."""

import pytest
import torch
from torch import nn

from seesaw.networks import (
    NETWORKS,
    InvertedResidual,
    SeesawBlock,
    SqueezeExcite,
    build,
    count_macs,
    count_parameters,
)

# network: parameters, multiply-accumulates of convolutions and linear layers, embedding
SIZES = {
    "seesaw-share": (1_370_176, 145_762_816, 512),
    "seesaw-shuffle": (1_370_176, 145_762_816, 512),
    "seesaw-shuffle-mobi": (2_864_704, 153_569_280, 512),
    "dw-seesaw-v1": (4_246_944, 526_478_592, 512),
    "dw-seesaw-v2": (4_246_944, 526_478_592, 512),
    "mobilefacenet-128": (1_003_136, 220_965_376, 128),
    "mobilefacenet-512": (1_200_512, 221_161_984, 512),
    # 7,552 slopes fewer
    "mobilefacenet-128-swish": (995_584, 220_965_376, 128),
    "mobilefacenet-512-swish": (1_192_960, 221_161_984, 512),
    "mobiface": (2_568_832, 231_974_912, 512),
    "arcface-r100": (65_156_160, 12_089_606_144, 512),
}
# Everything but the one that takes seconds a pass.
LIGHT = sorted(set(SIZES) - {"arcface-r100"})


def test_every_network_has_a_row() -> None:
    assert sorted(NETWORKS) == sorted(SIZES)


@pytest.mark.parametrize("name", SIZES)
def test_counts(name: str) -> None:
    parameters, macs, embedding = SIZES[name]
    network = build(name)
    assert count_parameters(network) == parameters
    assert count_macs(network) == macs
    assert network.embedding_size == embedding


@pytest.mark.parametrize("name", LIGHT)
def test_output_shape_and_gradients(name: str) -> None:
    torch.manual_seed(0)
    network = build(name)
    output = network(torch.randn(2, 3, 112, 112))
    assert output.shape == (2, SIZES[name][2])
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


@pytest.mark.parametrize(
    ("name", "first", "kinds"),
    [
        ("seesaw-shuffle", 0, None),
        ("dw-seesaw-v1", 0, ["Conv2d", "BatchNorm2d", "SiLU"]),
        ("dw-seesaw-v2", 0, ["MaxPool2d", "Conv2d", "BatchNorm2d", "SiLU"]),
        ("dw-seesaw-v2", 1, None),
    ],
)
def test_shortcut_of_strided_blocks(name: str, first: int, kinds: list[str] | None) -> None:
    shortcut = build(name).blocks[first].shortcut
    assert (shortcut and [type(layer).__name__ for layer in shortcut]) == kinds


@pytest.mark.parametrize(
    ("block", "adds"),
    [
        (SeesawBlock(64, 128, 64, 1, shuffle=True), True),
        (SeesawBlock(64, 128, 64, 2, shuffle=True), False),
        (SeesawBlock(64, 128, 128, 1, shuffle=True), False),
        (InvertedResidual(64, 128, 64, 1, nn.PReLU), True),
        (InvertedResidual(64, 128, 64, 2, nn.PReLU), False),
    ],
)
def test_a_block_that_keeps_the_shape_adds_its_input(block: nn.Module, adds: bool) -> None:
    block.eval()
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.zero_()
        x = torch.rand(1, 64, 8, 8)
        assert torch.equal(block(x), x) is adds


def test_state_dict_keys_of_published_checkpoints() -> None:
    keys = list(build("seesaw-shuffle").state_dict())
    assert keys[0] == "stem.0.weight"
    for key in (
        "blocks.0.expand.first.0.weight",
        "blocks.13.expand.second.1.running_var",
        "blocks.3.depthwise.0.weight",
        "blocks.4.gate.down.bias",
        "blocks.4.gate.activation.weight",
        "blocks.5.project.second.0.weight",
        "head.0.weight",
        "pool.1.bias",
        "embed.weight",
        "norm.running_mean",
    ):
        assert key in keys
    assert not any("shortcut" in key for key in keys)
