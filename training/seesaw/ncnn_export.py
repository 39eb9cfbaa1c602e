"""From a PyTorch network or an ONNX file to NCNN's files, by pnnx."""

from __future__ import annotations

import copy
import errno
import importlib.util
import io
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from seesaw.networks import INPUT_SIZE

MINIMUM_COSINE = 0.99999


class ExportError(RuntimeError):
    """pnnx cannot convert the network, or NCNN computes something else."""


def fold_batch_norm(network: nn.Module) -> nn.Module:
    """A copy whose BatchNorms are part of the convolution or linear layer before them.

    Where there is none before it (ArcFace's units begin with one) a BatchNorm stays.
    """
    folded = copy.deepcopy(network).eval()
    for parent in list(folded.modules()):
        previous: tuple[str, nn.Module] | None = None
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d) and previous is not None:
                key, layer = previous
                fuse = fuse_conv_bn_eval if isinstance(layer, nn.Conv2d) else fuse_linear_bn_eval
                setattr(parent, key, fuse(layer, child))
                setattr(parent, name, nn.Identity())
            previous = (name, child) if isinstance(child, nn.Conv2d | nn.Linear) else None
    return folded


def round_weights(network: nn.Module) -> nn.Module:
    """A copy with the values that are stored as fp16: weights of convolutions and linear layers.

    Biases and PReLU slopes stay fp32 in the file.
    """
    rounded = copy.deepcopy(network)
    for module in rounded.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            with torch.no_grad():
                module.weight.copy_(module.weight.half().float())
    return rounded


def pnnx_program() -> Path:
    """The program inside the Python package, wherever that is installed."""
    package = importlib.util.find_spec("pnnx")
    if package is None or package.origin is None:
        raise ExportError("the Python package pnnx is not installed")
    return Path(package.origin).with_name("pnnx")


def require_space(folder: Path) -> None:
    if shutil.disk_usage(folder).free == 0:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder for pnnx, which does not notice, or does not say, that it is full."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            yield folder
        except (ExportError, OSError):
            require_space(folder)
            raise
        require_space(folder)


def run_pnnx(source: Path, out: Path, name: str, fp16: bool = True) -> tuple[Path, Path]:
    """Converts a TorchScript (.pt) or ONNX (.onnx) file; writes NAME.param and NAME.bin."""
    with scratch_folder() as folder:
        # pnnx writes a dozen files beside the one it reads.
        copied = folder / f"network{source.suffix}"
        shutil.copyfile(source, copied)
        shape = f"inputshape=[1,3,{INPUT_SIZE},{INPUT_SIZE}]"
        run = subprocess.run(
            [pnnx_program(), copied.name, shape, f"fp16={int(fp16)}"],
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        files = [folder / f"network.ncnn.{suffix}" for suffix in ("param", "bin")]
        if run.returncode or not all(file.is_file() for file in files):
            raise ExportError(f"pnnx failed with status {run.returncode}:\n{run.stderr}")
        targets = (out / f"{name}.param", out / f"{name}.bin")
        for file, target in zip(files, targets, strict=True):
            shutil.copyfile(file, target)
    return targets


def to_ncnn(network: nn.Module, out: Path, name: str, fp16: bool = True) -> tuple[Path, Path]:
    """Traces a network, which must be in evaluation mode, and converts that."""
    with scratch_folder() as folder, warnings.catch_warnings():
        # TorchScript is what pnnx reads, however deprecated.
        warnings.simplefilter("ignore", FutureWarning)
        traced = folder / "network.pt"
        saved = io.BytesIO()
        torch.jit.save(torch.jit.trace(network, torch.zeros(1, 3, INPUT_SIZE, INPUT_SIZE)), saved)
        # PyTorch itself ends the process when it cannot write to the disk.
        traced.write_bytes(saved.getvalue())
        return run_pnnx(traced, out, name, fp16)


def worst_cosine(first: np.ndarray, second: np.ndarray) -> float:
    """Smallest cosine between rows of the same number, in fp64."""
    a, b = first.astype(np.float64), second.astype(np.float64)
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return float(np.min(np.sum(a * b, axis=1) / lengths))


def require_parity(cosines: dict[str, float]) -> None:
    """Refuses a model that NCNN computes differently; `cosines` are worst ones, by comparison."""
    for what, worst in cosines.items():
        if not worst >= MINIMUM_COSINE:  # NaN is below, too
            raise ExportError(f"{what}: cosine {worst:.7f} is below {MINIMUM_COSINE}")
