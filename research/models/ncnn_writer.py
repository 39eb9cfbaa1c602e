"""Writes layers as NCNN's text and weights (formats: the NCNN wiki's pages on param and model)."""

import struct
from collections import Counter

from yunet_graph import INPUT_BLOB, Layer

MAGIC = 7767517
FP16_TAG = 0x01306B47
FP32_TAG = 0
RELU = 1
NEAREST = 1


def _weights(layer: Layer, fp16: bool) -> bytes:
    """The weight's tag and numbers, padded to four bytes, then the bias in fp32."""
    kind = "<f2" if fp16 else "<f4"
    data = struct.pack("<I", FP16_TAG if fp16 else FP32_TAG) + layer.weight.astype(kind).tobytes()
    return data + b"\0" * (-len(data) % 4) + layer.bias.astype("<f4").tobytes()


def _parameters(layer: Layer) -> tuple[str, list[str]]:
    """NCNN's layer type and its numbered parameters."""
    if layer.kind == "conv":
        outputs, _, kernel, _ = layer.weight.shape
        values = [(0, outputs), (1, kernel), (3, layer.stride), (4, layer.pad), (5, 1)]
        values.append((6, layer.weight.size))
        name = "Convolution"
        if layer.group > 1:
            name = "ConvolutionDepthWise"
            values.append((7, layer.group))
        if layer.relu:
            values.append((9, RELU))
    elif layer.kind == "maxpool":
        name, values = "Pooling", [(0, 0), (1, 2), (2, 2), (5, 1)]  # (5, 1): no partial windows
    elif layer.kind == "upsample":
        name, values = "Interp", [(0, NEAREST), (1, "2.0"), (2, "2.0")]
    elif layer.kind == "add":
        name, values = "BinaryOp", [(0, 0)]
    else:
        raise SystemExit(f"no NCNN layer for {layer.kind}")
    return name, [f"{key}={value}" for key, value in values]


class _Lines:
    """Numbers blobs in the order they appear and adds a Split where one is used more than once."""

    def __init__(self, layers: list[Layer]) -> None:
        self.lines: list[str] = []
        self.blobs = 0
        self._uses = Counter(name for layer in layers for name in layer.inputs)
        self._waiting: dict[str, list[str]] = {}

    def take(self, name: str) -> str:
        return self._waiting[name].pop(0)

    def add(self, kind: str, inputs: list[str], output: str, parameters: list[str]) -> None:
        self._line(kind, output, inputs, [output], parameters)
        uses = self._uses[output]
        copies = [output] if uses < 2 else [f"{output}_{index}" for index in range(uses)]
        if uses > 1:
            self._line("Split", f"split_{output}", [output], copies, [])
        self._waiting[output] = copies

    def _line(self, kind, name, inputs, outputs, parameters) -> None:
        counts = [str(len(inputs)), str(len(outputs))]
        self.lines.append(" ".join([kind, name, *counts, *inputs, *outputs, *parameters]))
        self.blobs += len(outputs)


def write(layers: list[Layer], fp16: bool) -> tuple[str, bytes]:
    """The .param text and the .bin bytes."""
    lines = _Lines(layers)
    lines.add("Input", [], INPUT_BLOB, [])
    weights = []
    for layer in layers:
        inputs = [lines.take(name) for name in layer.inputs]
        name, parameters = _parameters(layer)
        lines.add(name, inputs, layer.output, parameters)
        if layer.kind == "conv":
            weights.append(_weights(layer, fp16))
    header = [str(MAGIC), f"{len(lines.lines)} {lines.blobs}"]
    return "\n".join(header + lines.lines) + "\n", b"".join(weights)
