"""Verification figures from the cosines of labelled pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FARS = (1e-1, 1e-2, 1e-3)


@dataclass(frozen=True)
class TarAtFar:
    far: float
    threshold: float
    tar: float
    accepted_impostors: int
    accepted_genuine: int


@dataclass(frozen=True)
class Report:
    accuracy: float
    standard_error: float
    auc: float
    eer: float
    genuine: int
    impostors: int
    tar_at_far: tuple[TarAtFar, ...]

    def __str__(self) -> str:
        rates = "; ".join(
            f"TAR@FAR {r.far:g}: {100 * r.tar:.2f} % ({r.accepted_genuine}/{self.genuine}, "
            f"{r.accepted_impostors}/{self.impostors} impostors)"
            for r in self.tar_at_far
        )
        return (
            f"accuracy {100 * self.accuracy:.2f} ± {100 * self.standard_error:.2f} %, "
            f"AUC {self.auc:.5f}, EER {100 * self.eer:.2f} %; {rates}"
        )


def best_threshold(scores: np.ndarray, same: np.ndarray) -> float:
    """The threshold (score >= threshold means same) with the fewest errors; the middle of the
    gap between neighbouring scores, and the lowest one when several are equally good."""
    order = np.argsort(scores, kind="stable")
    ordered, labels = scores[order], same[order]
    # Threshold between position k-1 and k: genuine below and impostors above are errors.
    errors = np.concatenate(([0], np.cumsum(labels))) + (
        np.sum(~labels) - np.concatenate(([0], np.cumsum(~labels)))
    )
    cut_is_real = np.concatenate(([True], np.diff(ordered) > 0, [True]))
    cut = int(np.argmin(np.where(cut_is_real, errors, len(scores) + 1)))
    if cut == 0:
        return float(ordered[0])
    if cut == len(ordered):
        return float(np.nextafter(ordered[-1], np.inf))
    return float((ordered[cut - 1] + ordered[cut]) / 2)


def fold_accuracies(scores: np.ndarray, same: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """Accuracy on each fold with the threshold chosen on the others."""
    accuracies = []
    for fold in np.unique(folds):
        here = folds == fold
        threshold = best_threshold(scores[~here], same[~here])
        accuracies.append(np.mean((scores[here] >= threshold) == same[here]))
    return np.array(accuracies)


def tar_at_far(scores: np.ndarray, same: np.ndarray, far: float) -> TarAtFar:
    """Acceptance of genuine pairs at the lowest threshold that accepts no larger share of the
    impostors than `far`."""
    impostors = np.sort(scores[~same])[::-1]
    allowed = int(far * len(impostors) + 1e-9)
    if allowed >= len(impostors):
        raise ValueError(f"far must be below 1, got {far}")
    threshold = float(np.nextafter(impostors[allowed], np.inf, dtype=scores.dtype))
    genuine = scores[same]
    return TarAtFar(
        far=far,
        threshold=threshold,
        tar=float(np.mean(genuine >= threshold)),
        accepted_impostors=int(np.sum(impostors >= threshold)),
        accepted_genuine=int(np.sum(genuine >= threshold)),
    )


def area_under_curve(scores: np.ndarray, same: np.ndarray) -> float:
    """Chance that a genuine pair scores above an impostor pair; ties count half."""
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[inverse]
    genuine = int(np.sum(same))
    wins = ranks[same].sum() - genuine * (genuine + 1) / 2
    return float(wins / (genuine * (len(same) - genuine)))


def equal_error_rate(scores: np.ndarray, same: np.ndarray) -> float:
    """Where the share of accepted impostors and of refused genuine pairs are nearest."""
    order = np.argsort(-scores, kind="stable")
    accepted = np.cumsum(~same[order]) / np.sum(~same)
    refused = 1.0 - np.cumsum(same[order]) / np.sum(same)
    at = int(np.argmin(np.abs(accepted - refused)))
    return float((accepted[at] + refused[at]) / 2)


def report(scores: np.ndarray, same: np.ndarray, folds: np.ndarray) -> Report:
    if not (len(scores) == len(same) == len(folds)):
        raise ValueError("scores, same and folds must have one entry for each pair")
    if not np.all(np.isfinite(scores)):
        raise ValueError("scores must be finite")
    if not same.any() or same.all():
        raise ValueError("same must hold genuine and impostor pairs")
    accuracies = fold_accuracies(scores, same, folds)
    return Report(
        accuracy=float(accuracies.mean()),
        standard_error=float(accuracies.std(ddof=1) / np.sqrt(len(accuracies))),
        auc=area_under_curve(scores, same),
        eer=equal_error_rate(scores, same),
        genuine=int(np.sum(same)),
        impostors=int(np.sum(~same)),
        tar_at_far=tuple(tar_at_far(scores, same, far) for far in FARS),
    )
