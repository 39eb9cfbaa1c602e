"""Prepares the face sets:  python -m data.prepare --out DIR --source NAME=PATH ...

NAME is one of the training sets that data/README.md lists, of the evaluation parts (lfw-pairs,
lfw-funneled, lfw-protocol), or `edgeface`, the repository of a teacher; PATH is a folder, a git
directory or a clone. The three LFW parts are always needed: training faces that a teacher finds
similar to an LFW photo are left out.

Three stages, each of which goes on where it was stopped: `crops` finds and aligns the faces,
`targets` embeds them by the teachers, `select` decides which are used. Without --stage each source
goes through the first two in turn, and the selection closes.
"""

import argparse
import hashlib
import sys
from functools import partial
from pathlib import Path

import numpy as np

from . import __version__, lfw, store
from .embed import embed
from .pipeline import Extracted, Options, extract
from .selection import TEACHER, select
from .sources import LFW_FUNNELED, LFW_PAIRS, TRAINING, Source, Tree, photos

EVALUATION = ("lfw-pairs", "lfw-funneled", "lfw-protocol")
LFW_SETS = ("lfw-pairs", "lfw-other")
EDGEFACE = "edgeface"
STAGES = ("crops", "targets", "select")
PRECISIONS = ("fp32", "bf16")
DEFAULT = ["edgeface-xs", "sface"]


class Preparation:
    def __init__(self, arguments: argparse.Namespace, sources: dict[str, Path]) -> None:
        self.out: Path = arguments.out
        self.processes: int = arguments.processes
        self.precision: str = arguments.precision
        self.teachers: list[str] = arguments.teachers
        self.cache: Path | None = arguments.cache
        self.sources = sources
        protocol = Tree(sources["lfw-protocol"])
        self.pairs = lfw.parse_pairs(protocol.read("data/pairs.txt").decode())
        protocol.close()

    def _extract(self, name: str, tree: str, names: list[str], **options) -> Extracted:
        chosen = Options(
            tree=str(self.sources[tree]),
            cache=str(self.cache) if self.cache else None,
            **options,
        )
        return extract(name, names, chosen, self.out / "chunks", self.processes)

    def _save(self, name: str, source: Source, tree: Tree, faces: Extracted, **more) -> None:
        info = {
            "version": __version__,
            "repository": source.repository,
            "commit": tree.commit(),
            "licence": source.licence,
            "channels": "BGR",
            "names": faces.names,
            **more,
        }
        store.save(self.out, name, faces.crops, info)
        print(f"{name}: {info['found']} photos, {len(faces.names)} faces", flush=True)

    def lfw_pairs(self) -> None:
        """The photos of the LFW pairs as they were published, aligned, and the list of pairs."""
        tree = Tree(self.sources["lfw-pairs"])
        names = list(photos(LFW_PAIRS, tree))
        if not store.exists(self.out, "lfw-pairs"):
            faces = self._extract("lfw-pairs", "lfw-pairs", names, aligned=True)
            people = [lfw.person(name) for name in faces.names]
            self._save(
                "lfw-pairs",
                LFW_PAIRS,
                tree,
                faces,
                found=len(names),
                dropped=faces.dropped,
                people=people,
            )
        index = {lfw.key(name): i for i, name in enumerate(names)}
        store.write_json(
            self.out / "pairs.json",
            {
                "sets": ["lfw-pairs", "lfw-pairs-yunet"],
                "pairs": [[index[pair.first], index[pair.second]] for pair in self.pairs],
                "same": [pair.same for pair in self.pairs],
                "fold": [pair.fold for pair in self.pairs],
            },
        )

    def lfw_other(self) -> None:
        """LFW photos of people in no pair: for calibration and validation, never for training."""
        if store.exists(self.out, "lfw-other"):
            return
        tree = Tree(self.sources["lfw-funneled"])
        taken = lfw.people(self.pairs)
        names = [n for n in photos(LFW_FUNNELED, tree) if lfw.person(n) not in taken]
        faces = self._extract("lfw-other", "lfw-funneled", names)
        people = [lfw.person(name) for name in faces.names]
        self._save(
            "lfw-other",
            LFW_FUNNELED,
            tree,
            faces,
            found=len(names),
            dropped=faces.dropped,
            people=people,
        )

    def lfw_pairs_yunet(self) -> None:
        """The photos of the LFW pairs again, detected and aligned by the procedure of training."""
        if store.exists(self.out, "lfw-pairs-yunet"):
            return
        tree = Tree(self.sources["lfw-funneled"])
        path = {lfw.key(name): name for name in photos(LFW_FUNNELED, tree)}
        wanted = [path[lfw.key(name)] for name in store.load(self.out, "lfw-pairs").names]
        faces = self._extract("lfw-pairs-yunet", "lfw-funneled", wanted, keep_all=True)
        blind = np.isnan(faces.landmarks).any(axis=(1, 2))
        self._save(
            "lfw-pairs-yunet",
            LFW_FUNNELED,
            tree,
            faces,
            found=len(wanted),
            people=[lfw.person(name) for name in faces.names],
            undetected=np.flatnonzero(blind).tolist(),
        )

    def training(self, name: str) -> None:
        """All faces of a source: which of them are used is decided later, with all the others."""
        if store.exists(self.out, name):
            return
        source = TRAINING[name]
        tree = Tree(self.sources[name])
        listed = list(photos(source, tree))
        names, left_out = distinct(tree, listed)
        faces = self._extract(name, name, names)
        labels = source.labels(tree, faces.names)
        fields = sorted({field for row in labels.values() for field in row})
        people = [source.person(n) for n in faces.names]
        self._save(
            name,
            source,
            tree,
            faces,
            found=len(listed),
            dropped={**faces.dropped, **left_out},
            groups=source.groups(name, faces.names),
            people=people if any(people) else None,
            labels={f: [labels.get(n, {}).get(f, "") for n in faces.names] for f in fields},
        )
        tree.close()

    def targets(self, name: str) -> None:
        if not store.exists(self.out, name):
            return
        for teacher in self.teachers:
            embed(
                self.out,
                name,
                teacher,
                self.sources.get(EDGEFACE),
                self.precision,
                self.cache,
                self.processes,
            )

    def select(self) -> None:
        ready = [n for n in (*TRAINING, "mixed") if self._has(n, TEACHER)]
        if not ready or not all(self._has(name, TEACHER) for name in LFW_SETS):
            return
        for name, counts in select(self.out, ready, LFW_SETS).items():
            print(f"{name}: " + ", ".join(f"{n} {what}" for what, n in counts.items()), flush=True)

    def _has(self, name: str, teacher: str) -> bool:
        return store.exists(self.out, name) and store.load(self.out, name).has_targets(teacher)


