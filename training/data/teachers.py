"""The teacher networks, SFace (128 numbers) and EdgeFace-XS (512), and their targets.

Both take aligned 112x112 BGR bytes. A target is the embedding of the crop as it is, of unit length:
averaging it with the mirror image's costs twice the time, and students see either at random anyway.
"""

from pathlib import Path
from typing import Protocol

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import helper, numpy_helper
from torch import nn

from . import edgeface
from .alignment import CROP_SIZE
from .archives import default_cache, network
from .onnx_fold import fold

PRECISIONS = ("fp32", "bf16")
# Measured: 8 is faster per image than 1 or 32, whose activations leave the second-level cache.
_SFACE_BATCH = 8
_EDGEFACE_BATCH = 16


def normalise(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(length, 1e-12)


def _check(crops: np.ndarray) -> None:
    if crops.ndim != 4 or crops.shape[1:] != (CROP_SIZE, CROP_SIZE, 3) or crops.dtype != np.uint8:
        raise ValueError(f"crops must be uint8 [n, 112, 112, 3], got {crops.dtype} {crops.shape}")


def _convolution(weight: torch.Tensor, attributes: dict) -> nn.Conv2d:
    groups = attributes.get("group", 1)
    layer = nn.Conv2d(
        weight.shape[1] * groups,
        weight.shape[0],
        tuple(weight.shape[2:]),
        tuple(attributes["strides"]),
        tuple(attributes["pads"][:2]),
        groups=groups,
    )
    nn.init.zeros_(layer.bias)
    layer.weight.data.copy_(weight)
    return layer


def _fuse_norm(layer: nn.Conv2d, values: list[torch.Tensor], epsilon: float) -> None:
    """Puts a batch normalisation into the convolution before it, in double precision."""
    gamma, beta, mean, variance = (value.double() for value in values)
    factor = gamma / torch.sqrt(variance + epsilon)
    layer.weight.data = (layer.weight.double() * factor.view(-1, 1, 1, 1)).float()
    layer.bias.data = ((layer.bias.double() - mean) * factor + beta).float()


def _norm(values: list[torch.Tensor], epsilon: float, flat: bool) -> nn.Module:
    layer = (nn.BatchNorm1d if flat else nn.BatchNorm2d)(len(values[0]), eps=epsilon)
    for target, value in zip(
        (layer.weight.data, layer.bias.data, layer.running_mean, layer.running_var),
        values,
        strict=True,
    ):
        target.copy_(value)
    return layer


def sface_modules(model: onnx.ModelProto) -> tuple[nn.Sequential, nn.Sequential]:
    """SFace as (convolutional body, fully connected head); its graph is one plain chain."""
    weights = {t.name: torch.tensor(numpy_helper.to_array(t)) for t in model.graph.initializer}
    body: list[nn.Module] = []
    head: list[nn.Module] = []
    for node in model.graph.node:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        values = [weights[name] for name in node.input[1:] if name in weights]
        if node.op_type == "Conv":
            body.append(_convolution(values[0], attributes))
        elif node.op_type == "BatchNormalization" and body and isinstance(body[-1], nn.Conv2d):
            _fuse_norm(body[-1], values, attributes["epsilon"])
        elif node.op_type == "BatchNormalization":
            head.append(_norm(values, attributes["epsilon"], flat=bool(head)))
        elif node.op_type == "PRelu":
            body.append(nn.PReLU(values[0].numel()))
            body[-1].weight.data.copy_(values[0].flatten())
        elif node.op_type == "Flatten":
            head.append(nn.Flatten())
        elif node.op_type == "Gemm":
            weight = values[0] if attributes.get("transB", 0) else values[0].T
            head.append(nn.Linear(weight.shape[1], weight.shape[0]))
            head[-1].weight.data.copy_(weight)
            head[-1].bias.data.copy_(values[1])
        elif node.op_type not in ("Sub", "Mul", "Constant", "Dropout"):
            raise ValueError(f"SFace: unexpected layer {node.op_type}")
    return nn.Sequential(*body).eval(), nn.Sequential(*head).eval()


class Teacher(Protocol):
    size: int

    def embed(self, crops: np.ndarray) -> np.ndarray: ...


class SFace:
    """128 numbers. bf16 needs a third of the time where the processor has AVX512_BF16."""

    size = 128

    def __init__(self, precision: str = "fp32", cache: Path | None = None) -> None:
        if precision not in PRECISIONS:
            raise ValueError(f"precision: {precision!r} is none of {', '.join(PRECISIONS)}")
        model = fold(onnx.load(str(network("sface", cache))), free_batch=True)
        body, self._head = sface_modules(model)
        self._dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        self._body = body.to(dtype=self._dtype, memory_format=torch.channels_last)

    @torch.inference_mode()
    def embed(self, crops: np.ndarray) -> np.ndarray:
        _check(crops)
        result = np.empty((len(crops), self.size), dtype=np.float32)
        for start in range(0, len(crops), _SFACE_BATCH):
            rgb = np.ascontiguousarray(crops[start : start + _SFACE_BATCH, :, :, ::-1])
            pixels = torch.from_numpy(rgb).permute(0, 3, 1, 2)
            # The graph's own Sub and Mul; exact in bf16 too: a byte minus 127.5 needs 8 bits.
            pixels = ((pixels.float() - 127.5) * 0.0078125).to(self._dtype)
            features = self._body(pixels).float()
            result[start : start + len(rgb)] = self._head(features).numpy()
        return result


class EdgeFaceXS:
    """512 numbers, by onnxruntime: two thirds of PyTorch's time."""

    size = edgeface.SIZE

    def __init__(self, repository: Path | None, cache: Path | None = None) -> None:
        file = (cache or default_cache()) / "edgeface-xs.onnx"
        if repository is None and not file.is_file():
            raise ValueError(f"--source: edgeface=PATH is needed, a clone of {edgeface.REPOSITORY}")
        if repository is not None:
            edgeface.export(repository, file)
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(file), settings, providers=["CPUExecutionProvider"]
        )

    def embed(self, crops: np.ndarray) -> np.ndarray:
        _check(crops)
        result = np.empty((len(crops), self.size), dtype=np.float32)
        for start in range(0, len(crops), _EDGEFACE_BATCH):
            rgb = crops[start : start + _EDGEFACE_BATCH, :, :, ::-1].transpose(0, 3, 1, 2)
            pixels = np.ascontiguousarray((rgb.astype(np.float32) - 127.5) / 127.5)
            (result[start : start + len(rgb)],) = self._session.run(None, {"data": pixels})
        return result


TEACHERS = ("edgeface-xs", "sface")


def build(name: str, repository: Path | None, precision: str, cache: Path | None) -> Teacher:
    if name not in TEACHERS:
        raise ValueError(f"teacher: {name!r} is none of {', '.join(TEACHERS)}")
    return SFace(precision, cache) if name == "sface" else EdgeFaceXS(repository, cache)


def targets(teacher: Teacher, crops: np.ndarray) -> np.ndarray:
    """Unit vectors of BGR crops."""
    return normalise(teacher.embed(crops))
