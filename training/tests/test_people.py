"""Embeddings with the list of whom they are of, as `seesawface eval all-pairs` reads them."""

import csv

import cv2
import numpy as np
import pytest
from prepared import write_noise

from data import teachers
from seesaw import heldout, people
from seesaw.dataset import DataError


class Corner:
    """Stands in for a teacher: the first pixel and a constant."""

    def embed(self, crops):
        return np.hstack([crops[:, 0, 0].astype(np.float32), np.ones((len(crops), 1), np.float32)])


@pytest.fixture(autouse=True)
def corner(monkeypatch):
    monkeypatch.setattr(teachers, "build", lambda *_: Corner())


def lines(path):
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_a_held_out_half_with_its_families(tmp_path):
    write_noise(tmp_path, "fiw", 200, people=90, teachers=())
    out = tmp_path / "x.npy"
    faces = str(tmp_path / "faces")
    people.main(
        [
            *("sface", "--data", str(tmp_path), "--set", "fiw", "--part", "report"),
            *("--out", str(out), "--write-crops", faces),
        ]
    )
    rows, (header, *listed) = np.load(out), lines(tmp_path / "x.csv")
    assert header == ["path", "person", "family"]
    assert rows.dtype == np.float32 and len(rows) == len(listed) > 4
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    for row, (path, person, family) in zip(rows, listed, strict=True):
        crop = cv2.imread(f"{faces}/{path}")
        expected = np.append(crop[0, 0], 1) / np.linalg.norm(np.append(crop[0, 0], 1.0))
        np.testing.assert_allclose(row, expected, atol=1e-6)
        assert family == (f"fiw/{person[:5]}" if person.startswith("F") else "")
        assert person.startswith("F") or person == path


def test_a_folder_of_crops_and_both_teachers(tmp_path):
    for name in ("b/1.png", "a/2.png", "a/1.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / name), np.full((112, 112, 3), ord(name[0]), np.uint8))
    out = tmp_path / "x.npy"
    people.main(["together", "--crops", str(tmp_path), "--out", str(out)])
    assert lines(tmp_path / "x.csv")[1:] == [
        ["a/1.png", "a", ""],
        ["a/2.png", "a", ""],
        ["b/1.png", "b", ""],
    ]
    assert np.load(out).shape == (3, 8)


def test_held_out_rates_of_a_model_from_the_command_line(tmp_path, capsys):
    write_noise(tmp_path, "fiw", 400, people=190, teachers=("edgeface-xs",))
    heldout.main(["sface", "--data", str(tmp_path), "--part", "report"])
    faces, rates = capsys.readouterr().out.splitlines()
    assert faces.endswith("faces, report")
    assert rates.startswith("sface: TAR ") and "at FAR 0.0001" in rates


def test_what_cannot_be_embedded_is_said(tmp_path):
    with pytest.raises(DataError, match="no photo"):
        people.from_folder(tmp_path)
    (tmp_path / "a").mkdir()
    cv2.imwrite(str(tmp_path / "a" / "1.png"), np.zeros((50, 50, 3), np.uint8))
    with pytest.raises(DataError, match="112x112"):
        people.from_folder(tmp_path)
    write_noise(tmp_path, "fiw", 10, teachers=())
    with pytest.raises(DataError, match="--part"):
        people.from_prepared(tmp_path, "fiw", None)
