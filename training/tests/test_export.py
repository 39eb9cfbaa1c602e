"""Networks of random weights become files that compute the same, whatever runs them."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from seesaw.export import main
from seesaw.manifest import TITLES
from seesaw.ncnn_export import ExportError
from seesaw.networks import NETWORKS, build
from seesaw.onnx_export import OnnxFile, to_onnx
from seesaw.parity import FIXTURE_CROPS, check_parity, read_crops
from seesaw.random_weights import export_random, random_network, wanted_networks
from seesaw.validate import embed_crops


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Threads that wait for each other by spinning are slow where others work too."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def crops() -> np.ndarray:
    return np.stack(list(read_crops(FIXTURE_CROPS).values()))


def options(out: Path, **changed: object) -> argparse.Namespace:
    values = {
        "out": out,
        "fixtures": None,
        "seed": 1,
        "weights": "fp32",
        "onnx": False,
        "threads": 1,
        "version": "0.1.0",
        "date": "2026-01-01",
    }
    return argparse.Namespace(**{**values, **changed})


def test_every_network_has_a_title() -> None:
    assert list(TITLES) == list(NETWORKS)


@pytest.mark.parametrize("name", ["seesaw-shuffle", "mobilefacenet-128"])
def test_random_networks_tell_faces_apart(name: str) -> None:
    embeddings = embed_crops(random_network(name, crops(), seed=1), crops()).numpy()
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    others = (unit @ unit.T)[~np.eye(len(unit), dtype=bool)]
    # A parity of 0.99999 says nothing of a network whose answer is always nearly the same.
    assert others.max() < 0.99
    assert 0.1 < embeddings.std() < 10


def test_the_seed_is_all_that_random_weights_depend_on() -> None:
    first, again, other = (random_network("mobilefacenet-128", crops(), s) for s in (1, 1, 2))
    assert torch.equal(first.embed.weight, again.embed.weight)
    assert torch.equal(first.norm.running_mean, again.norm.running_mean)
    assert not torch.equal(first.embed.weight, other.embed.weight)


@pytest.mark.parametrize(("weights", "size"), [("fp32", 4 * 980_000), ("fp16", 2 * 980_000)])
def test_random_export(weights: str, size: int, tmp_path: Path) -> None:
    export_random("mobilefacenet-128", options(tmp_path, weights=weights))
    described = json.loads((tmp_path / "mobilefacenet-128.json").read_text())
    assert described["architecture"]["parameters"] == 1_003_136
    assert described["output"]["size"] == 128
    assert described["precision"] == weights
    assert size < described["files"]["bin"]["bytes"] < 1.1 * size
    assert min(described["provenance"]["parity"].values()) >= 0.99999
    parity = json.loads((tmp_path / "parity" / "mobilefacenet-128.json").read_text())
    assert parity["binSha256"] == described["files"]["bin"]["sha256"]
    assert [len(vector["embedding"]) for vector in parity["vectors"]] == [128] * 6


def test_onnx_takes_batches_of_any_size(tmp_path: Path) -> None:
    network = random_network("seesaw-shuffle", crops(), seed=1)
    model = OnnxFile(to_onnx(network, tmp_path / "network.onnx"))
    for count in (1, 5):
        expected = embed_crops(network, crops()[:count]).numpy()
        np.testing.assert_allclose(model.embed(crops()[:count]), expected, atol=1e-4)


def test_an_export_that_computes_something_else_is_refused() -> None:
    class Other:
        def embed(self, crops: np.ndarray) -> np.ndarray:
            return np.ones((len(crops), 128), np.float32)

    network: nn.Module = build("mobilefacenet-128").eval()
    with pytest.raises(ExportError, match="other to PyTorch of random weights: cosine"):
        check_parity(crops(), "other", Other(), {"random weights": network})


@pytest.mark.parametrize(
    ("names", "expected"),
    [(["all"], list(NETWORKS)), (["mobiface", "seesaw-share"], ["mobiface", "seesaw-share"])],
)
def test_wanted_networks(names: list[str], expected: list[str]) -> None:
    assert wanted_networks(names) == expected


def test_unknown_network() -> None:
    with pytest.raises(ValueError, match="--network: 'resnet' is none of all, seesaw-share"):
        wanted_networks(["seesaw-share", "resnet"])


@pytest.mark.parametrize(
    "arguments",
    [
        ["run.pt", "--network", "seesaw-share", "--out", "o"],
        ["run.pt", "--network", "a", "b", "--out", "o", "--name", "n", "--data", "d"],
        ["--network", "seesaw-share", "--out", "o", "--name", "n"],
    ],
)
def test_arguments_that_do_not_go_together(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
