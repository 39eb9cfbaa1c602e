"""Pure parts of the data preparation: run `pytest data/tests` in training/."""

import subprocess

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from data import lfw, store
from data.alignment import TEMPLATE, align, similarity_transform
from data.check import fold_accuracy
from data.detector import Face, main_face
from data.onnx_fold import dequantize, fold
from data.prepare import distinct, parse_sources
from data.selection import nearest
from data.sources import TRAINING, Tree, photos


def apply(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    return points @ matrix[:, :2].T + matrix[:, 2]


def test_similarity_transform_recovers_a_known_one():
    angle, scale, shift = 0.4, 1.7, np.array([12.0, -5.0])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = scale * TEMPLATE @ turn.T + shift
    matrix = similarity_transform(TEMPLATE, moved)
    np.testing.assert_allclose(matrix[:, :2], scale * turn, atol=1e-9)
    np.testing.assert_allclose(matrix[:, 2], shift, atol=1e-9)


def test_similarity_transform_is_the_least_squares_one():
    rng = np.random.default_rng(3)
    points = TEMPLATE * 2 + rng.normal(0, 4, TEMPLATE.shape)
    matrix = similarity_transform(points, TEMPLATE)
    # The same problem as linear least squares in (a, b, x, y) of [[a, -b, x], [b, a, y]].
    rows, values = [], []
    for (x, y), (u, v) in zip(points, TEMPLATE, strict=True):
        rows += [[x, -y, 1, 0], [y, x, 0, 1]]
        values += [u, v]
    a, b, x, y = np.linalg.lstsq(np.array(rows), np.array(values), rcond=None)[0]
    np.testing.assert_allclose(matrix, [[a, -b, x], [b, a, y]], atol=1e-8)


def test_similarity_transform_never_mirrors():
    mirrored = TEMPLATE * [-1, 1]
    assert np.linalg.det(similarity_transform(mirrored, TEMPLATE)[:, :2]) > 0


@pytest.mark.parametrize("points", [np.zeros((5, 2)), np.full((5, 2), np.nan), np.zeros((5, 3))])
def test_similarity_transform_refuses_bad_points(points):
    with pytest.raises(ValueError, match="source"):
        similarity_transform(points, TEMPLATE)


@pytest.mark.parametrize("scale", [1.0, 1.6, 6.0])
def test_align_puts_marks_on_the_template(scale):
    landmarks = TEMPLATE * scale + 20
    size = int(112 * scale) + 60
    image = np.zeros((size, size, 3), np.uint8)
    for x, y in landmarks:
        cv2.circle(image, (round(x), round(y)), round(3 * scale), (255, 255, 255), -1)
    crop = align(image, landmarks)
    assert crop.shape == (112, 112, 3)
    count, _, _, centres = cv2.connectedComponentsWithStats((crop[:, :, 0] > 127).astype(np.uint8))
    assert count == 6
    for point in TEMPLATE:
        assert np.linalg.norm(centres[1:] - point, axis=1).min() < 0.8


def test_dequantize_by_block_and_by_axis():
    q = np.arange(8, dtype=np.int8).reshape(2, 4)
    zero = np.zeros((2, 2), np.int8)
    scale = np.array([[1, 10], [2, 20]], np.float32)
    expected = [[0, 1, 20, 30], [8, 10, 120, 140]]
    np.testing.assert_array_equal(dequantize(q, scale, zero, 1, 2), expected)
    per_row = dequantize(q, np.array([1, 2], np.float32), np.array([0, 4], np.int8), 0, 0)
    np.testing.assert_array_equal(per_row, [[0, 1, 2, 3], [0, 2, 4, 6]])


def test_fold_leaves_one_plain_matrix_product():
    q = np.array([[1, 2], [3, 4]], np.int8)
    constants = [
        numpy_helper.from_array(q.reshape(4), "q"),
        numpy_helper.from_array(np.array([0.5, 2], np.float32), "s"),
        numpy_helper.from_array(np.zeros(2, np.int8), "z"),
        numpy_helper.from_array(np.array([2, 2]), "shape"),
    ]
    nodes = [
        helper.make_node("DequantizeLinear", ["q", "s", "z"], ["d"], axis=0, block_size=2),
        helper.make_node("Reshape", ["d", "shape"], ["w"]),
        helper.make_node("MatMul", ["x", "w"], ["y"]),
    ]
    inputs = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2]),
        helper.make_tensor_value_info("unused_weight", TensorProto.FLOAT, [2, 2]),
    ]
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2])
    folded = fold(helper.make_model(helper.make_graph(nodes, "g", inputs, [output], constants)))
    onnx.checker.check_model(folded)
    assert [node.op_type for node in folded.graph.node] == ["MatMul"]
    assert [value.name for value in folded.graph.input] == ["x"]
    weight = numpy_helper.to_array(folded.graph.initializer[0])
    np.testing.assert_array_equal(weight, [[0.5, 1], [6, 8]])


