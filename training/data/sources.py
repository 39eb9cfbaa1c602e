"""Where photos come from: a folder, or a git directory or clone of the public repository.

A `Tree` lists and reads files of either kind by the same relative paths, so that nothing has to be
checked out. A `Source` says which of them are photos and what their names and tables tell.
"""

import csv
import io
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

_PHOTO = (".jpg", ".jpeg", ".png")


class Tree:
    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_dir():
            raise FileNotFoundError(f"--source: {self.path} is not a directory")
        self._reader: subprocess.Popen | None = None
        self._index: dict[str, str] | None = None
        bare = (self.path / "HEAD").is_file() and (self.path / "objects").is_dir()
        git = self.path if bare else self.path / ".git"
        self._git = git if git.exists() else None

    def _run(self, *arguments: str) -> bytes:
        command = ["git", f"--git-dir={self._git}", *arguments]
        result = subprocess.run(command, capture_output=True)
        if result.returncode != 0:
            raise RuntimeError(f"git {arguments[0]}: {result.stderr.decode().strip()}")
        return result.stdout

    def commit(self) -> str | None:
        return self._run("rev-parse", "HEAD").decode().strip() if self._git else None

    def _blobs(self) -> dict[str, str]:
        """Object ids by path: asked for a path, git searches its folder's whole list each time."""
        if self._index is None:
            self._index = {}
            for entry in self._run("ls-tree", "-r", "-z", "HEAD").split(b"\0"):
                details, _, name = entry.partition(b"\t")
                if name:
                    path = name.decode("utf-8", "surrogateescape")
                    self._index[path] = details.split()[2].decode()
        return self._index

    def list(self, prefix: str) -> list[str]:
        """Paths of the photos under a folder, sorted."""
        if self._git:
            names = [name for name in self._blobs() if name.startswith(prefix + "/")]
        else:
            folder = self.path / prefix
            names = [
                file.relative_to(self.path).as_posix()
                for file in folder.rglob("*")
                if file.is_file()
            ]
        return sorted(name for name in names if name.lower().endswith(_PHOTO))

    def read(self, name: str) -> bytes:
        if not self._git:
            return (self.path / name).read_bytes()
        blob = self._blobs().get(name)
        if blob is None:
            raise FileNotFoundError(f"{name} is not in {self.path}")
        if self._reader is None:
            self._reader = subprocess.Popen(
                ["git", f"--git-dir={self._git}", "cat-file", "--batch"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        stdin, stdout = self._reader.stdin, self._reader.stdout
        stdin.write(blob.encode() + b"\n")
        stdin.flush()
        header = stdout.readline().split()
        if len(header) != 3:
            raise FileNotFoundError(f"{name}: its content is not stored in {self.path}")
        content = stdout.read(int(header[2]))
        stdout.read(1)
        return content

    def close(self) -> None:
        if self._reader is not None:
            self._reader.stdin.close()
            self._reader.stdout.close()
            self._reader.wait()
            self._reader = None


Labels = dict[str, dict[str, str]]


def _no_labels(_tree: Tree, _names: list[str]) -> Labels:
    return {}


def _fairface_labels(tree: Tree, _names: list[str]) -> Labels:
    labels: Labels = {}
    for table in ("fairface_label_train.csv", "fairface_label_val.csv"):
        text = tree.read(table).decode()
        for row in csv.DictReader(io.StringIO(text)):
            labels[f"fair_face/{row['file']}"] = {
                "age": row["age"],
                "sex": row["gender"],
                "race": row["race"],
            }
    return labels


_UTK_NAME = re.compile(r"(?P<age>\d+)_(?P<sex>[01])_(?P<race>[0-4])_")
_UTK_SEX = ("Male", "Female")
_UTK_RACE = ("White", "Black", "Asian", "Indian", "Other")


def _utkface_labels(_tree: Tree, names: list[str]) -> Labels:
    labels: Labels = {}
    for name in names:
        match = _UTK_NAME.match(name.rsplit("/", 1)[-1])
        if match:
            labels[name] = {
                "age": match["age"],
                "sex": _UTK_SEX[int(match["sex"])],
                "race": _UTK_RACE[int(match["race"])],
            }
    return labels


def _mask_labels(_tree: Tree, names: list[str]) -> Labels:
    return {name: {"mask": "no" if "without_mask" in name else "yes"} for name in names}


_AGE_NAME = re.compile(r"\d+A(?P<age>\d+)\.")


def _all_age_labels(_tree: Tree, names: list[str]) -> Labels:
    labels: Labels = {}
    for name in names:
        match = _AGE_NAME.search(name.rsplit("/", 1)[-1])
        if match:
            labels[name] = {"age": match["age"]}
    return labels


_GENERATED = re.compile(r"images/(?P<sex>female|male)/(?P<race>[a-z]+)/")


def _generated_labels(_tree: Tree, names: list[str]) -> Labels:
    labels: Labels = {}
    for name in names:
        match = _GENERATED.match(name)
        if match:
            labels[name] = {"sex": match["sex"].capitalize(), "race": match["race"].capitalize()}
    return labels


_FAMILY = re.compile(r"/(?P<family>F\d{4})/")
_MEMBER = re.compile(r"/(?P<family>F\d{4})/(?P<member>MID\d+)/")


def fiw_person(name: str) -> str:
    """F0001/MID1; empty for the photos that are published without a name."""
    match = _MEMBER.search(name)
    return f"{match['family']}/{match['member']}" if match else ""


def _fiw_family(name: str) -> str:
    """The family, so that all its members are held out together; empty where there is none."""
    match = _FAMILY.search(name)
    return f"fiw/{match['family']}" if match else ""


def _nobody(_name: str) -> str:
    return ""


def _every(_name: str) -> bool:
    return True


@dataclass(frozen=True)
class Source:
    repository: str  # owner/name on GitHub
    folders: tuple[str, ...]
    licence: str
    labels: Callable[[Tree, list[str]], Labels] = field(default=_no_labels)
    person: Callable[[str], str] = _nobody  # who it is, where that is known
    family: Callable[[str], str] = _nobody  # what is held out together
    wanted: Callable[[str], bool] = _every

    def groups(self, source: str, names: list[str]) -> list[str]:
        """What decides whether a face is held out (`split.py`): its family, else its own name."""
        return [self.family(name) or f"{source}/{name}" for name in names]


# Of two copies the one in the earlier set stays.
TRAINING = {
    "fiw": Source(
        "Vol0kin/relatives-siamese-net",
        ("data/train", "data/test"),
        "non-commercial research only (Families in the Wild, Robinson et al. 2018)",
        person=fiw_person,
        family=_fiw_family,
    ),
    "fairface": Source(
        "sumanvithaeadala/EthnicityDetection",
        ("fair_face/train", "fair_face/val"),
        "CC BY 4.0 (FairFace, Kärkkäinen and Joo 2021)",
        _fairface_labels,
    ),
    "all-age": Source(
        "middleyuan/All-Age-Faces-Dataset",
        ("All-Age-Faces Dataset/original images",),
        "research only (All-Age-Faces, Cheng et al. 2019); no licence stated",
        _all_age_labels,
    ),
    "utkface": Source(
        "xerow03/UTKFace",
        ("data",),
        "non-commercial research only (UTKFace)",
        _utkface_labels,
    ),
    "ffhq": Source(
        "jamescalixto/face-memory",
        ("faces",),
        "CC BY-NC-SA 4.0, photos under Creative Commons or public-domain terms of their own (FFHQ)",
    ),
    "generated": Source(
        "hmdghoul/generated-faces",
        ("images",),
        "none stated; synthetic faces of nobody",
        _generated_labels,
    ),
    "celeba": Source(
        "karthikSingireddy/cs389-hw4",
        ("celebA",),
        "non-commercial research only (CelebA)",
    ),
    "celeba-plain": Source(
        "Karimashraf01/Face-Mask-Detection-using-MobilenetV2",
        tuple(f"Face Mask Dataset/{part}/WithoutMask" for part in ("Train", "Test", "Validation")),
        "MIT for the collection; non-commercial research only (CelebA)",
    ),
    "fiw-bystanders": Source(
        "samirmehd1yev/kinship_detection",
        ("data/processed/fiw/train/train-faces",),
        "non-commercial research only (Families in the Wild, Robinson et al. 2018)",
        family=_fiw_family,
        wanted=lambda name: "/unrelated_and_nonfaces/" in name,
    ),
    "gender": Source(
        "balajisrinivas/Gender-Detection",
        ("gender_dataset_face",),
        "none stated; photos collected from the web",
    ),
    "real-ai": Source(
        "zoya2244/AI-Lab-Final-Project-FALL25",
        ("dataset",),
        "none stated; half FFHQ (CC BY-NC-SA 4.0), half synthetic",
    ),
    "synthetic-balanced": Source(
        "youthradio/erase-your-face",
        ("static/faces",),
        "none stated; synthetic faces of nobody",
    ),
    "synthetic-crawled": Source(
        "BaseMax/FakeFaces",
        ("faces",),
        "GPL-3.0 for the collection; synthetic faces of nobody",
    ),
    "masks-drawn": Source(
        "prajnasb/observations",
        ("experiements/data",),
        "none stated; photos collected from the web",
        _mask_labels,
    ),
    "masks-worn": Source(
        "chandrikadeb7/Face-Mask-Detection",
        ("dataset",),
        "MIT for the collection; photos collected from the web",
        _mask_labels,
    ),
    "masks-wild": Source(
        "X-zhangyang/Real-World-Masked-Face-Dataset",
        ("RWMFD_part_1",),
        "free for research (Wang et al. 2020); photos collected from the web",
        lambda _tree, names: {name: {"mask": "yes"} for name in names},
    ),
}

LFW_PAIRS = Source("georg-jung/lfw-pairs-aligned", ("data",), "research (LFW)")
LFW_FUNNELED = Source(
    "braun-steven/dfi-tensorflow", ("data/lfw-deepfunneled",), "research (LFW deep-funneled)"
)


def photos(source: Source, tree: Tree) -> Iterator[str]:
    for folder in source.folders:
        yield from filter(source.wanted, tree.list(folder))
