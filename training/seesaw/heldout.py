"""True accepts where false ones are rare, on held-out people: what choices are made by.

    python -m seesaw.heldout RUN/checkpoint.pt edgeface-xs sface together --data PREPARED

Genuine pairs are two photos of one held-out person; impostor pairs are any two held-out faces of
different groups (families, or photos of people without a name). Relatives are neither: how many of
their pairs pass is told apart. So are pairs of different groups that all teachers take for one
person, as photos without a name may show somebody twice; they are counted and left out. Choose by
the half `choose`; `--part report` is for what is published.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from data import split
from seesaw.dataset import FaceSet, Teachers, held_out_faces, open_source
from seesaw.losses import joined

FARS = (1e-3, 1e-4)
#: Cosine of every teacher from which two faces of different groups may be one person.
ONE_PERSON = 0.55
#: Cosine of the first teacher from which a face of another set may show a held-out person.
ALIKE = 0.5
_ROWS = 1024


@dataclass(frozen=True)
class Rate:
    far: float
    threshold: float
    tar: float
    kin: float


@dataclass(frozen=True)
class HeldOut:
    genuine: int
    impostors: int
    kin: int
    excluded: int
    rates: tuple[Rate, ...]

    def as_row(self) -> dict[str, float]:
        return {f"tar_{rate.far:g}": rate.tar for rate in self.rates}

    def __str__(self) -> str:
        rates = ", ".join(
            f"{100 * r.tar:.2f} % at FAR {r.far:g} (threshold {r.threshold:.3f}, "
            f"{100 * r.kin:.1f} % of relatives)"
            for r in self.rates
        )
        return (
            f"TAR {rates}; {self.genuine} genuine, {self.impostors} impostor, {self.kin} kin pairs,"
            f" {self.excluded} left out"
        )


class Protocol:
    """The pairs of some held-out faces; the kind of each is decided once."""

    def __init__(self, faces: FaceSet, teachers: Teachers, most: int = 0) -> None:
        """`most` limits the faces of nobody known, which are many, to that number."""
        named = np.flatnonzero(faces.person_of >= 0)
        others = np.flatnonzero(faces.person_of < 0)
        if most and len(others) > most:
            others = others[np.random.default_rng(0).permutation(len(others))[:most]]
        faces = faces.take(np.sort(np.concatenate([named, others])))
        self.faces = faces
        self.crops, rows, person = faces.gather(np.arange(len(faces)))
        self.targets = torch.from_numpy(rows)
        self.teachers = teachers
        self.person = torch.from_numpy(person)
        self.group = torch.from_numpy(np.unique(faces.groups(), return_inverse=True)[1])
        # Photos of one source without a name: two of them may show one person or relatives.
        named = self.person >= 0
        source = torch.from_numpy(faces.source_of.astype(np.int64))
        in_families = torch.zeros(int(source.max()) + 1, dtype=torch.bool)
        in_families[source[named]] = True
        self.nameless = in_families[source] & ~named
        if not named.any():
            raise ValueError("held-out faces: nobody has two photos, so there is no genuine pair")
        self.unlike = named.clone()

    def people_alike(self, others: Tensor) -> Tensor:
        """For each face whether a photo of its person resembles one of these rows of targets."""
        width = next(iter(self.teachers.widths.values()))
        own, others = F.normalize(self.targets[:, :width]), F.normalize(others)
        near = torch.cat([(rows @ others.T).amax(1) >= ALIKE for rows in own.split(_ROWS // 4)])
        alike = torch.zeros(int(self.person.max()) + 1, dtype=torch.bool)
        alike[self.person[near & (self.person >= 0)]] = True
        return alike[self.person.clamp_min(0)] & (self.person >= 0)

    def leave_out_genuine(self, faces: Tensor) -> None:
        """Counts no genuine pair of these faces; as strangers they stay."""
        self.unlike &= ~faces
        if not self.unlike.any():
            raise ValueError("held-out faces: all people are left out")

    def _blocks(self, unit: Tensor):
        """Rows of cosines with every later face, and what kind of pair each is."""
        parts = F.normalize(self.targets).split(list(self.teachers.widths.values()), dim=1)
        parts = [F.normalize(part) for part in parts]
        at = torch.arange(len(unit))
        for start in range(0, len(unit), _ROWS):
            rows = slice(start, start + _ROWS)
            later = at[None, :] > at[rows, None]
            same_group = self.group[rows, None] == self.group[None, :]
            same_person = (self.person[rows, None] == self.person[None, :]) & (
                self.person[rows, None] >= 0
            )
            twins = torch.stack([p[rows] @ p.T >= ONE_PERSON for p in parts]).all(0)
            unknown = self.nameless[rows, None] & self.nameless[None, :]
            strangers = later & ~same_group & ~unknown
            yield (
                unit[rows] @ unit.T,
                later & same_person & self.unlike[rows, None],
                strangers & ~twins,
                later & same_group & ~same_person & ~unknown,
                strangers & twins,
            )

    def measure(self, embedding: Tensor) -> HeldOut:
        unit = F.normalize(embedding.float())
        genuine, impostors, kin, excluded = [], [], [], 0
        for cosines, same, strangers, relatives, twins in self._blocks(unit):
            genuine.append(cosines[same])
            impostors.append(cosines[strangers])
            kin.append(cosines[relatives])
            excluded += int(twins.sum())
        same, strangers, relatives = (torch.cat(part) for part in (genuine, impostors, kin))
        rates = []
        for far in FARS:
            allowed = int(far * len(strangers) + 1e-9)
            top = strangers.topk(allowed + 1).values
            threshold = float(np.nextafter(top[-1].numpy(), np.float32(np.inf)))
            rates.append(
                Rate(
                    far,
                    threshold,
                    (same >= threshold).float().mean().item(),
                    (relatives >= threshold).float().mean().item() if len(relatives) else 0.0,
                )
            )
        return HeldOut(len(same), len(strangers), len(relatives), excluded, tuple(rates))

    def of_teachers(self) -> dict[str, HeldOut]:
        """The teachers' own figures: the mark to reach."""
        widths = list(self.teachers.widths.values())
        parts = dict(zip(self.teachers.names, self.targets.split(widths, dim=1), strict=True))
        figures = {name: self.measure(part) for name, part in parts.items()}
        if len(parts) > 1:
            figures["together"] = self.measure(joined(self.targets, self.teachers))
        return figures


