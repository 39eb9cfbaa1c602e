"""Mixed faces with targets of their own:  python -m data.mix --out PREPARED --count 24000

Two faces of the prepared training sets become one: blended, or the upper part of one over the lower
part of the other, or left beside right, with a soft seam and one tone. The teachers then see the
mixture itself (their targets are not mixed), so that each is a face that nobody has and the student
learns from more people than were photographed. The outcome is the set `mixed`, beside the others;
`python -m data.prepare --stage select` with it decides which of them are used.
"""

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

from seesaw.dataset import training_faces

from . import __version__, store
from .alignment import CROP_SIZE
from .embed import embed
from .pipeline import Options, extract
from .prepare import DEFAULT, PRECISIONS

NAME = "mixed"
KINDS = ("blend", "upper-lower", "left-right")
# The blend takes half: its faces are the most natural.
SHARES = (0.5, 0.3, 0.2)


def match_tone(face: np.ndarray, model: np.ndarray) -> np.ndarray:
    """`face` with the mean and spread of each channel of `model`, in CIE Lab (Reinhard et al. 2001,
    "Color transfer between images")."""
    lab = cv2.cvtColor(face, cv2.COLOR_BGR2LAB).astype(np.float32)
    goal = cv2.cvtColor(model, cv2.COLOR_BGR2LAB).astype(np.float32)
    axes = (0, 1)
    spread = goal.std(axes) / np.maximum(lab.std(axes), 1.0)
    toned = (lab - lab.mean(axes)) * np.clip(spread, 0.5, 2.0) + goal.mean(axes)
    return cv2.cvtColor(np.clip(toned + 0.5, 0, 255).astype(np.uint8), cv2.COLOR_LAB2BGR)


def share_of_first(kind: str, generator: np.random.Generator) -> np.ndarray:
    """How much of the first face each pixel takes, [112, 112, 1] in 0 to 1."""
    if kind == "blend":
        return np.full((CROP_SIZE, CROP_SIZE, 1), generator.uniform(0.35, 0.65), np.float32)
    # The seam lies between eyes and mouth, or near the nose's ridge (the ArcFace template).
    middle, spread = (66.0, 8.0) if kind == "upper-lower" else (56.0, 5.0)
    seam = middle + generator.uniform(-spread, spread)
    ramp = 1.0 / (1.0 + np.exp((np.arange(CROP_SIZE) - seam) / generator.uniform(1.5, 5.0)))
    if generator.random() < 0.5:
        ramp = 1.0 - ramp
    along = ramp[:, None] if kind == "upper-lower" else ramp[None, :]
    return np.broadcast_to(along, (CROP_SIZE, CROP_SIZE))[:, :, None].astype(np.float32)


def mix(
    first: np.ndarray, second: np.ndarray, kind: str, generator: np.random.Generator
) -> np.ndarray:
    """One face of two aligned crops (BGR bytes)."""
    if generator.random() < 0.5:
        second = second[:, ::-1]
    share = share_of_first(kind, generator)
    toned = match_tone(np.ascontiguousarray(second), first).astype(np.float32)
    return (share * first + (1.0 - share) * toned + 0.5).astype(np.uint8)


def write_mixtures(folder: Path, out: Path, sources: list[str], count: int, seed: int) -> list[str]:
    """Writes the mixtures as PNG; what stands there already is kept. The held-out faces are not
    among the faces that are mixed."""
    faces = training_faces(out, sources, [])
    names = []
    for number in range(count):
        generator = np.random.default_rng([seed, number])
        kind = str(generator.choice(KINDS, p=SHARES))
        pair = generator.choice(len(faces), 2, replace=False)
        name = f"{kind}/{number:06d}.png"
        names.append(name)
        path = folder / name
        if path.is_file():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        crops = faces.gather(pair)[0]
        picture = mix(crops[0], crops[1], kind, generator)
        staged = path.with_suffix(".part.png")
        if not cv2.imwrite(str(staged), picture, [cv2.IMWRITE_PNG_COMPRESSION, 1]):
            raise OSError(f"{staged} could not be written")
        staged.rename(path)
    return names


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="data.mix", description="Mixes prepared faces.")
    parser.add_argument("--out", type=Path, required=True, help="the prepared sets")
    parser.add_argument("--sources", nargs="+", default=["fairface", "utkface", "celeba"])
    parser.add_argument("--count", type=int, default=24_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cache", type=Path, help="where downloaded networks are kept")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--precision", choices=PRECISIONS, default="fp32")
    parser.add_argument("--teachers", nargs="+", choices=sorted(store.WIDTHS), default=DEFAULT)
    options = parser.parse_args(arguments)
    if options.count < 1:
        parser.error("--count: must be at least 1")
    out: Path = options.out
    if store.exists(out, NAME):
        print(f"{NAME}: stands already")
        return 0
    made_of = ",".join(options.sources)
    folder = out / "chunks" / f"{NAME}-{made_of}-{options.seed}"
    names = write_mixtures(folder, out, options.sources, options.count, options.seed)
    chosen = Options(str(folder), str(options.cache) if options.cache else None, aligned=True)
    faces = extract(NAME, names, chosen, out / "chunks", options.processes)
    info = {
        "version": __version__,
        "repository": f"mixed from {made_of}, seed {options.seed}",
        "licence": "the terms of " + made_of,
        "channels": "BGR",
        "names": faces.names,
        "groups": [f"{NAME}/{name}" for name in faces.names],
        "found": len(names),
        "dropped": faces.dropped,
    }
    store.save(out, NAME, faces.crops, info)
    for teacher in options.teachers:
        embed(out, NAME, teacher, None, options.precision, options.cache, options.processes)
    print(f"{NAME}: {len(faces.names)} mixtures", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