def distinct(tree: Tree, names: list[str]) -> tuple[list[str], dict[str, int]]:
    """The names of readable files, without copies of an earlier one, and how many were left out.

    A partial clone may list a file whose content it does not hold.
    """
    seen: set[bytes] = set()
    kept = []
    left_out = {"copy": 0, "missing": 0}
    for name in names:
        try:
            digest = hashlib.sha256(tree.read(name)).digest()
        except FileNotFoundError:
            left_out["missing"] += 1
            continue
        if digest in seen:
            left_out["copy"] += 1
        else:
            seen.add(digest)
            kept.append(name)
    return kept, left_out


def parse_sources(values: list[str]) -> dict[str, Path]:
    known = (*TRAINING, *EVALUATION, EDGEFACE)
    sources = {}
    for value in values:
        name, separator, path = value.partition("=")
        if not separator or not path:
            raise ValueError(f"--source: {value!r} is not NAME=PATH")
        if name not in known:
            raise ValueError(f"--source: {name!r} is none of {', '.join(known)}")
        if not Path(path).is_dir():
            raise ValueError(f"--source: {path} is not a directory")
        sources[name] = Path(path)
    for name in EVALUATION:
        if name not in sources:
            raise ValueError(f"--source: {name}=PATH is needed to keep the evaluation clean")
    return sources


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="data.prepare", description="Prepares aligned faces and teacher targets."
    )
    parser.add_argument("--source", action="append", default=[], metavar="NAME=PATH")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="where downloaded networks are kept")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--precision", choices=PRECISIONS, default="fp32", help="of SFace")
    parser.add_argument("--teachers", nargs="+", choices=sorted(store.WIDTHS), default=DEFAULT)
    parser.add_argument("--stage", nargs="+", choices=STAGES, default=STAGES)
    parser.add_argument("--yunet", action="store_true", help="also lfw-pairs-yunet, for reporting")
    options = parser.parse_args(arguments)
    try:
        sources = parse_sources(options.source)
    except ValueError as error:
        parser.error(str(error))
    options.out.mkdir(parents=True, exist_ok=True)
    work = Preparation(options, sources)
    steps = {"lfw-pairs": work.lfw_pairs, "lfw-other": work.lfw_other}
    steps |= {name: partial(work.training, name) for name in TRAINING if name in sources}
    if options.yunet:
        steps["lfw-pairs-yunet"] = work.lfw_pairs_yunet
    for name, crops in steps.items():
        if "crops" in options.stage:
            crops()
        if "targets" in options.stage:
            work.targets(name)
    if "select" in options.stage:
        work.select()
    return 0


if __name__ == "__main__":
    sys.exit(main())
