"""Prepared faces of noise, for tests of what reads them."""

from pathlib import Path

import numpy as np

from data import store


def write_noise(
    folder: Path,
    name: str,
    count: int,
    people: int = 0,
    teachers: tuple[str, ...] = tuple(store.WIDTHS),
    seed: int = 0,
) -> None:
    """`people` of two photos each come first, every one a family; the rest is nobody known."""
    generator = np.random.default_rng(seed)
    crops = generator.integers(0, 256, (count, 112, 112, 3), dtype=np.uint8)
    who = [f"F{i // 2:04d}/MID1" if i < 2 * people else "" for i in range(count)]
    groups = [f"{name}/{p[:5] or i}" for i, p in enumerate(who)]
    names = [f"{i}.jpg" for i in range(count)]
    info = {"names": names, "groups": groups, "people": who}
    store.save(folder, name, crops, info)
    for teacher in teachers:
        rows = generator.standard_normal((count, store.WIDTHS[teacher]))
        # Two photos of one person are alike.
        rows[1 : 2 * people : 2] = rows[0 : 2 * people : 2] + 0.3 * rows[1 : 2 * people : 2]
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        store.write_array(folder / f"{name}.{teacher}.f16", rows.astype(np.float16))
    store.write_array(folder / f"{name}.use.u8", np.zeros(count, np.uint8))
