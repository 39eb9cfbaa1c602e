"""Runs an exported model with the PyPI ncnn module, as the product's own engine does."""

from __future__ import annotations

import json
from pathlib import Path

import ncnn
import numpy as np

INPUT_BLOB = "in0"
OUTPUT_BLOB = "out0"


class NcnnModel:
    """An exported embedding network, in full fp32 arithmetic whatever the weights' storage."""

    def __init__(self, param: Path, weights: Path, threads: int = 1) -> None:
        for file in (param, weights):
            if not file.is_file():
                raise FileNotFoundError(f"{file} does not exist")
        self.net = ncnn.Net()
        self.net.opt.use_vulkan_compute = False
        self.net.opt.num_threads = threads
        for feature in ("fp16_packed", "fp16_storage", "fp16_arithmetic", "bf16_storage"):
            setattr(self.net.opt, f"use_{feature}", False)
        if self.net.load_param(str(param)) or self.net.load_model(str(weights)):
            raise ValueError(f"ncnn cannot load {param} with {weights}")

    @staticmethod
    def from_manifest(path: Path, threads: int = 1) -> NcnnModel:
        files = json.loads(path.read_text())["files"]
        return NcnnModel(
            path.parent / files["param"]["name"], path.parent / files["bin"]["name"], threads
        )

    def embed(self, crops: np.ndarray) -> np.ndarray:
        """Unnormalised embeddings of BGR crops [N, 112, 112, 3]."""
        planes = crops.astype(np.float32).transpose(0, 3, 1, 2)
        return self.embed_planes((planes - 127.5) / 127.5)

    def embed_planes(self, pictures: np.ndarray) -> np.ndarray:
        """The same of normalised pictures [N, 3, 112, 112]."""
        rows = []
        for picture in pictures:
            # A Mat only points into an array. Layers that compute in place crash on that: a clone
            # has memory of its own, with a count of its users.
            # The array needs a name: it must live until it is cloned.
            array = np.ascontiguousarray(picture, dtype=np.float32)
            planes = ncnn.Mat(array).clone()
            with self.net.create_extractor() as extractor:
                extractor.input(INPUT_BLOB, planes)
                status, out = extractor.extract(OUTPUT_BLOB)
                if status:
                    raise RuntimeError(f"ncnn failed with status {status}")
                # Copied before the extractor goes, whose allocator the memory belongs to.
                rows.append(np.array(out).reshape(-1).copy())
        return np.stack(rows)
