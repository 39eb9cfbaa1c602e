"""Behaviour of a shipped model by group: false accept rates within sex, age band and race label.

    python -m seesaw.groups ../models/seesaw-shuffle.json --data PREPARED \\
        --write ../models/MODELS.md

The labels are those of the held-out faces of FairFace and UTKFace. (The models of version 0.1.0
were trained before that split was drawn: they have seen most of these faces.) Neither names people,
so:

- a pair of two photos of a group is taken for an impostor pair, unless every teacher calls it the
  same person, each at its threshold for a FAR of 1e-4 on LFW people who are in no pair of view 2;
- the student learnt from these teachers, so leaving such pairs out may hide errors it shares with
  them: the rate over all pairs stands beside, as an upper bound;
- false rejections take two photos of one person and are not measured. What is measured is how
  often the model refuses a photo against a mirrored and much coarser copy of itself, by that name.

Intervals are 95 % bootstrap intervals that resample faces, as pairs that share a face depend on
each other. A rate is given only where ten pairs or more were accepted.
"""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from data import split
from seesaw.dataset import SIDE, Source, held_out_faces, open_source
from seesaw.evaluate import unit
from seesaw.ncnn_model import NcnnModel

MIN_ACCEPTED = 10
TEACHER_FAR = 1e-4
CALIBRATION_SET = "lfw-other"
TEACHERS = ("sface", "edgeface-xs")
SETS = {"fairface": "FairFace", "utkface": "UTKFace"}
COARSE_SIDE = 28
BANDS = (0, 10, 20, 30, 40, 50, 60)
#: Two of FairFace's bands as a spreadsheet turned them into dates.
MANGLED_BANDS = {"03-Sep": "3-9", "Oct-19": "10-19"}


def age_band(label: str) -> str:
    """The decade of an age or of a band of ages; 60 and above are one band."""
    label = MANGLED_BANDS.get(label, label)
    first = re.search(r"\d+", label)
    if first is None:
        raise ValueError(f"no age in {label!r}")
    start = max(band for band in BANDS if band <= int(first[0]))
    return "60+" if start == BANDS[-1] else f"{start}–{start + 9}"


def group_labels(labels: dict[str, list[str]], rows: np.ndarray) -> dict[str, np.ndarray]:
    """The labels of some rows, with ages in bands."""
    kinds = {kind: np.array(labels[kind])[rows] for kind in ("sex", "age", "race")}
    kinds["age"] = np.array([age_band(label) for label in kinds["age"]])
    return kinds


def threshold_at(impostors: np.ndarray, far: float) -> float:
    """The lowest threshold (score >= threshold accepts) with no larger share accepted than far."""
    ordered = np.sort(impostors)[::-1]
    allowed = int(far * len(ordered) + 1e-9)
    return float(np.nextafter(ordered[allowed], np.inf, dtype=ordered.dtype))


def different_people(directory: Path) -> np.ndarray:
    """Which pairs of the calibration photos show different people, as a symmetric matrix."""
    people = json.loads((directory / f"{CALIBRATION_SET}.json").read_text())["people"]
    _, person = np.unique(people, return_inverse=True)
    return person[:, None] != person[None, :]


def teacher_thresholds(directory: Path) -> dict[str, float]:
    """The teachers' thresholds on people outside the LFW pairs."""
    source = open_source(directory, CALIBRATION_SET, list(TEACHERS))
    first, second = np.nonzero(np.triu(different_people(directory)))
    cosines = {name: unit(rows) @ unit(rows).T for name, rows in source.targets.items()}
    return {n: threshold_at(matrix[first, second], TEACHER_FAR) for n, matrix in cosines.items()}


@dataclass(frozen=True)
class Pairs:
    """All pairs of some faces as symmetric matrices with a zero diagonal."""

    accepted: np.ndarray
    #: All teachers take them for one person.
    excluded: np.ndarray

    def among(self, rows: np.ndarray) -> Pairs:
        at = np.ix_(rows, rows)
        return Pairs(self.accepted[at], self.excluded[at])


