"""Photos to aligned crops, in chunks, by a few single-threaded processes.

Each chunk becomes one file, written atomically; a run that was stopped goes on with the chunks that
are missing.
"""

import hashlib
import json
import multiprocessing
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from . import __version__
from .alignment import CROP_SIZE, align
from .sources import Tree

CHUNK = 256


@dataclass(frozen=True)
class Options:
    tree: str
    cache: str | None
    score: float = 0.6
    least_face: float = 36.0  # narrower boxes hold too few pixels to tell people apart
    aligned: bool = False  # the photos are 112x112 crops already: no detection
    keep_all: bool = False  # a photo without a face stays, black, with NaN landmarks


@dataclass
class Extracted:
    names: list[str]
    crops: np.ndarray
    landmarks: np.ndarray
    dropped: dict[str, int]


class _Worker:
    def __init__(self, options: Options) -> None:
        from .detector import Detector

        cv2.setNumThreads(1)
        self.options = options
        self.tree = Tree(options.tree)
        self.detector = Detector(options.score, Path(options.cache) if options.cache else None)

    def _crop(self, name: str) -> tuple[np.ndarray, np.ndarray] | str:
        image = cv2.imdecode(np.frombuffer(self.tree.read(name), np.uint8), cv2.IMREAD_COLOR)
        nowhere = np.full((5, 2), np.nan)
        if image is None:
            return "unreadable"
        if self.options.aligned:
            if image.shape[:2] != (CROP_SIZE, CROP_SIZE):
                return "wrong size"
            return image, nowhere
        face = self.detector.find(image)
        if face is None:
            return (
                (np.zeros((CROP_SIZE, CROP_SIZE, 3), np.uint8), nowhere)
                if (self.options.keep_all)
                else "no face"
            )
        if face.box[2] < self.options.least_face and not self.options.keep_all:
            return "too small"
        return align(image, face.landmarks), face.landmarks

    def chunk(self, names: list[str], target: Path) -> None:
        kept, crops, landmarks, dropped = [], [], [], {}
        for name in names:
            found = self._crop(name)
            if isinstance(found, str):
                dropped[found] = dropped.get(found, 0) + 1
                continue
            kept.append(name)
            crops.append(found[0])
            landmarks.append(found[1])
        pixels = np.array(crops, np.uint8).reshape(-1, CROP_SIZE, CROP_SIZE, 3)
        staged = target.with_name(target.name + f".{os.getpid()}.part")
        with staged.open("wb") as stream:
            np.savez(
                stream,
                names=np.array(json.dumps(kept)),
                crops=pixels,
                landmarks=np.array(landmarks, np.float32).reshape(-1, 5, 2),
                dropped=np.array(json.dumps(dropped)),
            )
        os.replace(staged, target)


_worker: _Worker | None = None


def _start(options: Options) -> None:
    global _worker
    _worker = _Worker(options)


def _work(task: tuple[list[str], str]) -> int:
    if _worker is None:
        raise RuntimeError("the worker process was not started")
    _worker.chunk(task[0], Path(task[1]))
    return len(task[0])


def extract(
    title: str, names: list[str], options: Options, scratch: Path, processes: int
) -> Extracted:
    """Runs what is not yet done and returns the whole, in the order of `names`."""
    # The folder's name depends on everything that decides its content.
    key = json.dumps([__version__, {**asdict(options), "tree": "", "cache": ""}, names])
    folder = scratch / f"{title}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    chunks = [
        (names[start : start + CHUNK], str(folder / f"{start // CHUNK:05d}.npz"))
        for start in range(0, len(names), CHUNK)
    ]
    missing = [chunk for chunk in chunks if not Path(chunk[1]).is_file()]
    started, done, total = time.monotonic(), 0, sum(len(chunk[0]) for chunk in missing)
    print(f"{title}: {len(names)} photos, {total} to do", flush=True)
    if missing:
        context = multiprocessing.get_context("spawn")
        with context.Pool(min(processes, len(missing)), _start, (options,)) as pool:
            for finished, count in enumerate(pool.imap_unordered(_work, missing), 1):
                done += count
                if finished % 8 == 0 or done == total:
                    rate = done / (time.monotonic() - started)
                    left = (total - done) / rate
                    print(f"{title}: {done}/{total}, {rate:.0f}/s, {left:.0f} s left", flush=True)
    return _gather([Path(path) for _, path in chunks])


def _gather(paths: list[Path]) -> Extracted:
    names: list[str] = []
    dropped: dict[str, int] = {}
    columns: dict[str, list[np.ndarray]] = {"crops": [], "landmarks": []}
    for path in paths:
        with np.load(path) as chunk:
            names += json.loads(str(chunk["names"]))
            for reason, count in json.loads(str(chunk["dropped"])).items():
                dropped[reason] = dropped.get(reason, 0) + count
            for column, parts in columns.items():
                parts.append(chunk[column])
    joined = {column: np.concatenate(parts) for column, parts in columns.items()}
    return Extracted(names, dropped=dropped, **joined)
