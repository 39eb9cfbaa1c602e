"""A teacher's targets of a prepared set, as a pass of its own that can be stopped and resumed."""

import multiprocessing
import os
import time
from pathlib import Path

import numpy as np

from . import store

CHUNK = 256

# glibc gives large blocks back to the system at every free, and each layer's activations are such a
# block: a fifth of the time went into clearing fresh pages. The workers keep their memory instead.
_KEEP_MEMORY = {
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 32),
    "MALLOC_TOP_PAD_": str(1 << 26),
}

_worker = None


class _Worker:
    def __init__(
        self, folder: Path, name: str, teacher: str, staged: Path, build: tuple[str | None, ...]
    ) -> None:
        # Imported here so that the parent process never starts torch's threads.
        import torch

        from . import teachers

        torch.set_num_threads(1)
        repository, precision, cache = build
        self.targets = teachers.targets
        self.teacher = teachers.build(
            teacher,
            Path(repository) if repository else None,
            str(precision),
            Path(cache) if cache else None,
        )
        faces = store.load(folder, name)
        self.crops = faces.crops
        shape = (faces.count, store.WIDTHS[teacher])
        self.rows = np.memmap(staged, np.float16, "r+", shape=shape)

    def run(self, start: int) -> int:
        chunk = np.asarray(self.crops[start : start + CHUNK])
        self.rows[start : start + len(chunk)] = self.targets(self.teacher, chunk)
        self.rows.flush()
        return start


def _start(*arguments) -> None:
    global _worker
    _worker = _Worker(*arguments)


def _run(start: int) -> int:
    return _worker.run(start)


def embed(
    folder: Path,
    name: str,
    teacher: str,
    repository: Path | None,
    precision: str,
    cache: Path | None,
    processes: int,
) -> None:
    """Writes NAME.TEACHER.f16 unless it stands; a line of its log per finished chunk."""
    faces = store.load(folder, name)
    if faces.has_targets(teacher):
        return
    target = folder / f"{name}.{teacher}.f16"
    staged, log = target.with_suffix(".f16.part"), target.with_suffix(".f16.done")
    size = faces.count * store.WIDTHS[teacher] * 2
    if not staged.is_file() or staged.stat().st_size != size:
        log.unlink(missing_ok=True)
        with staged.open("wb") as file:
            file.truncate(size)
    done = {int(line) for line in log.read_text().split()} if log.is_file() else set()
    missing = [start for start in range(0, faces.count, CHUNK) if start not in done]
    print(f"{name} {teacher}: {faces.count} faces, {len(missing)} chunks to do", flush=True)
    if missing:
        os.environ.update(_KEEP_MEMORY)
        build = (
            str(repository) if repository else None,
            precision,
            str(cache) if cache else None,
        )
        began = time.monotonic()
        context = multiprocessing.get_context("spawn")
        arguments = (folder, name, teacher, staged, build)
        with (
            context.Pool(min(processes, len(missing)), _start, arguments) as pool,
            log.open("a") as stream,
        ):
            for finished, start in enumerate(pool.imap_unordered(_run, missing), 1):
                stream.write(f"{start}\n")
                stream.flush()
                if finished % 16 == 0 or finished == len(missing):
                    rate = finished * CHUNK / (time.monotonic() - began)
                    left = (len(missing) - finished) * CHUNK / rate
                    print(f"{name} {teacher}: {rate:.0f}/s, {left:.0f} s left", flush=True)
    os.replace(staged, target)
    log.unlink(missing_ok=True)
