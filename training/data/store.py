"""The prepared form of a set of faces: raw arrays that training maps into memory.

    NAME.crops.u8    [n, 112, 112, 3] bytes, BGR
    NAME.sface.f16   [n, 128] unit vectors, half precision
    NAME.mfn.f16     [n, 192] unit vectors, half precision
    NAME.json        n, names, labels, where it came from, what was left out

The JSON file is written last: a set without it is not finished.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .alignment import CROP_SIZE

CROP_SHAPE = (CROP_SIZE, CROP_SIZE, 3)
WIDTHS = {"sface": 128, "mfn": 192}


@dataclass(frozen=True)
class FaceSet:
    crops: np.ndarray
    sface: np.ndarray
    mfn: np.ndarray
    info: dict

    @property
    def names(self) -> list[str]:
        return self.info["names"]


def _write(path: Path, array: np.ndarray) -> None:
    staged = path.with_name(path.name + ".part")
    np.ascontiguousarray(array).tofile(staged)
    os.replace(staged, path)


def write_json(path: Path, value: dict) -> None:
    staged = path.with_name(path.name + ".part")
    staged.write_text(json.dumps(value, ensure_ascii=True))
    os.replace(staged, path)


def exists(folder: Path, name: str) -> bool:
    return (folder / f"{name}.json").is_file()


def save(
    folder: Path, name: str, crops: np.ndarray, sface: np.ndarray, mfn: np.ndarray, info: dict
) -> None:
    count = len(crops)
    if len(sface) != count or len(mfn) != count or len(info["names"]) != count:
        raise ValueError(f"{name}: crops, targets and names must have one length")
    (folder / f"{name}.json").unlink(missing_ok=True)
    _write(folder / f"{name}.crops.u8", crops.astype(np.uint8, copy=False))
    _write(folder / f"{name}.sface.f16", sface.astype(np.float16))
    _write(folder / f"{name}.mfn.f16", mfn.astype(np.float16))
    write_json(folder / f"{name}.json", {"name": name, "count": count, **info})


def load(folder: Path, name: str) -> FaceSet:
    info = json.loads((folder / f"{name}.json").read_text())
    count = info["count"]

    def view(suffix: str, dtype: type, shape: tuple[int, ...]) -> np.ndarray:
        path = folder / f"{name}.{suffix}"
        expected = count * int(np.prod(shape)) * np.dtype(dtype).itemsize
        if path.stat().st_size != expected:
            raise ValueError(f"{path.name}: {path.stat().st_size} bytes, expected {expected}")
        return np.memmap(path, dtype=dtype, mode="r", shape=(count, *shape))

    return FaceSet(
        view("crops.u8", np.uint8, CROP_SHAPE),
        view("sface.f16", np.float16, (WIDTHS["sface"],)),
        view("mfn.f16", np.float16, (WIDTHS["mfn"],)),
        info,
    )
