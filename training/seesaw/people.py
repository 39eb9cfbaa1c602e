"""Embeddings of people by any model, for `seesawface eval all-pairs LIST --embeddings FILE`.

    python -m seesaw.people edgeface-xs --data PREPARED --set fiw --part report --out X.npy
    python -m seesaw.people RUN/checkpoint.pt --data PREPARED --set fiw --part report --out Y.npy
    python -m seesaw.people sface --crops LFW_ALIGNED --out Z.npy

MODEL is a teacher, the word `together` (the teachers side by side, each with half the say), a
checkpoint or a manifest. Faces come from a prepared set, or from a folder of aligned crops,
FOLDER/PERSON/PHOTO. Beside FILE.npy stands FILE.csv: path, person and family of each row, in order.
`--write-crops DIR` writes the faces too, so that the addon can embed the same ones:
`seesawface eval all-pairs FILE.csv --root DIR --crops`.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

from data import split, teachers
from seesaw.dataset import DataError, faces_of, open_source
from seesaw.evaluate import embed
from seesaw.parity import unit

TOGETHER = "together"
_PHOTOS = (".jpg", ".jpeg", ".png")


@dataclass(frozen=True)
class People:
    """Aligned crops and who is on them; a family is empty where none is known."""

    paths: list[str]
    people: list[str]
    families: list[str]
    crops: np.ndarray


def from_folder(folder: Path) -> People:
    files = sorted(f for f in folder.glob("*/*") if f.suffix.lower() in _PHOTOS)
    crops = []
    for file in files:
        crop = cv2.imread(str(file), cv2.IMREAD_COLOR)
        if crop is None or crop.shape != (112, 112, 3):
            raise DataError(f"{file} is not a picture of 112x112 pixels")
        crops.append(crop)
    if not crops:
        raise DataError(f"{folder}: no photo PERSON/PHOTO in it")
    people = [file.parent.name for file in files]
    paths = [file.relative_to(folder).as_posix() for file in files]
    return People(paths, people, [""] * len(files), np.stack(crops))


def from_prepared(directory: Path, name: str, part: str | None) -> People:
    """A set for evaluation, or a part of a training set; a nameless face is somebody alone."""
    source = open_source(directory, name, [])
    if "groups" in source.info:
        if part is None:
            raise DataError(f"--part: {name} is a training set, so say which part of it")
        rows = faces_of(directory, [name], [], part).row_of
    elif part is not None:
        raise DataError(f"--part: {name} is for evaluation as a whole")
    else:
        rows = np.arange(len(source))
    names = [source.info["names"][r] for r in rows]
    people = [source.people[r] or source.info["names"][r] for r in rows]
    families = [""] * len(rows)
    if "groups" in source.info:
        families = [source.groups[r] if source.people[r] else "" for r in rows]
    return People(names, people, families, np.asarray(source.crops[rows]))


def embeddings(model: str, crops: np.ndarray, options: argparse.Namespace) -> np.ndarray:
    """Unit vectors of BGR crops."""
    if model not in (*teachers.TEACHERS, TOGETHER):
        return np.float32(embed(model, crops, options.threads)[0])
    names = teachers.TEACHERS if model == TOGETHER else (model,)
    parts = [
        teachers.targets(teachers.build(n, options.edgeface, "fp32", options.cache), crops)
        for n in names
    ]
    return np.float32(unit(np.hstack(parts)))


def add_model_options(parser: argparse.ArgumentParser) -> None:
    """What `embeddings` reads."""
    parser.add_argument("--edgeface", type=Path, help="clone with EdgeFace's weights, at first use")
    parser.add_argument("--cache", type=Path, help="where networks are kept")
    parser.add_argument("--threads", type=int, default=1)


def write(out: Path, rows: np.ndarray, people: People) -> None:
    np.save(out, np.ascontiguousarray(rows, dtype="<f4"))
    with out.with_suffix(".csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["path", "person", "family"])
        writer.writerows(zip(people.paths, people.people, people.families, strict=True))


def write_crops(folder: Path, people: People) -> None:
    """Under the paths of the list, as PNG whatever the ending says."""
    for path, crop in zip(people.paths, people.crops, strict=True):
        target = folder / path
        if not target.resolve().is_relative_to(folder.resolve()):
            raise DataError(f"{path} lies outside {folder}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(cv2.imencode(".png", crop)[1].tobytes())


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m seesaw.people",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", help="a teacher, together, checkpoint .pt or manifest .json")
    parser.add_argument("--data", type=Path, help="output of data.prepare")
    parser.add_argument("--set", help="of the prepared faces")
    parser.add_argument("--part", choices=split.PARTS, help="of a training set")
    parser.add_argument("--crops", type=Path, help="instead: a folder PERSON/PHOTO of crops")
    parser.add_argument("--out", type=Path, required=True, help=".npy file to write")
    parser.add_argument("--write-crops", type=Path, help="folder to write the faces into")
    add_model_options(parser)
    options = parser.parse_args(arguments)
    if options.out.suffix != ".npy":
        parser.error("--out: a .npy file is written")
    if (options.crops is None) == (options.data is None or options.set is None):
        parser.error("give --data and --set, or --crops")
    torch.set_num_threads(options.threads)
    if options.crops is not None:
        people = from_folder(options.crops)
    else:
        people = from_prepared(options.data, options.set, options.part)
    rows = embeddings(options.model, people.crops, options)
    write(options.out, rows, people)
    if options.write_crops is not None:
        write_crops(options.write_crops, people)
    print(f"{options.out}: {len(rows)} faces of {len(set(people.people))} people")


if __name__ == "__main__":
    main()
