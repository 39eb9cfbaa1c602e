"""From a PyTorch network to an ONNX file, and its embeddings by onnxruntime."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn

from seesaw.networks import INPUT_SIZE

INPUT_NAME = "input"
OUTPUT_NAME = "embedding"


def to_onnx(network: nn.Module, path: Path) -> Path:
    """Writes a network, which must be in evaluation mode, for batches of any size."""
    # An example of one picture would be taken for a batch that is always one.
    example = torch.zeros(2, 3, INPUT_SIZE, INPUT_SIZE)
    # The exporter tells of its registry (no torchvision) at warning level, once a process.
    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    exporter.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                network,
                (example,),
                path,
                input_names=[INPUT_NAME],
                output_names=[OUTPUT_NAME],
                dynamic_shapes=({0: torch.export.Dim("batch")},),
                external_data=False,
                dynamo=True,
                verbose=False,
            )
    finally:
        exporter.setLevel(level)
    return path


class OnnxFile:
    """An exported ONNX file, run by onnxruntime on the CPU."""

    def __init__(self, path: Path, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )

    def embed(self, crops: np.ndarray) -> np.ndarray:
        """Unnormalised embeddings of BGR crops [N, 112, 112, 3]."""
        planes = (crops.astype(np.float32).transpose(0, 3, 1, 2) - 127.5) / 127.5
        return self.session.run([OUTPUT_NAME], {INPUT_NAME: planes})[0]