def face(x: float, y: float, side: float) -> Face:
    return Face(np.array([x, y, side, side]), np.zeros((5, 2)), 0.9)


def test_main_face_prefers_large_and_central():
    central, corner, small = face(80, 80, 40), face(0, 0, 44), face(95, 95, 10)
    assert main_face([corner, small, central], 200, 200) is central
    assert main_face([], 200, 200) is None


PAIRS = """2 1
Ann_Lee 1 2
Ann_Lee 1 Bo_Li 10
Cy_Wu 3 4
Cy_Wu 3 Ann_Lee 2
"""


def test_pairs_are_parsed_with_folds():
    pairs = lfw.parse_pairs(PAIRS)
    assert pairs[1] == lfw.Pair("Ann_Lee/Ann_Lee_0001", "Bo_Li/Bo_Li_0010", False, 0)
    assert [pair.fold for pair in pairs] == [0, 0, 1, 1]
    assert [pair.same for pair in pairs] == [True, False, True, False]
    assert lfw.people(pairs) == {"Ann_Lee", "Bo_Li", "Cy_Wu"}
    assert lfw.key("data/Bo_Li/Bo_Li_0010.jpg") == pairs[1].second
    assert lfw.person("data/Bo_Li/Bo_Li_0010.jpg") == "Bo_Li"


@pytest.mark.parametrize("text", ["", "a b", PAIRS + "Cy_Wu 1 2\n", PAIRS.replace("Bo_Li 10", "")])
def test_broken_pairs_are_refused(text):
    with pytest.raises(ValueError, match="pairs.txt"):
        lfw.parse_pairs(text)


def test_nearest_is_the_largest_cosine():
    vectors = np.eye(3, dtype=np.float32)
    others = [np.array([[0.6, 0.8, 0]], np.float32), np.array([[0, 0.5, -1]], np.float32)]
    np.testing.assert_allclose(nearest(vectors, others), [0.6, 0.8, 0.0], atol=1e-6)


def test_store_round_trip_and_truncation(tmp_path):
    crops = np.arange(2 * 112 * 112 * 3, dtype=np.uint32).astype(np.uint8).reshape(2, 112, 112, 3)
    assert not store.exists(tmp_path, "set")
    with pytest.raises(FileNotFoundError, match="set.json"):
        store.load(tmp_path, "set")
    store.save(tmp_path, "set", crops, {"names": ["a", "b"], "people": None})
    loaded = store.load(tmp_path, "set")
    np.testing.assert_array_equal(loaded.crops, crops)
    assert loaded.names == ["a", "b"] and not loaded.has_targets("sface")
    with pytest.raises(FileNotFoundError, match="set.use.u8"):
        _ = loaded.use
    (tmp_path / "set.sface.f16").write_bytes(b"\0" * 10)
    with pytest.raises(ValueError, match="set.sface.f16"):
        loaded.targets("sface")
    with pytest.raises(ValueError, match="one length"):
        store.save(tmp_path, "set", crops, {"names": ["a"]})


def test_folder_and_git_directory_read_alike(tmp_path):
    (tmp_path / "celebA").mkdir()
    for name, content in (("b.jpg", b"two"), ("a.jpg", b"one"), ("c.jpg", b"one")):
        (tmp_path / "celebA" / name).write_bytes(content)
    (tmp_path / "celebA" / "notes.txt").write_bytes(b"no photo")
    source = TRAINING["celeba"]
    folder = Tree(tmp_path)
    names = list(photos(source, folder))
    assert names == ["celebA/a.jpg", "celebA/b.jpg", "celebA/c.jpg"]
    assert folder.commit() is None
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "photos"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    for path in (tmp_path, tmp_path / ".git"):
        tree = Tree(path)
        assert list(photos(source, tree)) == names
        assert [tree.read(name) for name in names] == [b"one", b"two", b"one"]
        assert distinct(tree, names) == (names[:2], {"copy": 1, "missing": 0})
        absent = [*names, "celebA/z.jpg"]
        assert distinct(tree, absent) == (names[:2], {"copy": 1, "missing": 1})
        assert len(tree.commit()) == 40
        with pytest.raises(FileNotFoundError, match="celebA/z.jpg"):
            tree.read("celebA/z.jpg")
        tree.close()


@pytest.mark.parametrize("value", ["fairface", "nothing=.", "fairface=/no/such/folder"])
def test_bad_source_arguments_are_named(value):
    with pytest.raises(ValueError, match="--source"):
        parse_sources([value])


def test_fold_accuracy_uses_the_threshold_of_the_other_folds():
    folds = np.repeat([0, 1], 4)
    same = np.array([True, True, False, False] * 2)
    scores = np.array([0.9, 0.8, 0.2, 0.1, 0.4, 0.35, 0.3, 0.05])
    # Fold 1 alone puts the cut at 0.325, right for all of fold 0; fold 0 puts it at 0.5, where both
    # same pairs of fold 1 are missed.
    np.testing.assert_allclose(fold_accuracy(scores, same, folds), [1.0, 0.5])
