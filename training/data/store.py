"""The prepared form of a set of faces: raw arrays that training maps into memory.

    NAME.crops.u8      [n, 112, 112, 3] bytes, BGR
    NAME.json          n, names, people, groups, labels, where it came from, what was left out
    NAME.TEACHER.f16   [n, width] unit vectors, half precision, one file a teacher
    NAME.use.u8        [n] bytes: 0 for a face to use, else why it is not (`selection.py`)

They are written in this order, each whole or not at all.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .alignment import CROP_SIZE

CROP_SHAPE = (CROP_SIZE, CROP_SIZE, 3)
WIDTHS = {"sface": 128, "edgeface-xs": 512}


@dataclass(frozen=True)
class Faces:
    folder: Path
    name: str
    info: dict

    @property
    def count(self) -> int:
        return self.info["count"]

    @property
    def names(self) -> list[str]:
        return self.info["names"]

    def _view(self, suffix: str, dtype: type, *shape: int) -> np.ndarray:
        path = self.folder / f"{self.name}.{suffix}"
        expected = self.count * int(np.prod(shape)) * np.dtype(dtype).itemsize
        if not path.is_file():
            raise FileNotFoundError(f"{path} is missing: run data.prepare")
        if path.stat().st_size != expected:
            raise ValueError(f"{path.name}: {path.stat().st_size} bytes, expected {expected}")
        if not expected:
            return np.empty((0, *shape), dtype)
        return np.memmap(path, dtype=dtype, mode="r", shape=(self.count, *shape))

    @property
    def crops(self) -> np.ndarray:
        return self._view("crops.u8", np.uint8, *CROP_SHAPE)

    @property
    def use(self) -> np.ndarray:
        return self._view("use.u8", np.uint8)

    def targets(self, teacher: str) -> np.ndarray:
        return self._view(f"{teacher}.f16", np.float16, WIDTHS[teacher])

    def has_targets(self, teacher: str) -> bool:
        return (self.folder / f"{self.name}.{teacher}.f16").is_file()


def write_array(path: Path, array: np.ndarray) -> None:
    staged = path.with_name(path.name + ".part")
    np.ascontiguousarray(array).tofile(staged)
    os.replace(staged, path)


def write_json(path: Path, value: dict) -> None:
    staged = path.with_name(path.name + ".part")
    staged.write_text(json.dumps(value, ensure_ascii=True))
    os.replace(staged, path)


def exists(folder: Path, name: str) -> bool:
    return (folder / f"{name}.json").is_file()


def save(folder: Path, name: str, crops: np.ndarray, info: dict) -> None:
    for column in ("names", "groups", "people"):
        if info.get(column) is not None and len(info[column]) != len(crops):
            raise ValueError(f"{name}: crops and {column} must have one length")
    (folder / f"{name}.json").unlink(missing_ok=True)
    write_array(folder / f"{name}.crops.u8", crops.astype(np.uint8, copy=False))
    write_json(folder / f"{name}.json", {"name": name, "count": len(crops), **info})


def load(folder: Path, name: str) -> Faces:
    path = folder / f"{name}.json"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: run data.prepare")
    return Faces(folder, name, json.loads(path.read_text()))
