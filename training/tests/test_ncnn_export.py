"""Networks become NCNN files that compute the same."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from seesaw.ncnn_export import (
    ExportError,
    fold_batch_norm,
    require_parity,
    round_weights,
    run_pnnx,
    to_ncnn,
    worst_cosine,
)
from seesaw.ncnn_model import NcnnModel
from seesaw.networks import build

# One of each kind; the kinds not here are made of the same layers.
KINDS = ("seesaw-share", "dw-seesaw-v2", "mobilefacenet-512-swish", "mobiface")


@torch.no_grad()
def lively(network: nn.Module, seed: int = 0) -> nn.Module:
    """Random weights and statistics with which different pictures give different embeddings."""
    torch.manual_seed(seed)
    network.train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.momentum = None  # the plain mean over what is seen below
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.uniform_(module.bias, -0.5, 0.5)
        elif isinstance(module, nn.PReLU):
            nn.init.uniform_(module.weight, -0.2, 0.5)
    network(torch.randn(8, 3, 112, 112))
    return network.eval().requires_grad_(False)


@pytest.mark.parametrize("name", KINDS)
def test_ncnn_computes_what_pytorch_does(name: str, tmp_path: Path) -> None:
    network = lively(build(name))
    pictures = torch.randn(3, 3, 112, 112)
    expected = network(pictures).numpy()
    assert worst_cosine(expected, np.roll(expected, 1, axis=0)) < 0.9  # else this says nothing
    rounded = round_weights(fold_batch_norm(network))
    model = NcnnModel(*to_ncnn(rounded, tmp_path, name))
    computed = model.embed_planes(pictures.numpy())
    assert worst_cosine(rounded(pictures).numpy(), computed) >= 0.999999
    # Rounding costs untrained networks more than trained ones: 0.99998 here, 0.9999995 there.
    assert worst_cosine(expected, computed) >= 0.9999


def test_weights_in_fp32(tmp_path: Path) -> None:
    network = lively(build("mobilefacenet-128"))
    model = NcnnModel(*to_ncnn(network, tmp_path, "whole", fp16=False))
    assert (tmp_path / "whole.bin").stat().st_size > 3_900_000  # a million parameters
    pictures = torch.randn(2, 3, 112, 112)
    expected = network(pictures).numpy()
    assert worst_cosine(expected, model.embed_planes(pictures.numpy())) >= 0.9999999


def test_folding_leaves_a_norm_without_a_layer_before_it() -> None:
    network = nn.Sequential(
        nn.BatchNorm2d(3), nn.Conv2d(3, 4, 1, bias=False), nn.BatchNorm2d(4), nn.PReLU(4)
    )
    lively_one = network.train()
    lively_one(torch.randn(4, 3, 5, 5) * 3 + 1)
    folded = fold_batch_norm(network)
    assert [type(module) for module in folded] == [
        nn.BatchNorm2d,
        nn.Conv2d,
        nn.Identity,
        nn.PReLU,
    ]
    x = torch.randn(2, 3, 5, 5)
    assert torch.allclose(folded(x), network.eval()(x), atol=1e-6)


def test_what_pnnx_cannot_read_is_an_error(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no graph")
    with pytest.raises(ExportError, match="pnnx failed"):
        run_pnnx(broken, tmp_path, "broken")
    assert [file.name for file in tmp_path.iterdir()] == ["broken.onnx"]


@pytest.mark.parametrize("bad", [0.9999, float("nan")])
def test_parity_is_required(bad: float) -> None:
    require_parity({"a to b": 0.999999})
    with pytest.raises(ExportError, match="a to c"):
        require_parity({"a to b": 0.999999, "a to c": bad})
