"""The command line, checked: whatever is wrong is named by its option."""

from __future__ import annotations

import argparse
import math
import re
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from seesaw.convert.errors import ConvertError, wrong_argument
from seesaw.convert.sources import ONNX, Source
from seesaw.networks import NETWORKS

CHANNELS = ("bgr", "rgb")
WEIGHTS = ("fp16", "fp32")


class Parser(argparse.ArgumentParser):
    """Complains as everything else here does."""

    def error(self, message: str) -> NoReturn:
        raise ConvertError("INVALID_ARGUMENT", message)


def parse(args: list[str] | None = None) -> argparse.Namespace:
    parser = Parser(
        prog="python -m seesaw.convert",
        description="Converts a PyTorch checkpoint or an ONNX face model to NCNN, with a manifest.",
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--network", required=True, help=f"{ONNX}, {', '.join(NETWORKS)}")
    parser.add_argument("--name", help="of the files; default: the network's, or the ONNX file's")
    parser.add_argument("--out", type=Path, default=Path("models"), help="default: models")
    parser.add_argument("--input", choices=CHANNELS, help="order of the channels (ONNX: needed)")
    parser.add_argument("--mean", help="subtracted: one number or three (ONNX: needed)")
    parser.add_argument("--norm", help="then multiplied: as 0.0078125 or 1/128 (ONNX: needed)")
    parser.add_argument("--weights", choices=WEIGHTS, default="fp16", help="how they are stored")
    parser.add_argument("--licence", default="unknown", help="of the weights, as SPDX says it")
    parser.add_argument("--terms", help="of use, where the licence does not say all")
    parser.add_argument("--source", default="unknown", help="where the file comes from")
    parser.add_argument("--version", default="1.0.0", help="of the model")
    parser.add_argument("--date", default=f"{datetime.now():%Y-%m-%d}", help="of conversion")
    parser.add_argument("--force", action="store_true", help="replace a model of that name")
    parser.add_argument("--json", action="store_true", help="for programs: the outcome as JSON")
    options = parser.parse_args(args)
    if options.name is None:
        is_onnx = options.network == ONNX
        options.name = options.checkpoint.stem if is_onnx else options.network
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", options.name):
        raise wrong_argument("name", f"{options.name!r} is no plain name such as my-model")
    for option in ("licence", "source", "version"):
        if not getattr(options, option).strip():
            raise wrong_argument(option, "is empty")
    return options


def number(option: str, text: str) -> float:
    """A decimal number or a fraction."""
    above, _, below = text.partition("/")
    try:
        value = float(above) / float(below) if below else float(text)
    except (ValueError, ZeroDivisionError):
        value = math.nan
    if not math.isfinite(value):
        raise wrong_argument(option, f"{text!r} is not a number")
    return value


def three_numbers(option: str, text: str | None, usual: float | None) -> list[float]:
    """One for each channel, in the order of the input; one number stands for all three."""
    if text is None:
        if usual is None:
            raise wrong_argument(option, "is needed: the file does not tell what pictures it takes")
        return [usual] * 3
    values = [number(option, part) for part in text.split(",")]
    if len(values) not in (1, 3):
        raise wrong_argument(option, f"takes one number or three, not {len(values)}")
    return values * (3 // len(values))


def input_of(options: argparse.Namespace, source: Source) -> dict[str, str | list[float]]:
    """How pictures become numbers: as asked for, or as the network is known to want it."""
    channels = options.input or source.channels
    if channels is None:
        raise wrong_argument("input", "is needed: bgr or rgb, as the model was trained")
    norm = three_numbers("norm", options.norm, source.norm)
    if 0 in norm:
        raise wrong_argument("norm", "is zero: every picture would be the same")
    return {
        "channels": channels,
        "mean": three_numbers("mean", options.mean, source.mean),
        "norm": norm,
    }
