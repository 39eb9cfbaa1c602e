"""The two teacher networks: SFace (128 numbers) and MobileFaceNet (192 numbers).

Both take aligned 112x112 RGB bytes. `targets` is what students are trained towards: the embedding
of a face and that of its mirror image, each scaled to unit length, averaged, scaled again.
"""

from pathlib import Path

import numpy as np
import onnx
import torch
from ai_edge_litert.interpreter import Interpreter
from onnx import helper, numpy_helper
from torch import nn

from .alignment import CROP_SIZE
from .archives import network
from .onnx_fold import fold

PRECISIONS = ("fp32", "bf16")
# Measured: 8 is faster per image than 1 or 32, whose activations leave the second-level cache.
_SFACE_BATCH = 8


def normalise(vectors: np.ndarray) -> np.ndarray:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(length, 1e-12)


def _check(crops: np.ndarray) -> None:
    if crops.ndim != 4 or crops.shape[1:] != (CROP_SIZE, CROP_SIZE, 3) or crops.dtype != np.uint8:
        raise ValueError(f"crops must be uint8 [n, 112, 112, 3]; got {crops.dtype} {crops.shape}")


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
            batch = crops[start : start + _SFACE_BATCH]
            pixels = torch.from_numpy(np.ascontiguousarray(batch)).permute(0, 3, 1, 2)
            # The graph's own Sub and Mul; exact in bf16 too: a byte minus 127.5 needs 8 bits.
            pixels = ((pixels.float() - 127.5) * 0.0078125).to(self._dtype)
            features = self._body(pixels).float()
            result[start : start + len(batch)] = self._head(features).numpy()
        return result


class MobileFaceNet:
    """192 numbers. The published graph has a fixed batch of two images."""

    size = 192

    def __init__(self, cache: Path | None = None) -> None:
        path = str(network("mobilefacenet", cache))
        self._interpreter = Interpreter(path, num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]

    def embed(self, crops: np.ndarray) -> np.ndarray:
        _check(crops)
        result = np.empty((len(crops), self.size), dtype=np.float32)
        for start in range(0, len(crops), 2):
            pair = crops[start : start + 2]
            pixels = np.zeros((2, CROP_SIZE, CROP_SIZE, 3), dtype=np.float32)
            pixels[: len(pair)] = (pair.astype(np.float32) - 127.5) / 128.0
            self._interpreter.set_tensor(self._input, pixels)
            self._interpreter.invoke()
            result[start : start + len(pair)] = self._interpreter.get_tensor(self._output)[
                : len(pair)
            ]
        return result


def targets(teacher: SFace | MobileFaceNet, crops: np.ndarray) -> np.ndarray:
    """Unit vectors: the average over each face and its mirror image."""
    plain = normalise(teacher.embed(crops))
    mirrored = normalise(teacher.embed(crops[:, :, ::-1]))
    return normalise(plain + mirrored)
