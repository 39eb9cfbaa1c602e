"""Reads an ONNX face model that nobody vouches for: one 112x112 picture in, one embedding out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from google.protobuf.message import DecodeError
from onnx import TensorProto, numpy_helper, shape_inference

from data.onnx_fold import fold
from seesaw.convert.errors import refused, some
from seesaw.networks import INPUT_SIZE

SHAPE = (1, 3, INPUT_SIZE, INPUT_SIZE)
LARGEST_EMBEDDING = 4096


@dataclass(frozen=True)
class OnnxNetwork:
    """A checked graph in fp32 without quantised weights, and its reference implementation."""

    model: onnx.ModelProto
    session: onnxruntime.InferenceSession
    input_name: str
    size: int

    def embed(self, planes: np.ndarray) -> np.ndarray:
        """Embeddings [N, size] of normalised pictures [N, 3, 112, 112], by onnxruntime."""
        rows = [self.session.run(None, {self.input_name: image[None]})[0][0] for image in planes]
        return np.stack(rows)

    def count_parameters(self) -> int:
        """Numbers in the weights of the layers below, running statistics not counted."""
        weights = {t.name: numpy_helper.to_array(t).size for t in self.model.graph.initializer}
        read = {
            name
            for node in self.model.graph.node
            if node.op_type in ("Conv", "Gemm", "MatMul", "BatchNormalization", "PRelu")
            # Mean and variance are the last two of a BatchNormalization's five inputs.
            for name in list(node.input)[1:3]
        }
        return sum(weights.get(name, 0) for name in read)

    def count_macs(self) -> int:
        """Multiply-accumulates of convolutions and linear layers, as for our own networks."""
        inferred = shape_inference.infer_shapes(self.model)
        shapes = {
            value.name: [d.dim_value for d in value.type.tensor_type.shape.dim]
            for value in [*inferred.graph.value_info, *inferred.graph.output]
        }
        weights = {t.name: list(t.dims) for t in self.model.graph.initializer}
        total = 0
        for node in self.model.graph.node:
            weight = weights.get(node.input[1]) if len(node.input) > 1 else None
            if node.op_type == "Conv" and weight:
                # A weight row (all but the output channel) is applied once per output number.
                total += int(np.prod(shapes[node.output[0]]) * np.prod(weight[1:]))
            elif node.op_type in ("Gemm", "MatMul") and weight:
                total += int(np.prod(weight))
        return total


def read_graph(path: Path) -> onnx.ModelProto:
    if path.is_dir():
        raise refused(f"{path} is a folder, not an ONNX model")
    if not path.is_file():
        raise refused(f"{path} does not exist")
    if path.stat().st_size == 0:
        raise refused(f"{path} is empty")
    try:
        # Weights in other files could be any file of this machine.
        model = onnx.load(str(path), load_external_data=False)
    except (DecodeError, ValueError) as error:
        raise refused(f"{path} is damaged or no ONNX model: {error}") from error
    if not model.graph.node:
        raise refused(f"{path} is damaged or no ONNX model: it has no graph")
    external = [t.name for t in model.graph.initializer if t.data_location == TensorProto.EXTERNAL]
    if external:
        raise refused(
            f"{path} keeps weights in other files ({some(external)}); save it as a single file"
        )
    return model


def shape_of(value: onnx.ValueInfoProto) -> list[int | str]:
    """Fixed sizes as numbers, others by their names."""
    return [
        d.dim_value if d.HasField("dim_value") else d.dim_param or "?"
        for d in value.type.tensor_type.shape.dim
    ]


def described(value: onnx.ValueInfoProto) -> str:
    kind = TensorProto.DataType.Name(value.type.tensor_type.elem_type).lower()
    return f"{value.name} ({kind} {'×'.join(map(str, shape_of(value))) or 'of unknown shape'})"


def only(values: list[onnx.ValueInfoProto], what: str, path: Path) -> onnx.ValueInfoProto:
    if len(values) != 1:
        names = some(described(value) for value in values)
        raise refused(f"{path} has {len(values)} {what}s, not one: {names or 'none'}")
    return values[0]


def is_batch(size: int | str) -> bool:
    """One picture at a time, or as many as one likes."""
    return size == 1 or isinstance(size, str)


def check_ends(model: onnx.ModelProto, path: Path) -> None:
    """One float input 1x3x112x112 and one float output 1xD; the batch is set to one."""
    image = only(list(model.graph.input), "input", path)
    embedding = only(list(model.graph.output), "output", path)
    for value in (image, embedding):
        if value.type.tensor_type.elem_type != TensorProto.FLOAT:
            raise refused(f"{path}: {described(value)} is not of float numbers")
    sizes = shape_of(image)
    if len(sizes) != 4 or not is_batch(sizes[0]) or tuple(sizes[1:]) != SHAPE[1:]:
        hint = ". Channels must come first" if sizes[1:] == [INPUT_SIZE, INPUT_SIZE, 3] else ""
        raise refused(
            f"{path}: the input {described(image)} is not 1×3×{INPUT_SIZE}×{INPUT_SIZE}{hint}"
        )
    sizes = shape_of(embedding)
    if sizes and (len(sizes) != 2 or not is_batch(sizes[0])):
        raise refused(f"{path}: the output {described(embedding)} is not 1×D")
    for value in (image, embedding):
        if value.type.tensor_type.shape.dim:
            value.type.tensor_type.shape.dim[0].dim_value = 1


def start(model: onnx.ModelProto, path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4  # what fails is raised as well
    try:
        return onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # onnxruntime has a dozen classes without a common base
        raise refused(f"{path} is no graph that onnxruntime can run: {error}") from error


def load_onnx(path: Path) -> OnnxNetwork:
    """Folds quantised weights into constants, checks input and output, and tries it."""
    model = read_graph(path)
    bad = [t.name for t in model.graph.initializer if not finite(t)]
    if bad:
        raise refused(f"{path}: weights hold NaN or infinite numbers: {some(bad)}")
    try:
        folded = fold(model)
    except (ValueError, IndexError, KeyError) as error:
        raise refused(f"{path}: its quantised weights do not fit together: {error}") from error
    constants = {t.name for t in folded.graph.initializer}
    inputs = [value for value in folded.graph.input if value.name not in constants]
    del folded.graph.input[:]
    folded.graph.input.extend(inputs)
    check_ends(folded, path)
    session = start(folded, path)
    name = folded.graph.input[0].name
    output = session.run(None, {name: np.zeros(SHAPE, np.float32)})[0]
    if output.ndim != 2 or output.shape[0] != 1 or not 1 <= output.shape[1] <= LARGEST_EMBEDDING:
        raise refused(
            f"{path}: the output {folded.graph.output[0].name} is "
            f"{'×'.join(map(str, output.shape))}, not 1×D with D up to {LARGEST_EMBEDDING}"
        )
    return OnnxNetwork(folded, session, name, int(output.shape[1]))


def finite(tensor: TensorProto) -> bool:
    try:
        values = numpy_helper.to_array(tensor)
    except ValueError as error:
        raise refused(f"the weights {tensor.name} are damaged: {error}") from error
    return values.dtype.kind != "f" or bool(np.isfinite(values).all())
