"""Prepares the face sets:  python -m data.prepare --out DIR --source NAME=PATH ...

NAME is one of the training sets (fairface, utkface, celeba, masks-drawn, masks-worn) or of the
evaluation parts (lfw-pairs, lfw-funneled, lfw-protocol); PATH is a folder, a git directory or a
clone of the repository that data/README.md names. The three LFW parts are always needed: training
faces that a teacher finds similar to an LFW photo are left out.
"""

import argparse
import hashlib
import sys
from pathlib import Path

import numpy as np

from . import __version__, lfw, store
from .pipeline import Extracted, Options, extract
from .sources import LFW_FUNNELED, LFW_PAIRS, TRAINING, Source, Tree, photos
from .teachers import PRECISIONS

EVALUATION = ("lfw-pairs", "lfw-funneled", "lfw-protocol")
# Cosine of SFace above which a training face may show a person of the evaluation sets.
SIMILAR = 0.5


class Preparation:
    def __init__(self, arguments: argparse.Namespace, sources: dict[str, Path]) -> None:
        self.out: Path = arguments.out
        self.processes: int = arguments.processes
        self.precision: str = arguments.precision
        self.cache: Path | None = arguments.cache
        self.sources = sources
        protocol = Tree(sources["lfw-protocol"])
        self.pairs = lfw.parse_pairs(protocol.read("data/pairs.txt").decode())
        protocol.close()

    def _extract(self, name: str, names: list[str], **options) -> Extracted:
        chosen = Options(
            tree=str(self.sources[name]),
            precision=self.precision,
            cache=str(self.cache) if self.cache else None,
            **options,
        )
        return extract(name, names, chosen, self.out / "chunks", self.processes)

    def _info(self, source: Source, tree: Tree, names: list[str], **more) -> dict:
        return {
            "version": __version__,
            "repository": source.repository,
            "commit": tree.commit(),
            "licence": source.licence,
            "teacher_precision": self.precision,
            "channels": "BGR",
            "names": names,
            **more,
        }

    def _save(self, name: str, faces: Extracted, keep: np.ndarray, info: dict) -> None:
        store.save(self.out, name, faces.crops[keep], faces.sface[keep], faces.mfn[keep], info)
        print(f"{name}: {info['found']} photos, {int(keep.sum())} faces kept", flush=True)

    def lfw_pairs(self) -> None:
        """The photos of the LFW pairs as they were published, aligned, and the list of pairs."""
        tree = Tree(self.sources["lfw-pairs"])
        names = list(photos(LFW_PAIRS, tree))
        if not store.exists(self.out, "lfw-pairs"):
            faces = self._extract("lfw-pairs", names, aligned=True)
            everything = np.ones(len(faces.names), bool)
            info = self._info(
                LFW_PAIRS,
                tree,
                faces.names,
                found=len(names),
                dropped=faces.dropped,
                people=[lfw.person(name) for name in faces.names],
            )
            self._save("lfw-pairs", faces, everything, info)
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
        faces = self._extract("lfw-funneled", names)
        pairs = store.load(self.out, "lfw-pairs")
        near = nearest(faces.sface, [pairs.sface])
        # Not left out, as the names differ, but counted: LFW has a few people under two names.
        info = self._info(
            LFW_FUNNELED,
            tree,
            faces.names,
            found=len(names),
            dropped=faces.dropped,
            people=[lfw.person(name) for name in faces.names],
            similar_to_lfw_pairs=int((near >= SIMILAR).sum()),
        )
        self._save("lfw-other", faces, np.ones(len(faces.names), bool), info)

    def lfw_pairs_yunet(self) -> None:
        """The photos of the LFW pairs again, detected and aligned by the procedure of training."""
        if store.exists(self.out, "lfw-pairs-yunet"):
            return
        tree = Tree(self.sources["lfw-funneled"])
        path = {lfw.key(name): name for name in photos(LFW_FUNNELED, tree)}
        wanted = [path[lfw.key(name)] for name in store.load(self.out, "lfw-pairs").names]
        faces = self._extract("lfw-funneled", wanted, keep_all=True)
        blind = np.isnan(faces.landmarks).any(axis=(1, 2))
        info = self._info(
            LFW_FUNNELED,
            tree,
            faces.names,
            found=len(wanted),
            people=[lfw.person(name) for name in faces.names],
            undetected=np.flatnonzero(blind).tolist(),
        )
        self._save("lfw-pairs-yunet", faces, np.ones(len(faces.names), bool), info)

    def training(self, name: str) -> None:
        if store.exists(self.out, name):
            return
        source = TRAINING[name]
        tree = Tree(self.sources[name])
        listed = list(photos(source, tree))
        names, left_out = distinct(tree, listed)
        faces = self._extract(name, names)
        held_out = [store.load(self.out, other).sface for other in ("lfw-pairs", "lfw-other")]
        near = nearest(faces.sface, held_out)
        keep = near < SIMILAR
        kept = [faces.names[i] for i in np.flatnonzero(keep)]
        labels = source.labels(tree, kept)
        fields = sorted({field for row in labels.values() for field in row})
        info = self._info(
            source,
            tree,
            kept,
            found=len(listed),
            dropped={
                **faces.dropped,
                **left_out,
                "similar to lfw": int((~keep).sum()),
            },
            labels={f: [labels.get(n, {}).get(f, "") for n in kept] for f in fields},
        )
        self._save(name, faces, keep, info)
        tree.close()


def nearest(vectors: np.ndarray, others: list[np.ndarray]) -> np.ndarray:
    """Per row, the largest cosine with any row of the other sets (all are unit vectors)."""
    best = np.full(len(vectors), -1.0, np.float32)
    for other in others:
        transposed = np.asarray(other, np.float32).T
        for start in range(0, len(vectors), 2048):
            rows = slice(start, start + 2048)
            best[rows] = np.maximum(best[rows], (vectors[rows] @ transposed).max(axis=1))
    return best


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
    known = (*TRAINING, *EVALUATION)
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
    parser.add_argument("--precision", choices=PRECISIONS, default="fp32")
    options = parser.parse_args(arguments)
    try:
        sources = parse_sources(options.source)
    except ValueError as error:
        parser.error(str(error))
    options.out.mkdir(parents=True, exist_ok=True)
    work = Preparation(options, sources)
    work.lfw_pairs()
    work.lfw_other()
    for name in TRAINING:
        if name in sources:
            work.training(name)
    work.lfw_pairs_yunet()
    return 0


if __name__ == "__main__":
    sys.exit(main())
