"""That exported files compute what PyTorch computes, and vectors for others to check it by."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from torch import nn

from seesaw.manifest import write_json
from seesaw.ncnn_export import require_parity, worst_cosine
from seesaw.networks import INPUT_SIZE
from seesaw.validate import embed_crops

FIXTURE_CROPS = Path(__file__).parents[2] / "test" / "fixtures" / "crops"


class Runner(Protocol):
    """Whatever computes unnormalised embeddings of BGR crops [N, 112, 112, 3]."""

    def embed(self, crops: np.ndarray) -> np.ndarray: ...


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows of length one."""
    rows = rows.astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def check_parity(
    crops: np.ndarray, engine: str, runner: Runner, references: Mapping[str, nn.Module]
) -> dict[str, float]:
    """Refuses an export that computes anything but `references`; gives the worst cosines."""
    exported = runner.embed(crops)
    cosines = {
        f"{engine} to PyTorch of {what}": worst_cosine(
            embed_crops(reference, crops).numpy(), exported
        )
        for what, reference in references.items()
    }
    for what, cosine in cosines.items():
        print(f"parity, worst of {len(crops)} crops, {what}: {cosine:.8f}")
    require_parity(cosines)
    return cosines


def read_crops(folder: Path) -> dict[Path, np.ndarray]:
    """The aligned BGR crops in a folder, by their paths."""
    crops: dict[Path, np.ndarray] = {}
    for path in sorted(folder.glob("*.png")):
        crop = cv2.imread(str(path), cv2.IMREAD_COLOR)
        if crop is None or crop.shape != (INPUT_SIZE, INPUT_SIZE, 3):
            raise ValueError(f"{path} is not a {INPUT_SIZE}x{INPUT_SIZE} picture")
        crops[path] = crop
    if not crops:
        raise ValueError(f"{folder} holds no PNG")
    return crops


def write_parity_vectors(
    reference: nn.Module, crops: Path, target: Path, described: dict[str, Any]
) -> None:
    """PyTorch's embeddings of the public-domain crops, for the tests to compare with.

    `described` is the manifest of the files that hold the weights of `reference`.
    """
    vectors = [
        {
            "crop": f"crops/{path.name}",
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "embedding": [
                round(float(value), 8)
                for value in unit(embed_crops(reference, crop[None]).numpy())[0]
            ],
        }
        for path, crop in read_crops(crops).items()
    ]
    stored = " (rounded to fp16)" if described["precision"] == "fp16" else ""
    content: dict[str, Any] = {
        "model": described["name"],
        "paramSha256": described["files"]["param"]["sha256"],
        "binSha256": described["files"]["bin"]["sha256"],
        "about": "L2-normalised embeddings by PyTorch in fp32, of the folded weights as they are "
        f"stored{stored}",
        "vectors": vectors,
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    write_json(target, content)
