"""Prepared faces: memory-mapped aligned crops with both teachers' targets.

Each source ``NAME`` in the data directory is four files written by ``data.prepare``:
``NAME.crops.u8`` ([N, 112, 112, 3] BGR), ``NAME.sface.f16`` ([N, 128]), ``NAME.mfn.f16``
([N, 192]) and ``NAME.json``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SIDE = 112
TEACHER_SIZES = {"sface": 128, "mfn": 192}
#: One FairFace crop in so many is held out for validation and never trained on.
HOLDOUT_EVERY = 40
HOLDOUT_SOURCE = "fairface"


class DataError(ValueError):
    """The prepared data is missing or does not agree with its description."""


@dataclass(frozen=True)
class Source:
    """One prepared source; the arrays stay on disk."""

    name: str
    crops: np.ndarray
    sface: np.ndarray
    mfn: np.ndarray

    def __len__(self) -> int:
        return len(self.crops)


def _map(path: Path, dtype: type, shape: tuple[int, ...]) -> np.ndarray:
    expected = int(np.prod(shape)) * np.dtype(dtype).itemsize
    if not path.is_file():
        raise DataError(f"{path} is missing: run data.prepare first")
    if path.stat().st_size != expected:
        raise DataError(f"{path} has {path.stat().st_size} bytes, expected {expected}")
    return np.memmap(path, dtype=dtype, mode="r", shape=shape)


def open_crops(directory: Path, name: str) -> np.ndarray:
    """The crops of a source that has no teacher targets, such as the LFW pairs."""
    description = json.loads((directory / f"{name}.json").read_text())
    return _map(directory / f"{name}.crops.u8", np.uint8, (description["count"], SIDE, SIDE, 3))


def open_source(directory: Path, name: str) -> Source:
    """Opens a source and checks that every file has the size its count asks for."""
    description = directory / f"{name}.json"
    if not description.is_file():
        raise DataError(f"{description} is missing: run data.prepare first")
    count = json.loads(description.read_text())["count"]
    targets = {
        teacher: _map(directory / f"{name}.{teacher}.f16", np.float16, (count, size))
        for teacher, size in TEACHER_SIZES.items()
    }
    return Source(name, open_crops(directory, name), targets["sface"], targets["mfn"])


@dataclass(frozen=True)
class FaceSet:
    """Chosen crops of several sources, addressed by one index."""

    sources: tuple[Source, ...]
    source_of: np.ndarray
    row_of: np.ndarray

    def __len__(self) -> int:
        return len(self.row_of)

    @property
    def signature(self) -> str:
        """Changes whenever the stream of training samples would."""
        return ",".join(f"{s.name}:{len(s)}" for s in self.sources) + f"/{len(self)}"

    def gather(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Crops (a fresh array) and the two teachers' targets of some faces."""
        crops = np.empty((len(indices), SIDE, SIDE, 3), np.uint8)
        sface = np.empty((len(indices), TEACHER_SIZES["sface"]), np.float32)
        mfn = np.empty((len(indices), TEACHER_SIZES["mfn"]), np.float32)
        for out, index in enumerate(indices):
            source, row = self.sources[self.source_of[index]], self.row_of[index]
            crops[out] = source.crops[row]
            sface[out] = source.sface[row]
            mfn[out] = source.mfn[row]
        return crops, sface, mfn


def _select(sources: tuple[Source, ...], held_out: bool) -> FaceSet:
    source_of, row_of = [], []
    for number, source in enumerate(sources):
        rows = np.arange(len(source))
        if source.name == HOLDOUT_SOURCE:
            rows = rows[(rows % HOLDOUT_EVERY == 0) == held_out]
        elif held_out:
            continue
        source_of.append(np.full(len(rows), number, np.int16))
        row_of.append(rows)
    if not row_of:
        raise DataError(f"no source named {HOLDOUT_SOURCE!r} to hold faces out of")
    return FaceSet(sources, np.concatenate(source_of), np.concatenate(row_of))


def training_faces(directory: Path, names: list[str]) -> FaceSet:
    """All faces of the named sources but the held-out ones."""
    return _select(tuple(open_source(directory, name) for name in names), held_out=False)


def held_out_faces(directory: Path) -> FaceSet:
    """The FairFace crops kept for validation."""
    return _select((open_source(directory, HOLDOUT_SOURCE),), held_out=True)
