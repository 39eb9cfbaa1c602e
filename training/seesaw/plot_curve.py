"""The learning curve as a picture: samples seen against LFW and against the teachers.

    python -m seesaw.plot_curve checkpoints/seesaw-shuffle

reads ``NAME.curve.csv`` (validation, written by the training) and ``NAME.lfw.csv`` (written by
``seesaw.evaluate --curve``), writes ``NAME.curve.svg``. The same input gives the same bytes.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt  # noqa: E402
from matplotlib.ticker import EngFormatter, PercentFormatter  # noqa: E402

#: Drawn where the curve has them: which teachers a run followed differs.
VALIDATION = {
    "sface": "cosine to SFace",
    "mfn": "cosine to MobileFaceNet",
    "edgeface-xs": "cosine to EdgeFace-XS",
    "relation": "relation (correlation)",
    "tar_0.0001": "TAR at FAR 1e-4, held-out people",
}
COLOURS = {
    "sface": "#d97706",
    "mfn": "#0d9488",
    "edgeface-xs": "#db2777",
    "relation": "#7c3aed",
    "tar_0.0001": "#16a34a",
}
ACCURACY = "#2563eb"
#: Legible on white and on dark grey alike.
INK = "#7a828e"
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "seesawface",
    "font.family": "sans-serif",
    "font.sans-serif": ["system-ui", "Segoe UI", "Helvetica", "Arial", "DejaVu Sans"],
    "font.size": 11,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": INK,
    "grid.alpha": 0.25,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
}


def read_columns(
    path: Path, needed: tuple[str, ...], possible: tuple[str, ...] = ()
) -> dict[str, list[float]]:
    """The needed columns of a CSV and the possible ones that are there, as numbers and in the order
    of samples."""
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        fields = reader.fieldnames or ()
        needed = (*needed, *(name for name in possible if name in fields))
        missing = set(needed) - set(fields)
        if missing:
            raise ValueError(f"{path} has no column {', '.join(sorted(missing))}")
        rows = sorted(
            ([float(row[name]) for name in needed] for row in reader), key=lambda row: row[0]
        )
    if not rows:
        raise ValueError(f"{path} has no rows")
    return dict(zip(needed, map(list, zip(*rows, strict=True)), strict=True))


def draw(name: str, validation: dict[str, list[float]], lfw: dict[str, list[float]]) -> plt.Figure:
    figure, (upper, lower) = plt.subplots(
        2, 1, sharex=True, figsize=(8, 6.4), height_ratios=(1.2, 1), layout="constrained"
    )
    # What was measured, ± one standard error over the ten folds.
    upper.errorbar(
        lfw["samples"],
        lfw["accuracy"],
        yerr=lfw["standard_error"],
        color=ACCURACY,
        marker="o",
        capsize=4,
    )
    for samples, accuracy in zip(lfw["samples"], lfw["accuracy"], strict=True):
        # Below the point and, but for the last ones, to the right, where the curve is not.
        upper.annotate(
            f"{100 * accuracy:.2f} %",
            (samples, accuracy),
            xytext=(-2, -22),
            textcoords="offset points",
            ha="right" if samples > 0.9 * max(lfw["samples"]) else "left",
            color=ACCURACY,
        )
    low, high = min(lfw["accuracy"]), max(lfw["accuracy"])
    upper.set_ylim(low - max(0.02, 0.2 * (high - low)), 1)
    upper.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    upper.set_ylabel("LFW accuracy (± std. error)")
    upper.set_title(f"{name}: what more samples brought", loc="left", fontweight="bold", pad=12)

    for key in [key for key in VALIDATION if key in validation]:
        lower.plot(
            validation["samples"],
            validation[key],
            color=COLOURS[key],
            marker=".",
            label=VALIDATION[key],
        )
    lower.set_ylabel("on held-out faces")
    lower.set_xlabel("training samples seen")
    lower.set_xlim(0, 1.06 * max(*validation["samples"], *lfw["samples"]))
    lower.xaxis.set_major_formatter(EngFormatter(sep=""))
    lower.legend(loc="lower right")
    return figure


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m seesaw.plot_curve", description=__doc__)
    parser.add_argument("base", type=Path, help="path of the CSV files up to .curve.csv")
    base: Path = parser.parse_args().base
    validation = read_columns(
        base.with_name(f"{base.name}.curve.csv"), ("samples",), tuple(VALIDATION)
    )
    lfw = read_columns(
        base.with_name(f"{base.name}.lfw.csv"), ("samples", "accuracy", "standard_error")
    )
    out = base.with_name(f"{base.name}.curve.svg")
    with plt.rc_context(STYLE):
        figure = draw(base.name, validation, lfw)
        figure.savefig(out, transparent=True, metadata={"Date": None, "Creator": None})
    print(out)


if __name__ == "__main__":
    main()
