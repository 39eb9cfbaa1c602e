"""Folds block-quantised ONNX weights into fp32 constants.

The published int8 files keep each weight as int8 blocks with a scale, a DequantizeLinear and a
Reshape, and list weights among the graph inputs. Runtimes without block-wise DequantizeLinear
(opset 21) cannot run that; the folded graph holds the same numbers as plain fp32 initializers.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper


def dequantize(
    quantised: np.ndarray, scale: np.ndarray, zero: np.ndarray, axis: int, block: int
) -> np.ndarray:
    """(q - zero) * scale with one scale per tensor, per index of axis, or per block along axis."""
    if block:
        index = np.arange(quantised.shape[axis]) // block
        scale, zero = scale.take(index, axis=axis), zero.take(index, axis=axis)
    elif scale.ndim == 1:
        shape = [1] * quantised.ndim
        shape[axis] = -1
        scale, zero = scale.reshape(shape), zero.reshape(shape)
    difference = quantised.astype(np.float32) - zero.astype(np.float32)
    return (difference * scale).astype(np.float32)


def fold(model: onnx.ModelProto, free_batch: bool = False) -> onnx.ModelProto:
    """A copy with constant DequantizeLinear and Reshape nodes replaced by fp32 initializers."""
    folded = onnx.ModelProto()
    folded.CopyFrom(model)
    graph = folded.graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    kept = []
    for node in graph.node:
        known = all(name in constants for name in node.input)
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        if known and node.op_type == "DequantizeLinear":
            values = [constants[name] for name in node.input]
            quantised, scale = values[:2]
            zero = values[2] if len(values) > 2 else np.zeros_like(scale, dtype=quantised.dtype)
            constants[node.output[0]] = dequantize(
                quantised, scale, zero, attributes.get("axis", 1), attributes.get("block_size", 0)
            )
        elif known and node.op_type == "Reshape":
            source, shape = (constants[name] for name in node.input)
            constants[node.output[0]] = source.reshape(shape)
        else:
            kept.append(node)
    used = {name for node in kept for name in node.input}
    # Quantised weights are graph inputs too, so that they can be replaced: nothing reads them now.
    inputs = [i for i in graph.input if i.name in used and i.name not in constants]
    del graph.node[:], graph.input[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(kept)
    graph.input.extend(inputs)
    graph.initializer.extend(
        numpy_helper.from_array(np.ascontiguousarray(value), name)
        for name, value in constants.items()
        if name in used
    )
    if free_batch:
        for value in [*graph.input, *graph.output]:
            value.type.tensor_type.shape.dim[0].dim_param = "batch"
    return folded


def fold_file(source: Path, target: Path, free_batch: bool = False) -> Path:
    folded = fold(onnx.load(str(source)), free_batch)
    target.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(folded, str(target))
    return target