@dataclass(frozen=True)
class Rate:
    faces: int
    pairs: int
    accepted: int
    interval: tuple[float, float] | None
    excluded: int
    #: Among all pairs, the excluded ones too.
    accepted_of_all: int

    @property
    def all_pairs(self) -> int:
        return self.pairs + self.excluded


def bootstrap_interval(
    accepted: np.ndarray, counted: np.ndarray, repeats: int = 1000, seed: int = 1
) -> tuple[float, float]:
    """95 % percentile interval of the share of accepted pairs, resampling faces.

    A face drawn k times weighs k in each of its pairs; a face is never paired with itself.
    """
    faces = len(accepted)
    generator = np.random.default_rng(seed)
    weights = generator.multinomial(faces, np.full(faces, 1 / faces), size=repeats)
    weights = weights.astype(np.float32)
    hits = np.sum((weights @ accepted.astype(np.float32)) * weights, axis=1, dtype=np.float64)
    total = np.sum((weights @ counted.astype(np.float32)) * weights, axis=1, dtype=np.float64)
    rates = hits[total > 0] / total[total > 0]
    low, high = np.percentile(rates, [2.5, 97.5])
    return float(low), float(high)


def false_accepts(pairs: Pairs) -> Rate:
    faces = len(pairs.accepted)
    counted = ~pairs.excluded
    np.fill_diagonal(counted, False)
    accepted = pairs.accepted & counted
    hits = int(accepted.sum()) // 2
    return Rate(
        faces=faces,
        pairs=int(counted.sum()) // 2,
        accepted=hits,
        interval=bootstrap_interval(accepted, counted) if hits >= MIN_ACCEPTED else None,
        excluded=int(pairs.excluded.sum()) // 2,
        accepted_of_all=int(pairs.accepted.sum()) // 2,
    )


def compare(
    embeddings: np.ndarray,
    source: Source,
    rows: np.ndarray,
    threshold: float,
    teachers: dict[str, float],
) -> Pairs:
    def reaches(vectors: np.ndarray, least: float) -> np.ndarray:
        matrix = vectors @ vectors.T >= least
        np.fill_diagonal(matrix, False)
        return matrix

    called = [reaches(unit(source.targets[n][rows]), least) for n, least in teachers.items()]
    return Pairs(reaches(embeddings, threshold), np.logical_and.reduce(called))


def coarse_mirror(crop: np.ndarray) -> np.ndarray:
    """A crop mirrored and reduced to 28 pixels a side, at its old size again."""
    small = cv2.resize(crop[:, ::-1], (COARSE_SIDE, COARSE_SIDE), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)


def control_counts(model: NcnnModel, directory: Path, threshold: float) -> tuple[int, int]:
    """Accepted and all impostor pairs of the LFW people outside the test pairs, who are named."""
    embeddings = unit(model.embed(open_source(directory, CALIBRATION_SET).crops))
    different = different_people(directory)
    accepted = (embeddings @ embeddings.T >= threshold) & different
    return int(accepted.sum()) // 2, int(different.sum()) // 2


def percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def rate_cells(rate: Rate) -> list[str]:
    if rate.interval is None:
        far = "too few for a rate"
    else:
        low, high = rate.interval
        far = f"{percent(rate.accepted / rate.pairs)} ({percent(low)} to {percent(high)})"
    bound = f"{rate.accepted_of_all:,}"
    if rate.accepted_of_all >= MIN_ACCEPTED:
        bound += f" = {percent(rate.accepted_of_all / rate.all_pairs)}"
    return [f"{rate.faces:,}", f"{rate.accepted:,} of {rate.pairs:,}", far, bound]


