"""Converts a PyTorch checkpoint or an ONNX face model to NCNN, with a manifest.

    python -m seesaw.convert model.pth --network dw-seesaw-v2
    python -m seesaw.convert sface.onnx --network onnx --input rgb --mean 0 --norm 1

Nothing is written unless NCNN computes what PyTorch or onnxruntime compute from the same file.
"""

from __future__ import annotations

import argparse
import base64
import json
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from seesaw.convert.arguments import input_of, parse
from seesaw.convert.errors import ConvertError, unwritten, wrong_argument
from seesaw.convert.sources import Source, open_source
from seesaw.manifest import file_entry, layer_count, write_json
from seesaw.ncnn_export import ExportError, require_parity, worst_cosine
from seesaw.ncnn_model import INPUT_BLOB, OUTPUT_BLOB, NcnnModel
from seesaw.networks import INPUT_SIZE

PICTURES = 4


def sample_pictures(count: int = PICTURES) -> np.ndarray:
    """Smooth noise as RGB bytes [N, 112, 112, 3], always the same: faces are nobody's to ship."""
    random = np.random.default_rng(112)
    coarse = torch.from_numpy(random.uniform(0, 255, (count, 3, 7, 7)).astype(np.float32))
    smooth = F.interpolate(coarse, INPUT_SIZE, mode="bilinear", align_corners=True).numpy()
    noisy = smooth + random.normal(0, 12, smooth.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8).transpose(0, 2, 3, 1)


def normalised(pictures: np.ndarray, description: dict[str, Any]) -> np.ndarray:
    """What the network is fed with for RGB pictures."""
    ordered = pictures if description["channels"] == "rgb" else pictures[..., ::-1]
    mean, norm = (np.array(description[key], np.float32) for key in ("mean", "norm"))
    return ((ordered.astype(np.float32) - mean) * norm).transpose(0, 3, 1, 2).copy()


def command(options: argparse.Namespace) -> str:
    """What was asked for, without folders of this machine."""
    words = ["seesawface convert", options.checkpoint.name, f"--network {options.network}"]
    for option in ("input", "mean", "norm"):
        if getattr(options, option) is not None:
            words.append(f"--{option} {getattr(options, option)}")
    return " ".join([*words, f"--weights {options.weights}", f"--name {options.name}"])


def describe(
    source: Source,
    picture_input: dict[str, Any],
    files: tuple[Path, Path],
    cosine: float,
    options: argparse.Namespace,
) -> dict[str, Any]:
    """The manifest, as lib/manifest.ts reads it."""
    param, weights = files
    provenance: dict[str, Any] = {
        "method": "converted",
        "layout": source.layout,
        "source": options.source,
        "file": file_entry(options.checkpoint),
        "command": command(options),
        "date": options.date,
        "tools": {name: version(name) for name in ("torch", "onnx", "pnnx")},
        "parity": {"ncnn to the reference": round(cosine, 8)},
    }
    if source.unused_parameters:
        provenance["unusedParameters"] = source.unused_parameters
    licence = {"spdx": options.licence}
    if options.terms:
        licence["terms"] = options.terms
    return {
        "schema": 1,
        "name": options.name,
        "kind": "embedder",
        "version": options.version,
        "architecture": {**source.architecture(), "layers": layer_count(param)},
        "input": {
            "width": INPUT_SIZE,
            "height": INPUT_SIZE,
            **picture_input,
            "blob": INPUT_BLOB,
        },
        "output": {"blob": OUTPUT_BLOB, "size": source.size},
        "precision": options.weights,
        "files": {"param": file_entry(param), "bin": file_entry(weights)},
        "provenance": provenance,
        "licence": licence,
        "accuracy": [],
    }


def compare(source: Source, files: tuple[Path, Path], planes: np.ndarray) -> float:
    """The worst cosine between NCNN and the reference."""
    reference = source.embed(planes)
    if not np.isfinite(reference).all():
        raise ConvertError("CHECKPOINT_INVALID", "the network computes NaN or infinite numbers")
    try:
        computed = NcnnModel(*files).embed_planes(planes)
    except (ValueError, RuntimeError) as error:
        raise ConvertError("CONVERSION_FAILED", f"NCNN cannot run the result: {error}") from error
    if computed.shape != reference.shape:
        raise ConvertError(
            "CONVERSION_FAILED", f"NCNN computes {computed.shape[1]} numbers, not {source.size}"
        )
    return worst_cosine(reference, computed)


def convert(options: argparse.Namespace) -> dict[str, Any]:
    """Converts and writes all three files, or none; tells what was done."""
    targets = [options.out / f"{options.name}.{suffix}" for suffix in ("param", "bin", "json")]
    present = [str(path) for path in targets if path.exists()]
    if present and not options.force:
        raise wrong_argument("name", f"{present[0]} exists already; --force replaces it")
    source = open_source(options.checkpoint, options.network, options.name)
    picture_input = input_of(options, source)
    say(options, f"{options.checkpoint.name}: {source.layout}, all there and in shape")
    pictures = sample_pictures()
    planes = normalised(pictures, picture_input)
    # Beside the target, so that renaming is all that is left to do.
    options.out.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".convert-", dir=options.out))
    try:
        files = source.write(folder, options.name, options.weights == "fp16")
        cosine = compare(source, files, planes)
        say(options, f"NCNN to the reference, worst cosine of {PICTURES} pictures: {cosine:.8f}")
        try:
            require_parity({"NCNN to the reference": cosine})
        except ExportError as error:
            hint = "; --weights fp32 may do" if options.weights == "fp16" else ""
            raise ExportError(f"{error}{hint}") from error
        described = describe(source, picture_input, files, cosine, options)
        write_json(folder / targets[2].name, described)
        targets[2].unlink(missing_ok=True)  # no manifest stands beside files of another model
        for target in targets:
            (folder / target.name).replace(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {
        "name": options.name,
        "layout": source.layout,
        "unusedParameters": source.unused_parameters,
        "parity": {"NCNN to the reference": cosine},
        "probe": {
            "rgb": base64.b64encode(pictures[0].tobytes()).decode(),
            "embedding": source.embed(planes[:1])[0].tolist(),
        },
    }


def say(options: argparse.Namespace, line: str) -> None:
    print(line, file=sys.stderr if options.json else sys.stdout, flush=True)


def main(args: list[str] | None = None) -> int:
    as_json = "--json" in (sys.argv[1:] if args is None else args)
    try:
        options = parse(args)
        outcome = convert(options)
    except (ConvertError, ExportError, OSError) as thrown:
        error = unwritten(thrown) if isinstance(thrown, OSError) else thrown
        code = error.code if isinstance(error, ConvertError) else "CONVERSION_FAILED"
        if as_json:
            print(json.dumps({"error": {"code": code, "message": str(error)}}))
        else:
            print(f"seesaw.convert: {error}", file=sys.stderr)
        return 2
    if as_json:
        print(json.dumps(outcome))
    else:
        print(f"{options.name} is in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
