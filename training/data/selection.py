"""Which prepared faces may be used: not those like an LFW photo, copies, or held-out people.

Every decision is a teacher's cosine, with EdgeFace-XS, and for LFW with each teacher whose targets
are there. A set is judged together with all sets that stand before it, held-out faces first: of a
held-out face and its copy among the training faces, the held-out one stays.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from . import split, store

TEACHER = "edgeface-xs"
# Cosine from which a training face may show a person of the evaluation sets.
SIMILAR = 0.5
# Cosine from which two files hold one photo. Of 86,459 pairs of two photos of one person (FIW) 197
# reach it, many of them one photo indeed; 99 % of crops against themselves at half the size do.
COPY = 0.93

USED, LIKE_LFW, COPIED, LIKE_HELD_OUT = range(4)
REASONS = {
    LIKE_LFW: "similar to lfw",
    COPIED: "copy of another photo",
    LIKE_HELD_OUT: "similar to a held-out person",
}

# Copies are looked for in a random projection, and what is found is looked at in full: the
# projection keeps distances to about a tenth, so that a copy's cosine stays above the looser bound.
_SKETCH, _SKETCH_BOUND = 96, 0.87
_ROWS = 2048


def unit(rows: np.ndarray) -> np.ndarray:
    rows = np.asarray(rows, np.float32)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def nearest(vectors: np.ndarray, others: list[np.ndarray]) -> np.ndarray:
    """Per row, the largest cosine with any row of the other sets (all are unit vectors)."""
    best = np.full(len(vectors), -1.0, np.float32)
    for other in others:
        transposed = np.asarray(other, np.float32).T
        if not transposed.shape[1]:
            continue
        for start in range(0, len(vectors), _ROWS):
            rows = slice(start, start + _ROWS)
            part = np.asarray(vectors[rows], np.float32)
            best[rows] = np.maximum(best[rows], (part @ transposed).max(axis=1))
    return best


def _sketch(vectors: np.ndarray) -> np.ndarray:
    generator = np.random.default_rng(0)
    basis = np.linalg.qr(generator.standard_normal((vectors.shape[1], _SKETCH)))[0]
    return unit(np.asarray(vectors, np.float32) @ basis.astype(np.float32))


def _candidates(sketch: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pairs (earlier, later) of rows whose sketches are near."""
    for start in range(0, len(sketch), _ROWS):
        rows = sketch[start : start + _ROWS]
        cosines = rows @ sketch[: start + len(rows)].T
        later, earlier = np.nonzero(cosines >= _SKETCH_BOUND)
        before = earlier < later + start
        yield earlier[before], later[before] + start


def copies(vectors: np.ndarray, bound: float = COPY) -> np.ndarray:
    """Which rows are copies of an earlier row that is none itself."""
    copied = np.zeros(len(vectors), bool)
    for earlier, later in _candidates(_sketch(vectors)):
        if not len(later):
            continue
        cosines = np.einsum(
            "nd,nd->n",
            np.asarray(vectors[earlier], np.float32),
            np.asarray(vectors[later], np.float32),
        )
        order = np.argsort(later, kind="stable")
        for i in order[cosines[order] >= bound]:
            if not copied[earlier[i]]:
                copied[later[i]] = True
    return copied


def choose(
    vectors: np.ndarray, near_lfw: np.ndarray, held_out: np.ndarray, named: np.ndarray
) -> np.ndarray:
    """Per face USED or the reason why not.

    `held_out` faces are never trained on; those that are `named` show people whose pairs are
    counted, so no face like theirs is trained on.
    """
    use = np.full(len(vectors), USED, np.uint8)
    use[near_lfw] = LIKE_LFW
    order = np.argsort(~held_out, kind="stable")
    order = order[use[order] == USED]
    copied = copies(vectors[order])
    use[order[copied]] = COPIED
    people = vectors[held_out & named & (use == USED)]
    trained = np.flatnonzero(~held_out & (use == USED))
    use[trained[nearest(vectors[trained], [people]) >= SIMILAR]] = LIKE_HELD_OUT
    return use


def select(folder: Path, names: list[str], evaluation: tuple[str, ...]) -> dict[str, dict]:
    """Writes NAME.use.u8 of every set; returns how many faces stay, by part and reason."""
    lfw = [store.load(folder, name) for name in evaluation]
    sets = [store.load(folder, name) for name in names]
    vectors = np.concatenate([np.asarray(s.targets(TEACHER), np.float16) for s in sets])
    near = np.concatenate(
        [
            np.max(
                [
                    nearest(s.targets(teacher), [e.targets(teacher) for e in lfw])
                    for teacher in store.WIDTHS
                    if s.has_targets(teacher) and all(e.has_targets(teacher) for e in lfw)
                ],
                axis=0,
            )
            for s in sets
        ]
    )
    parts = np.array([split.part(group) for s in sets for group in s.info["groups"]])
    people = [person for s in sets for person in s.info.get("people") or [""] * s.count]
    named = np.array([bool(person) for person in people])
    use = choose(vectors, near >= SIMILAR, parts != split.TRAIN, named)
    counts: dict[str, dict] = {}
    at = 0
    for s in sets:
        here, mine = use[at : at + s.count], parts[at : at + s.count]
        at += s.count
        store.write_array(folder / f"{s.name}.use.u8", here)
        counts[s.name] = {
            "faces": s.count,
            **{part: int(np.sum((here == USED) & (mine == part))) for part in split.PARTS},
            **{reason: int(np.sum(here == code)) for code, reason in REASONS.items()},
        }
    store.write_json(folder / "selection.json", counts)
    return counts