def targets_of(directory: Path, names: list[str], teacher: str) -> Tensor:
    """A teacher's targets of all faces of some sets, trained on or not."""
    rows = [open_source(directory, name, [teacher]).targets[teacher] for name in names]
    return torch.from_numpy(np.concatenate(rows).astype(np.float32))


def main(arguments: list[str] | None = None) -> None:
    from seesaw.people import add_model_options, embeddings

    parser = argparse.ArgumentParser(
        prog="python -m seesaw.heldout",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("models", nargs="+", help="as seesaw.people takes them")
    parser.add_argument("--data", type=Path, required=True, help="output of data.prepare")
    parser.add_argument("--held-out", nargs="+", default=["fiw"], help="sources to measure on")
    parser.add_argument("--part", choices=split.PARTS[1:], default=split.CHOOSE)
    parser.add_argument("--most", type=int, default=2000, help="at most so many of nobody known")
    parser.add_argument(
        "--unlike",
        nargs="+",
        metavar="SET",
        help="count no genuine pairs of people whom a face of these sets resembles",
    )
    parser.add_argument("--teachers", nargs="+", default=["edgeface-xs"], help="tell twins apart")
    add_model_options(parser)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    judges = Teachers.parse(options.teachers)
    faces = held_out_faces(options.data, options.held_out, judges.names, options.part)
    protocol = Protocol(faces, judges, options.most)
    print(f"{protocol.faces.signature} faces, {options.part}")
    if options.unlike:
        others = targets_of(options.data, options.unlike, judges.names[0])
        alike = protocol.people_alike(others)
        protocol.leave_out_genuine(alike)
        left = len(protocol.person[protocol.unlike].unique())
        print(f"{left} people unlike {', '.join(options.unlike)}")
    for model in options.models:
        rows = embeddings(model, protocol.crops, options)
        print(f"{model}: {protocol.measure(torch.from_numpy(rows))}", flush=True)


if __name__ == "__main__":
    main()
