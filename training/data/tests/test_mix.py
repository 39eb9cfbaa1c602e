"""Mixtures of faces: run `pytest data/tests` in training/."""

import cv2
import numpy as np
import pytest

from data.alignment import CROP_SIZE
from data.mix import KINDS, match_tone, mix, share_of_first, write_mixtures
from data.split import TRAIN, part
from data.store import save, write_array


def faces(count: int) -> np.ndarray:
    rng = np.random.default_rng(2)
    low = rng.integers(0, 256, (count, 8, 8, 3), np.uint8)
    return low.repeat(14, axis=1).repeat(14, axis=2)


@pytest.mark.parametrize("kind", KINDS)
def test_shares_are_shares(kind):
    for seed in range(20):
        share = share_of_first(kind, np.random.default_rng(seed))
        assert share.shape == (CROP_SIZE, CROP_SIZE, 1)
        assert share.min() >= 0 and share.max() <= 1
        # Either face keeps a good part.
        assert 0.25 < share.mean() < 0.75


@pytest.mark.parametrize("kind", ["upper-lower", "left-right"])
def test_both_faces_are_seen_beyond_the_seam(kind):
    share = share_of_first(kind, np.random.default_rng(1))[:, :, 0]
    corners = sorted([share[0, 0], share[-1, -1]])
    assert corners[0] < 0.01 and corners[1] > 0.99


def test_tone_is_that_of_the_model():
    dark, bright = faces(2)
    dark = dark // 3 + 20
    bright = bright // 3 + 120
    toned = match_tone(dark, bright)
    assert abs(float(toned.mean()) - float(bright.mean())) < 6


def test_a_face_mixed_with_itself_is_itself():
    face = faces(1)[0]
    symmetric = np.maximum(face, face[:, ::-1])
    mixed = mix(symmetric, symmetric, "blend", np.random.default_rng(0))
    # Lab in bytes and back costs a few levels.
    assert np.abs(mixed.astype(int) - symmetric).mean() < 3


def test_same_seed_same_mixtures_and_no_held_out_face(tmp_path):
    crops = faces(81)
    groups = [f"fairface/{i}" for i in range(81)]
    held_out = np.array([i for i, group in enumerate(groups) if part(group) != TRAIN])
    assert len(held_out)
    crops[held_out, :, :, :] = 0
    crops[held_out, ::2] = 255  # stripes, which would show in any mixture
    save(tmp_path, "fairface", crops, {"names": [str(i) for i in range(81)], "groups": groups})
    write_array(tmp_path / "fairface.use.u8", np.zeros(81, np.uint8))
    first = write_mixtures(tmp_path / "a", tmp_path, ["fairface"], 60, 7)
    again = write_mixtures(tmp_path / "b", tmp_path, ["fairface"], 60, 7)
    assert first == again and len(set(first)) == 60
    for name in first:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    for name in first:
        picture = cv2.imread(str(tmp_path / "a" / name)).astype(int)
        assert np.abs(np.diff(picture, axis=0)).mean() < 40
    other = write_mixtures(tmp_path / "c", tmp_path, ["fairface"], 60, 8)
    pictures = [
        {(tmp_path / folder / name).read_bytes() for name in names}
        for folder, names in (("a", first), ("c", other))
    ]
    assert not pictures[0] & pictures[1]
