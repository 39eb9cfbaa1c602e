"""Prepared faces: memory-mapped aligned crops with the teachers' targets (`data/store.py`).

Which faces are trained on is not stored anywhere: it follows from each face's group by
`data.split`, so that a held-out face cannot come into training by a mistake of preparation.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data import split, store
from data.selection import USED

SIDE = 112


class DataError(ValueError):
    """The prepared data is missing or does not agree with its description."""


@dataclass(frozen=True)
class Teachers:
    """Which teachers are followed, and how much each counts in what a pair's cosine should be."""

    shares: dict[str, float]

    def __post_init__(self) -> None:
        unknown = [name for name in self.shares if name not in store.WIDTHS]
        if unknown or not self.shares:
            known = ", ".join(sorted(store.WIDTHS))
            raise DataError(f"teachers: {', '.join(unknown) or 'nothing'} is none of {known}")
        if min(self.shares.values()) <= 0:
            raise DataError(f"teachers: each share must be above 0, got {self.shares}")
        total = sum(self.shares.values())
        object.__setattr__(self, "shares", {n: s / total for n, s in self.shares.items()})

    @classmethod
    def parse(cls, values: list[str]) -> Teachers:
        """From words NAME or NAME:SHARE."""
        shares = {}
        for value in values:
            name, _, share = value.partition(":")
            try:
                shares[name] = float(share or 1)
            except ValueError:
                raise DataError(f"teachers: {value!r} is not NAME or NAME:SHARE") from None
        return cls(shares)

    @property
    def names(self) -> list[str]:
        return list(self.shares)

    @property
    def widths(self) -> dict[str, int]:
        return {name: store.WIDTHS[name] for name in self.shares}


@dataclass(frozen=True)
class Source:
    """One prepared source; the arrays stay on disk."""

    name: str
    crops: np.ndarray
    targets: dict[str, np.ndarray]
    info: dict

    def __len__(self) -> int:
        return len(self.crops)

    @property
    def groups(self) -> list[str]:
        return self.info["groups"]

    @property
    def people(self) -> list[str]:
        """Who each face shows, empty where nobody knows."""
        return self.info.get("people") or [""] * len(self)


def _open(directory: Path, name: str) -> store.Faces:
    try:
        return store.load(directory, name)
    except FileNotFoundError as error:
        raise DataError(str(error)) from None


def open_crops(directory: Path, name: str) -> np.ndarray:
    """The crops of a source, with or without targets."""
    return open_source(directory, name, []).crops


def open_source(directory: Path, name: str, teachers: list[str] | None = None) -> Source:
    """Opens a source with the targets of these teachers (all that are there by default)."""
    faces = _open(directory, name)
    if teachers is None:
        teachers = [teacher for teacher in store.WIDTHS if faces.has_targets(teacher)]
    try:
        targets = {teacher: faces.targets(teacher) for teacher in teachers}
        return Source(name, faces.crops, targets, faces.info)
    except (FileNotFoundError, ValueError) as error:
        raise DataError(str(error)) from None


def _used(directory: Path, name: str) -> np.ndarray:
    try:
        return np.asarray(_open(directory, name).use) == USED
    except (FileNotFoundError, ValueError) as error:
        raise DataError(f"{error} --stage select") from None


@dataclass(frozen=True)
class FaceSet:
    """Chosen crops of several sources, addressed by one index."""

    sources: tuple[Source, ...]
    source_of: np.ndarray
    row_of: np.ndarray
    part: str
    teachers: tuple[str, ...]
    #: A number for each face's person, -1 where nobody knows who it is.
    person_of: np.ndarray
    #: Changes whenever a number would mean somebody else.
    people_digest: str = ""

    def __len__(self) -> int:
        return len(self.row_of)

    @property
    def signature(self) -> str:
        """Changes whenever the stream of training samples would."""
        return ",".join(f"{s.name}:{len(s)}" for s in self.sources) + f"/{len(self)}"

    @property
    def people(self) -> int:
        return int(self.person_of.max(initial=-1)) + 1

    def groups(self) -> list[str]:
        return [self.sources[s].groups[r] for s, r in zip(self.source_of, self.row_of, strict=True)]

    def take(self, indices: np.ndarray) -> FaceSet:
        return FaceSet(
            self.sources,
            self.source_of[indices],
            self.row_of[indices],
            self.part,
            self.teachers,
            self.person_of[indices],
            self.people_digest,
        )

    def targets(self, indices: np.ndarray) -> np.ndarray:
        """The teachers' targets of some faces, side by side."""
        widths = [store.WIDTHS[teacher] for teacher in self.teachers]
        ends = np.cumsum([0, *widths])
        targets = np.empty((len(indices), ends[-1]), np.float32)
        for number, source in enumerate(self.sources):
            here = np.flatnonzero(self.source_of[indices] == number)
            rows = self.row_of[indices[here]]
            for teacher, start, end in zip(self.teachers, ends, ends[1:], strict=False):
                targets[here, start:end] = source.targets[teacher][rows]
        return targets

    def gather(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Crops (a fresh array), targets, and the people's numbers."""
        crops = np.empty((len(indices), SIDE, SIDE, 3), np.uint8)
        for out, index in enumerate(indices):
            crops[out] = self.sources[self.source_of[index]].crops[self.row_of[index]]
        return crops, self.targets(indices), self.person_of[indices]


def faces_of(directory: Path, names: list[str], teachers: list[str], part: str) -> FaceSet:
    """The usable faces of one part of the named sources."""
    sources = tuple(open_source(directory, name, teachers) for name in names)
    source_of, row_of, person_of = [], [], []
    numbers: dict[str, int] = {}
    for number, source in enumerate(sources):
        if "groups" not in source.info:
            raise DataError(f"{source.name} is for evaluation: it has no groups to hold out")
        rows = split.rows_of(source.groups, part)
        rows = rows[_used(directory, source.name)[rows]]
        source_of.append(np.full(len(rows), number, np.int16))
        row_of.append(rows)
        # Only people with two photos or more teach anything.
        names_here = [f"{source.name}/{source.people[r]}" if source.people[r] else "" for r in rows]
        known, counts = np.unique([n for n in names_here if n], return_counts=True)
        for name in known[counts > 1]:
            numbers[str(name)] = len(numbers)
        person_of.append(np.array([numbers.get(n, -1) for n in names_here], np.int64))
    return FaceSet(
        sources,
        np.concatenate(source_of),
        np.concatenate(row_of),
        part,
        tuple(teachers),
        np.concatenate(person_of),
        hashlib.sha256("\n".join(numbers).encode()).hexdigest(),
    )


def training_faces(directory: Path, names: list[str], teachers: list[str]) -> FaceSet:
    """All usable faces of the named sources but the held-out ones."""
    return faces_of(directory, names, teachers, split.TRAIN)


def held_out_faces(
    directory: Path, names: list[str], teachers: list[str], part: str = split.CHOOSE
) -> FaceSet:
    """The faces to choose by, or with split.REPORT those to report by."""
    if part == split.TRAIN:
        raise DataError("part: faces that are trained on are not held out")
    return faces_of(directory, names, teachers, part)
