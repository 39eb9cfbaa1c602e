"""Fits the overall quality to what research/quality/collect.ts wrote.

python research/quality/fit.py FILE.csv

Prints the coefficients of native/face/quality/quality_model.cc and how well they rank: the area
under the ROC curve on the photos that were held out (every fifth one), beside that of each single
aspect.
"""

import argparse
import csv
from pathlib import Path

import numpy as np

# Reliable is what is at least as similar to its mirror image as this share of untouched photos.
UNTOUCHED = 0.95
# More detail than this is noise.
MOST_SHARPNESS = 0.6
NAMES = ("sharpness", "exposure", "size", "yaw", "pitch")
RIDGE = 1e-3


def features(rows: list[dict[str, str]]) -> np.ndarray:
    value = {name: np.array([float(row[name]) for row in rows]) for name in NAMES}
    return np.stack(
        [
            np.minimum(value["sharpness"], MOST_SHARPNESS),
            value["exposure"],
            np.log2(np.clip(value["size"], 1, 64)),
            np.sin(np.radians(value["yaw"])) ** 2,
            np.sin(np.radians(value["pitch"])) ** 2,
        ],
        axis=1,
    )


def fit(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Logistic regression by Newton's method; the constant comes first."""
    design = np.hstack([np.ones((len(x), 1)), x])
    weights = np.zeros(design.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-design @ weights))
        gradient = design.T @ (p - y) + RIDGE * weights
        hessian = (design * (p * (1 - p))[:, None]).T @ design + RIDGE * np.eye(len(weights))
        step = np.linalg.solve(hessian, gradient)
        weights -= step
        if np.abs(step).max() < 1e-9:
            break
    return weights


def area(score: np.ndarray, good: np.ndarray) -> float:
    """Area under the ROC curve: how often a good one ranks above a bad one."""
    order = np.argsort(score, kind="stable")
    ranks = np.empty(len(score))
    ranks[order] = np.arange(1, len(score) + 1)
    positives = good.sum()
    return float(
        (ranks[good].sum() - positives * (positives + 1) / 2) / (positives * (~good).sum())
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("csv", type=Path)
    rows = list(csv.DictReader(parser.parse_args().csv.open()))
    photos = sorted({row["photo"] for row in rows})
    number = {photo: i for i, photo in enumerate(photos)}
    held_out = np.array([number[row["photo"]] % 5 == 0 for row in rows])
    x = features(rows)
    similarity = np.array([float(row["similarity"]) for row in rows])
    untouched = np.array([row["change"] == "none" for row in rows])
    level = np.quantile(similarity[untouched], 1 - UNTOUCHED)
    y = similarity >= level
    weights = fit(x[~held_out], y[~held_out].astype(float))
    predicted = weights[0] + x @ weights[1:]
    share = f"{100 * y.mean():.1f} % of them at {level:.3f} or more"
    print(f"{len(photos)} photos, {len(rows)} faces, {share}")
    print(f"constant   {weights[0]:8.3f}")
    for name, weight in zip(NAMES, weights[1:], strict=True):
        print(f"{name:10} {weight:8.3f}")
    test = y[held_out]
    print(f"AUC on {held_out.sum()} faces held out: {area(predicted[held_out], test):.4f}")
    for i, name in enumerate(NAMES):
        sign = np.sign(weights[i + 1])
        print(f"  {name} alone: {area(sign * x[held_out, i], test):.4f}")
    quantiles = np.quantile(predicted[held_out], np.linspace(0, 1, 6))
    for low, high in zip(quantiles[:-1], quantiles[1:], strict=True):
        within = held_out & (predicted >= low) & (predicted <= high)
        mean = (1 / (1 + np.exp(-predicted[within]))).mean()
        print(f"  overall {mean:.3f} on average: {y[within].mean():.3f} reliable")


if __name__ == "__main__":
    main()
