"""Checks prepared sets:  python -m data.check --out DIR

Prints the teachers' accuracy on the LFW pairs from the stored targets, how far landmarks in the
published LFW crops lie from the template, and how close the stored targets are to fp32 ones.
"""

import argparse
import json
import sys
from pathlib import Path

import cv2
import numpy as np

from . import store
from .alignment import TEMPLATE
from .detector import Detector
from .selection import SIMILAR, USED, nearest
from .sources import TRAINING
from .teachers import build, targets

SAMPLE = 200


def fold_accuracy(scores: np.ndarray, same: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Accuracy per fold at the threshold that is best on the other folds."""
    accuracies = []
    for fold in np.unique(folds):
        train = folds != fold
        order = np.argsort(scores[train])
        values, truth = scores[train][order], same[train][order]
        # Cutting before index k calls k.. "same": right are the different ones below, same above.
        right = np.concatenate([[0], np.cumsum(~truth)]) + np.concatenate(
            [[truth.sum()], truth.sum() - np.cumsum(truth)]
        )
        edges = np.concatenate([[-np.inf], (values[1:] + values[:-1]) / 2, [np.inf]])
        threshold = edges[int(np.argmax(right))]
        accuracies.append(np.mean((scores[~train] >= threshold) == same[~train]))
    return np.array(accuracies)


def report_pairs(folder: Path) -> None:
    protocol = json.loads((folder / "pairs.json").read_text())
    index = np.array(protocol["pairs"])
    same, folds = np.array(protocol["same"]), np.array(protocol["fold"])
    for name in protocol["sets"]:
        if not store.exists(folder, name):
            continue
        faces = store.load(folder, name)
        scores = {}
        for teacher in [t for t in store.WIDTHS if faces.has_targets(t)]:
            rows = np.float32(faces.targets(teacher))
            scores[teacher] = (rows[index[:, 0]] * rows[index[:, 1]]).sum(axis=1)
        if len(scores) > 1:
            scores["together"] = sum(scores.values()) / len(scores)
        for teacher, values in scores.items():
            accuracy = fold_accuracy(values, same, folds)
            error = accuracy.std(ddof=1) / np.sqrt(len(accuracy))
            print(f"{name} {teacher}: {accuracy.mean():.4%} ± {error:.4%} of {len(same)} pairs")


def report_alignment(folder: Path, cache: Path | None) -> None:
    detector, faces = Detector(0.6, cache), store.load(folder, "lfw-pairs")
    rows = np.random.default_rng(0).choice(len(faces.crops), SAMPLE, replace=False)
    found = []
    for row in rows:
        padded = cv2.copyMakeBorder(faces.crops[row], 56, 56, 56, 56, cv2.BORDER_REPLICATE)
        face = detector.find(padded)
        if face is not None:
            found.append(face.landmarks - 56 - TEMPLATE)
    offsets = np.array(found)
    mean, spread = offsets.mean(axis=(0, 1)), np.linalg.norm(offsets, axis=2).mean()
    print(
        f"lfw-pairs landmarks: {len(found)}/{SAMPLE} found, mean offset from the template "
        f"{mean[0]:+.2f}, {mean[1]:+.2f} px, mean distance {spread:.2f} px"
    )


def report_targets(folder: Path, cache: Path | None) -> None:
    exact = {name: build(name, None, "fp32", cache) for name in store.WIDTHS}
    for name in [n for n in TRAINING if store.exists(folder, n)]:
        faces = store.load(folder, name)
        rows = np.sort(np.random.default_rng(0).choice(faces.count, SAMPLE, replace=False))
        crops = np.ascontiguousarray(faces.crops[rows])
        used = np.asarray(faces.use) == USED
        for key in [key for key in exact if faces.has_targets(key)]:
            stored = np.float32(faces.targets(key)[rows])
            cosine = (stored * targets(exact[key], crops)).sum(axis=1)
            print(f"{name} {key}: cosine to fp32 {cosine.mean():.6f}, least {cosine.min():.6f}")
            lfw = [store.load(folder, other).targets(key) for other in ("lfw-pairs", "lfw-other")]
            largest = float(nearest(np.float32(faces.targets(key)[used]), lfw).max())
            state = "clean" if largest < SIMILAR + 1e-3 else "NOT CLEAN"
            print(f"{name} {key}: {used.sum()} used, largest cosine to LFW {largest:.4f}, {state}")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="data.check", description="Checks prepared sets.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args(arguments)
    report_pairs(options.out)
    report_alignment(options.out, options.cache)
    report_targets(options.out, options.cache)
    return 0


if __name__ == "__main__":
    sys.exit(main())
