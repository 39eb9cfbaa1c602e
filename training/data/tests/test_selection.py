"""What is held out, what is left out, and how EdgeFace's weights are read."""

import hashlib
import io
import json

import numpy as np
import pytest
import torch

from data import edgeface, embed, selection, split, store
from data.selection import COPIED, LIKE_HELD_OUT, LIKE_LFW, USED
from data.sources import TRAINING, Tree, fiw_person, photos

EXPECTED = {
    split.CHOOSE: ["fiw/F0017", "fiw/F0053"],
    split.REPORT: ["fiw/F0007", "fiw/F0016", "fiw/F0020", "fiw/F0054"],
}


def test_a_tenth_is_held_out_in_two_halves():
    parts = [split.part(f"set/{number}") for number in range(20_000)]
    assert parts.count(split.CHOOSE) == pytest.approx(1000, abs=120)
    assert parts.count(split.REPORT) == pytest.approx(1000, abs=120)


def test_the_split_never_moves():
    """Written down once: another split would train on faces that were held out."""
    groups = [f"fiw/F{number:04d}" for number in range(1, 61)]
    held_out = {g: split.part(g) for g in groups if split.part(g) != split.TRAIN}
    assert held_out == {group: part for part, names in EXPECTED.items() for group in names}


def test_a_family_is_held_out_whole_and_position_does_not_matter():
    source = TRAINING["fiw"]
    names = [
        f"data/train/F{f:04d}/MID{m}/P{p}.jpg" for f in range(50) for m in (1, 2) for p in (3,)
    ]
    groups = source.groups("fiw", names)
    assert groups[0] == groups[1] == "fiw/F0000"
    backwards = source.groups("fiw", names[::-1])[::-1]
    assert groups == backwards
    bystander = "data/processed/fiw/train/train-faces/F0007/unrelated_and_nonfaces/P1_face2.jpg"
    assert TRAINING["fiw-bystanders"].groups("fiw-bystanders", [bystander]) == ["fiw/F0007"]
    assert source.groups("fiw", ["data/test/AB.jpg"]) == ["fiw/data/test/AB.jpg"]


def test_people_of_fiw_are_family_and_member():
    assert fiw_person("data/train/F0012/MID3/P00123_face1.jpg") == "F0012/MID3"
    assert fiw_person("data/test/AB.jpg") == ""


def test_rows_of_an_unknown_part_are_refused():
    with pytest.raises(ValueError, match="part"):
        split.rows_of(["a"], "validation")


def test_bystanders_are_the_only_faces_taken_from_their_repository(tmp_path):
    base = tmp_path / "data/processed/fiw/train/train-faces/F0001"
    for name in ("MID1/P1_face0.jpg", "unrelated_and_nonfaces/P1_face1.jpg"):
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_bytes(b"x")
    names = list(photos(TRAINING["fiw-bystanders"], Tree(tmp_path)))
    assert [name.rsplit("/", 2)[1] for name in names] == ["unrelated_and_nonfaces"]


def test_labels_are_read_from_names():
    ages = TRAINING["all-age"].labels(None, ["All-Age-Faces Dataset/original images/00000A02.jpg"])
    assert list(ages.values()) == [{"age": "02"}]
    faces = TRAINING["generated"].labels(None, ["images/female/asian/x.jpg"])
    assert list(faces.values()) == [{"sex": "Female", "race": "Asian"}]


def unit(rows):
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def near(vector, cosine, generator):
    """A unit vector at a given cosine."""
    other = generator.standard_normal(vector.shape)
    other -= (other @ vector) * vector
    return cosine * vector + np.sqrt(1 - cosine**2) * other / np.linalg.norm(other)


def test_copies_are_found_and_the_earlier_face_stays():
    generator = np.random.default_rng(0)
    rows = unit(generator.standard_normal((3000, 512)))
    rows[2500] = near(rows[10], 0.985, generator)
    rows[2600] = near(rows[20], 0.9, generator)
    rows[5] = rows[4]
    assert np.flatnonzero(selection.copies(rows.astype(np.float16))).tolist() == [5, 2500]


def test_a_chain_of_copies_keeps_its_first():
    generator = np.random.default_rng(1)
    rows = unit(generator.standard_normal((4, 512)))
    rows[1], rows[3] = rows[0], rows[0]
    assert selection.copies(rows).tolist() == [False, True, False, True]


def test_held_out_faces_win_and_their_people_are_not_trained_on():
    generator = np.random.default_rng(2)
    rows = unit(generator.standard_normal((8, 512)))
    rows[0] = rows[6]  # a training face that is a copy of a held-out one
    rows[1] = near(rows[7], 0.6, generator)  # another photo of a held-out person
    rows[2] = near(rows[5], 0.6, generator)  # like a held-out face of nobody known
    held_out = np.array([0, 0, 0, 0, 0, 1, 1, 1], bool)
    named = np.array([0, 0, 0, 0, 0, 0, 0, 1], bool)
    like_lfw = np.array([0, 0, 0, 1, 0, 0, 0, 0], bool)
    use = selection.choose(rows, like_lfw, held_out, named)
    expected = [COPIED, LIKE_HELD_OUT, USED, LIKE_LFW, USED, USED, USED, USED]
    assert use.tolist() == expected