def table(pairs: Pairs, kinds: dict[str, np.ndarray], refused: np.ndarray | None) -> list[str]:
    """A Markdown table: everybody first, then each group among itself."""
    heading = ["group", "faces", "accepted pairs", "FAR within group (95 %)", "of all pairs"]
    if refused is not None:
        heading.append("coarse mirrored self refused")
    lines = [f"| {' | '.join(heading)} |", "|" + "---|" * len(heading)]

    def add(name: str, rows: np.ndarray) -> None:
        cells = [name, *rate_cells(false_accepts(pairs.among(rows)))]
        if refused is not None:
            cells.append(f"{int(refused[rows].sum()):,} of {len(rows):,}")
        lines.append(f"| {' | '.join(cells)} |")

    add("everybody", np.arange(len(pairs.accepted)))
    for kind, labels in kinds.items():
        for label in np.unique(labels):
            add(f"{kind}: {str(label).replace('_', ' ')}", np.flatnonzero(labels == label))
    return lines


def replace_section(text: str, name: str, body: str) -> str:
    """Puts `body` between the markers of a model's section."""
    begin, end = f"<!-- groups of {name}: begin -->", f"<!-- groups of {name}: end -->"
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"expected once and in this order: {begin} and {end}")
    return f"{text[: text.index(begin)]}{begin}\n{body}\n{text[text.index(end) :]}"


def labelled(directory: Path, name: str) -> tuple[Source, np.ndarray, dict]:
    """A source, the rows of both its held-out halves, and their labels."""
    source = open_source(directory, name, list(TEACHERS))
    parts = (split.CHOOSE, split.REPORT)
    rows = [held_out_faces(directory, [name], list(TEACHERS), part).row_of for part in parts]
    rows = np.sort(np.concatenate(rows))
    return source, rows, group_labels(source.info["labels"], rows)


def measure(manifest_path: Path, directory: Path, threads: int) -> tuple[str, str]:
    """The model's name and its section in Markdown."""
    manifest = json.loads(manifest_path.read_text())
    calibration = manifest.get("calibration")
    if calibration is None:
        raise ValueError(f"{manifest_path} has no calibration, so no default threshold")
    far = calibration["defaultFar"]
    threshold = next(row["threshold"] for row in calibration["thresholds"] if row["far"] == far)
    teachers = teacher_thresholds(directory)
    model = NcnnModel.from_manifest(manifest_path, threads)

    sections: list[str] = []
    for name, title in SETS.items():
        source, rows, kinds = labelled(directory, name)
        crops = source.crops[rows]
        embeddings = unit(model.embed(crops))
        copies = unit(model.embed(np.stack([coarse_mirror(crop) for crop in crops])))
        refused = np.sum(embeddings * copies, axis=1) < threshold
        pairs = compare(embeddings, source, rows, threshold, teachers)
        sections += [
            "",
            f"{title}, {len(rows):,} held-out faces:",
            "",
            *table(pairs, kinds, refused),
        ]

    control = control_counts(model, directory, threshold)
    sha = manifest["files"]["bin"]["sha256"][:12]
    body = [
        f"Weights `{sha}`, threshold {threshold:g} (the default, for a FAR of {far:g} on LFW)."
        f" As a control, the same computation over the LFW people outside the test pairs accepts"
        f" {control[0]:,} of {control[1]:,} impostor pairs, {percent(control[0] / control[1])}.",
        *sections,
    ]
    return manifest["name"], "\n".join(body)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m seesaw.groups",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("manifest", type=Path, help="models/NAME.json")
    parser.add_argument("--data", type=Path, required=True, help="output of data.prepare")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--write", type=Path, help="MODELS.md, to replace the model's section in")
    options = parser.parse_args()
    name, body = measure(options.manifest, options.data, options.threads)
    print(body)
    if options.write is not None:
        text = replace_section(options.write.read_text(), name, body)
        fresh = options.write.with_suffix(".new")
        fresh.write_text(text)
        fresh.replace(options.write)


if __name__ == "__main__":
    main()
