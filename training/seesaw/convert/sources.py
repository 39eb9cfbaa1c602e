"""What is to be converted: a network with weights from a checkpoint, or an ONNX graph.

Either tells what it is, computes embeddings as its makers would, and writes itself for NCNN.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch

from seesaw.convert.onnx_graph import load_onnx
from seesaw.convert.weights import OFFICIAL, load_network
from seesaw.ncnn_export import fold_batch_norm, round_weights, run_pnnx, scratch_folder, to_ncnn
from seesaw.networks import ArcFaceNet, count_macs, count_parameters

ONNX = "onnx"


class Source(ABC):
    """`channels`, `mean` and `norm` are None where the file does not tell how it wants pictures."""

    layout: str
    size: int
    channels: str | None = None
    mean: float | None = None
    norm: float | None = None
    unused_parameters = 0

    @abstractmethod
    def embed(self, planes: np.ndarray) -> np.ndarray:
        """Reference embeddings [N, D] of normalised pictures [N, 3, 112, 112], in fp32."""

    @abstractmethod
    def write(self, out: Path, name: str, fp16: bool) -> tuple[Path, Path]:
        """NAME.param and NAME.bin."""

    @abstractmethod
    def architecture(self) -> dict[str, Any]:
        """The manifest's description, without the count of layers."""


class Checkpoint(Source):
    """A network of ours with the weights of a PyTorch checkpoint."""

    mean, norm = 127.5, 1 / 127.5

    def __init__(self, path: Path, network: str) -> None:
        imported = load_network(path, network)
        self.name = network
        self.network = imported.network
        self.layout = imported.layout
        self.unused_parameters = imported.unused_parameters
        # InsightFace feeds red first, the Seesaw authors (and we) blue first.
        official = imported.layout == OFFICIAL
        self.channels = "rgb" if official and isinstance(self.network, ArcFaceNet) else "bgr"
        self.size = self.network.embedding_size

    @torch.no_grad()
    def embed(self, planes: np.ndarray) -> np.ndarray:
        # One at a time: a batch of a large network would need gigabytes.
        return np.concatenate([self.network(image[None]) for image in torch.from_numpy(planes)])

    def write(self, out: Path, name: str, fp16: bool) -> tuple[Path, Path]:
        folded = fold_batch_norm(self.network)
        return to_ncnn(round_weights(folded) if fp16 else folded, out, name, fp16)

    def architecture(self) -> dict[str, Any]:
        return {
            "network": self.name,
            "parameters": count_parameters(self.network),
            "macs": count_macs(self.network),
        }


class OnnxModel(Source):
    """A graph of another maker."""

    layout = "ONNX"

    def __init__(self, path: Path, title: str) -> None:
        self.title = title
        self.graph = load_onnx(path)
        self.size = self.graph.size

    def embed(self, planes: np.ndarray) -> np.ndarray:
        return self.graph.embed(planes)

    def write(self, out: Path, name: str, fp16: bool) -> tuple[Path, Path]:
        with scratch_folder() as folder:
            folded = folder / "folded.onnx"
            onnx.save(self.graph.model, str(folded))
            return run_pnnx(folded, out, name, fp16)

    def architecture(self) -> dict[str, Any]:
        return {
            "network": f"{self.title} (ONNX)",
            "parameters": self.graph.count_parameters(),
            "macs": self.graph.count_macs(),
        }


def open_source(path: Path, network: str, name: str) -> Source:
    """`name` is what the new model is called; a graph seldom has a name that tells anything."""
    return OnnxModel(path, name) if network == ONNX else Checkpoint(path, network)