def test_the_nearest_cosine_over_several_sets():
    rows, others = np.eye(3, 4, dtype=np.float32), [np.eye(4)[:1], np.eye(4)[1:2] * 0.5]
    assert selection.nearest(rows, others).tolist() == [1.0, 0.5, 0.0]


def prepared(folder, name, targets, **info):
    count = len(targets)
    crops = np.zeros((count, 112, 112, 3), np.uint8)
    names = [f"{i}.jpg" for i in range(count)]
    store.save(folder, name, crops, {"names": names, **info})
    store.write_array(folder / f"{name}.edgeface-xs.f16", targets.astype(np.float16))


def test_selection_writes_a_byte_for_every_face(tmp_path):
    generator = np.random.default_rng(3)
    faces, lfw = (unit(generator.standard_normal((n, 512))) for n in (40, 3))
    faces[7] = near(lfw[1], 0.7, generator)
    prepared(tmp_path, "lfw-pairs", lfw)
    prepared(tmp_path, "fairface", faces, groups=[f"fairface/{i}" for i in range(40)])
    counts = selection.select(tmp_path, ["fairface"], ("lfw-pairs",))["fairface"]
    use = np.fromfile(tmp_path / "fairface.use.u8", np.uint8)
    assert np.flatnonzero(use).tolist() == [7] and use[7] == LIKE_LFW
    assert counts["faces"] == 40 and counts["similar to lfw"] == 1
    assert sum(counts[part] for part in split.PARTS) == 39
    assert json.loads((tmp_path / "selection.json").read_text())["fairface"] == counts


def saved(state):
    stream = io.BytesIO()
    torch.save(state, stream)
    content = stream.getvalue()
    return content, hashlib.sha256(content).hexdigest()


def quantised(weight, scale):
    return torch.quantize_per_tensor(weight, scale, 0, torch.qint8)


def test_packed_weights_become_plain_ones():
    weight = torch.tensor([[0.5, -1.0], [0.25, 0.0]])
    packed = (quantised(weight, 0.25), torch.nn.Parameter(torch.tensor([1.0, 2.0])))
    content, digest = saved(
        {
            "model.stem.weight": torch.ones(2, dtype=torch.float16),
            "model.fc1._packed_params.dtype": torch.qint8,
            "model.fc1._packed_params._packed_params": packed,
            "model.fc1.scale": torch.tensor(1.0),
            "model.fc1.zero_point": torch.tensor(0),
            "model.fc2._packed_params._packed_params": (quantised(weight, 0.25), None),
        }
    )
    weights = edgeface.read(content, digest)
    assert sorted(weights) == ["fc1.bias", "fc1.weight", "fc2.weight", "stem.weight"]
    assert weights["fc1.weight"].equal(weight) and weights["fc1.bias"].tolist() == [1.0, 2.0]
    assert all(value.dtype == torch.float32 for value in weights.values())


class Hostile:
    def __reduce__(self):
        return print, ("executed",)


def test_a_file_that_would_run_code_is_refused(capsys):
    content, digest = saved({"model.x": Hostile()})
    with pytest.raises(Exception, match="weights_only|Weights only|print"):
        edgeface.read(content, digest)
    assert "executed" not in capsys.readouterr().out


def test_another_file_is_refused():
    with pytest.raises(ValueError, match="sha256"):
        edgeface.read(b"something else")


class Halves:
    """Stands in for a teacher: the mean of the two halves of a face."""

    size = 128

    def embed(self, crops):
        rows = np.zeros((len(crops), self.size), np.float32)
        rows[:, 0], rows[:, 1] = crops[:, :56].mean((1, 2, 3)), crops[:, 56:].mean((1, 2, 3))
        return rows


def test_a_stopped_pass_of_a_teacher_goes_on(tmp_path, monkeypatch):
    generator = np.random.default_rng(4)
    crops = generator.integers(0, 255, (5, 112, 112, 3), dtype=np.uint8)
    store.save(tmp_path, "set", crops, {"names": list("abcde")})
    staged = tmp_path / "set.sface.f16.part"
    monkeypatch.setattr(embed, "CHUNK", 2)
    monkeypatch.setattr("data.teachers.build", lambda *_: Halves())
    staged.write_bytes(b"\0" * (5 * 128 * 2))
    worker = embed._Worker(tmp_path, "set", "sface", staged, (None, "fp32", None))
    assert [worker.run(start) for start in (2, 4)] == [2, 4]
    (tmp_path / "set.sface.f16.done").write_text("2\n4\n")
    monkeypatch.setattr(embed, "_worker", worker)

    class Pool:
        def __init__(self, *_):
            self.seen = []

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def imap_unordered(self, work, starts):
            assert starts == [0]
            return map(work, starts)

    class Context:
        pass

    Context.Pool = Pool
    monkeypatch.setattr(embed.multiprocessing, "get_context", lambda _: Context)
    embed.embed(tmp_path, "set", "sface", None, "fp32", None, 1)
    rows = np.float32(store.load(tmp_path, "set").targets("sface"))
    expected = Halves().embed(crops)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(rows, expected, atol=1e-3)
    assert not (tmp_path / "set.sface.f16.done").exists()
