"""Training stops and resumes exactly; the pieces do what they say."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from prepared import write_noise
from torch import nn

from data import store
from data.split import CHOOSE, REPORT, TRAIN
from seesaw import checkpoint, distill
from seesaw.augment import augment
from seesaw.dataset import DataError, Teachers, held_out_faces, training_faces
from seesaw.loader import batch_indices, batches
from seesaw.losses import (
    MarginLoss,
    Memory,
    TeacherHeads,
    Weights,
    distillation_loss,
    joined,
    relation_loss,
)
from seesaw.ncnn_export import fold_batch_norm, worst_cosine
from seesaw.networks import build
from seesaw.optim import _orthogonalise, rate_factor

FACES = 160
TEACHERS = ["sface", "edgeface-xs"]
BOTH = Teachers.parse(["sface:0.5", "edgeface-xs:0.5"])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    write_noise(folder, "fiw", FACES, people=60)
    return folder


def test_held_out_faces_are_not_trained_on(data):
    trained = training_faces(data, ["fiw"], TEACHERS)
    halves = [held_out_faces(data, ["fiw"], TEACHERS, part) for part in (CHOOSE, REPORT)]
    assert len(trained) + sum(map(len, halves)) == FACES
    assert all(len(half) for half in halves)
    groups = [set(faces.groups()) for faces in (trained, *halves)]
    assert not groups[0] & (groups[1] | groups[2]) and not groups[1] & groups[2]


def test_the_stream_refuses_held_out_faces(data):
    with pytest.raises(ValueError, match="held out"):
        batches(held_out_faces(data, ["fiw"], TEACHERS), 4, 0, seed=1)
    with pytest.raises(DataError, match="not held out"):
        held_out_faces(data, ["fiw"], TEACHERS, TRAIN)


def test_faces_that_were_left_out_are_not_trained_on(data, tmp_path):
    for file in data.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    use = np.zeros(FACES, np.uint8)
    use[:150] = 2
    store.write_array(tmp_path / "fiw.use.u8", use)
    assert set(training_faces(tmp_path, ["fiw"], []).row_of) <= set(range(150, FACES))
    (tmp_path / "fiw.use.u8").unlink()
    with pytest.raises(DataError, match="--stage select"):
        training_faces(tmp_path, ["fiw"], [])


def test_people_are_those_with_two_training_photos(data):
    faces = training_faces(data, ["fiw"], [])
    assert faces.people == len({g for g in faces.groups() if g.startswith("fiw/F")})
    counts = np.bincount(faces.person_of[faces.person_of >= 0])
    assert len(counts) == faces.people and set(counts) == {2}


def test_truncated_data_is_refused(data, tmp_path):
    for file in data.iterdir():
        content = file.read_bytes()
        (tmp_path / file.name).write_bytes(content if file.suffix == ".json" else content[:9])
    with pytest.raises(DataError, match="bytes"):
        training_faces(tmp_path, ["fiw"], TEACHERS)


@pytest.mark.parametrize("words", [["nobody"], ["sface:x"], ["sface:0"], []])
def test_wrong_teachers_are_refused(words):
    with pytest.raises(DataError, match="teachers"):
        Teachers.parse(words)


def test_targets_lie_side_by_side(data):
    faces = training_faces(data, ["fiw"], TEACHERS)
    source = faces.sources[0]
    rows = faces.targets(np.array([3, 0]))
    expected = [source.targets[teacher][faces.row_of[3]] for teacher in TEACHERS]
    np.testing.assert_array_equal(rows[0], np.concatenate(expected))


def test_every_pass_sees_every_face_once():
    seen = np.concatenate([batch_indices(30, 4, number, seed=5) for number in range(15)])
    assert sorted(seen[:30]) == sorted(seen[30:]) == list(range(30))
    assert seen[:30].tolist() != seen[30:].tolist()


def test_a_batch_depends_on_its_number_only(data):
    faces = training_faces(data, ["fiw"], TEACHERS)
    stream = batches(faces, 4, 0, seed=2)
    third = [next(stream) for _ in range(3)][2]
    for again, before in zip(next(batches(faces, 4, 2, seed=2)), third, strict=True):
        assert torch.equal(again, before)


def test_augmentation_changes_faces_and_repeats():
    generator = np.random.default_rng(1)
    crops = generator.integers(0, 256, (64, 112, 112, 3), dtype=np.uint8)
    first = augment(crops.copy(), np.random.default_rng(7))
    assert np.array_equal(first, augment(crops.copy(), np.random.default_rng(7)))
    assert all(np.any(a != b) for a, b in zip(first, crops, strict=True))


def test_augmentation_keeps_an_even_face_in_place():
    """Geometry is centred: a disc in the middle stays there on average, mirrored or not."""
    import cv2

    disc = cv2.circle(np.zeros((112, 112, 3), np.uint8), (56, 56), 20, (200, 200, 200), cv2.FILLED)
    faces = augment(np.repeat(disc[None], 400, axis=0), np.random.default_rng(3)).mean(axis=(0, 3))
    weight = faces - faces[:8, :8].mean()
    centre = (weight.sum(0) @ np.arange(112)) / weight.sum()
    assert abs(centre - 55.8) < 1.5


def test_augmentation_refuses_other_shapes():
    with pytest.raises(ValueError, match="crops"):
        augment(np.zeros((1, 64, 64, 3), np.uint8), np.random.default_rng(0))


def student_of(targets):
    """An embedding whose cosines are the teachers' mean cosines."""
    return joined(targets, BOTH)


def two_teachers(count):
    torch.manual_seed(0)
    return torch.cat([F.normalize(torch.randn(count, width)) for width in (128, 512)], 1)


@pytest.mark.parametrize("tail", [0.0, 6.0])
def test_loss_is_nothing_for_a_student_that_is_the_teachers(tail):
    targets, weights = two_teachers(8), Weights(tail=tail)
    embedding, each = student_of(targets), list(targets.split([128, 512], 1))
    memory = Memory(16, 640, 640)
    memory.push(embedding, joined(targets, BOTH))
    loss, _ = distillation_loss(embedding, each, targets, BOTH, memory, weights)
    assert loss.item() == pytest.approx(0.0, abs=1e-5)
    turned = [each[0].roll(1, 0), each[1]]
    loss, parts = distillation_loss(embedding.roll(1, 0), turned, targets, BOTH, memory, weights)
    assert min(parts["sface"], parts["batch"], parts["memory"]) > 1e-3
    assert parts["edgeface-xs"] == pytest.approx(0.0, abs=1e-6)


def test_shares_weigh_what_the_teachers_say():
    teachers = Teachers.parse(["sface:3", "edgeface-xs"])
    targets = two_teachers(5)
    first, second = targets.split([128, 512], 1)
    expected = 0.75 * first @ first.T + 0.25 * second @ second.T
    rows = joined(targets, teachers)
    assert (rows @ rows.T).allclose(expected, atol=1e-6)


def test_the_tail_lets_alike_strangers_count_more():
    teacher, counted = torch.zeros(1, 4), None
    unlike = torch.tensor([[0.1, 0.0, 0.0, -0.6]])
    alike = torch.tensor([[0.1, 0.0, 0.0, 0.6]])
    plain = [relation_loss(row, teacher, 0.0, counted).item() for row in (unlike, alike)]
    tailed = [relation_loss(row, teacher, 6.0, counted).item() for row in (unlike, alike)]
    assert plain[0] == pytest.approx(plain[1])
    assert tailed[1] > 2 * plain[1] and tailed[0] <= tailed[1] / 2


def test_memory_keeps_the_last_embeddings():
    memory = Memory(5, 4, 3)
    for value in range(1, 8):
        memory.push(torch.full((1, 4), float(value)), torch.full((1, 3), float(value)))
    assert len(memory) == 5
    assert sorted(memory.teacher[:, 0].tolist()) == [3, 4, 5, 6, 7]
    assert memory.student.norm(dim=1).allclose(torch.ones(5))


def test_heads_keep_the_geometry_at_first():
    heads = TeacherHeads(512, {"sface": 128, "mfn": 192})
    rows = torch.cat((heads["sface"].weight, heads["mfn"].weight))
    assert (rows @ rows.T).allclose(torch.eye(320), atol=1e-4)
    assert TeacherHeads.like(heads.state_dict(), 512)["mfn"].out_features == 192


def test_a_fitted_head_maps_embeddings_to_targets():
    torch.manual_seed(0)
    heads = TeacherHeads(16, {"sface": 8, "other": 4})
    before = heads["sface"].weight.clone()
    embedding, true = torch.randn(200, 16), torch.randn(4, 16)
    targets = torch.cat((torch.zeros(200, 8), embedding @ true.T), 1)
    heads.fit(embedding, targets, ["other"], ridge=1e-6)
    assert heads["other"].weight.allclose(true, atol=1e-3)
    assert heads["sface"].weight.equal(before)


def test_margin_loss_is_cross_entropy_of_shifted_angles():
    torch.manual_seed(0)
    loss = MarginLoss(8, 5, scale=16.0, margin=0.3)
    embedding, labels = torch.randn(6, 8), torch.tensor([0, -1, 4, 2, -1, 0])
    known = labels >= 0
    cosine = F.normalize(embedding[known]) @ F.normalize(loss.weight).T
    angle = cosine.detach().acos()
    for row, label in enumerate(labels[known]):
        angle[row, label] = min(angle[row, label] + 0.3, torch.pi)
    expected = F.cross_entropy(16.0 * angle.cos(), labels[known])
    assert loss(embedding, labels).item() == pytest.approx(expected.item(), rel=1e-4)
    nobody = loss(embedding, torch.full((6,), -1))
    nobody.backward()
    assert nobody.item() == 0.0 and loss.weight.grad.abs().max() == 0.0


@pytest.mark.parametrize("shape", [(3, 16, 64), (2, 64, 16), (1, 32, 32)])
def test_orthogonalise_leaves_singular_values_near_one(shape):
    torch.manual_seed(0)
    values = torch.linalg.svdvals(_orthogonalise(torch.randn(shape)))
    assert 0.6 < values.min() and values.max() < 1.3


@pytest.mark.parametrize("shape", [(2, 128, 512), (2, 512, 128)])
def test_orthogonalise_in_bf16_is_near(shape):
    torch.manual_seed(0)
    matrices = torch.randn(shape)
    exact, near = _orthogonalise(matrices), _orthogonalise(matrices, bf16=True)
    assert near.dtype == torch.float32 and not torch.equal(exact, near)
    assert (near - exact).norm() / exact.norm() < 0.05


def test_rate_warms_up_stays_and_decays():
    assert rate_factor(0, 10, 0.0) == pytest.approx(0.1)
    assert rate_factor(500, 10, 0.0) == 1.0
    assert rate_factor(500, 10, 0.25) == pytest.approx(0.5)
    assert rate_factor(500, 10, 1.5) == 0.0


def _train(data: Path, out: Path, *more: str) -> dict:
    distill.main(
        [
            *("--data", str(data), "--network", "seesaw-shuffle", "--out", str(out)),
            *("--sources", "fiw", "--batch-size", "4", "--muon-lr", "0.02", "--memory", "8"),
            *("--margin", "0.05", "--tail", "4", "--threads", "1", *more),
        ]
    )
    return checkpoint.load(out / "checkpoint.pt", "seesaw-shuffle")


def test_a_stopped_run_goes_on_exactly(data, tmp_path):
    whole = _train(data, tmp_path / "whole", "--max-samples", "16")
    _train(data, tmp_path / "parts", "--max-samples", "8")
    parts = _train(data, tmp_path / "parts", "--max-samples", "16")
    for part in ("model", "heads", "average", "memory"):
        for key, value in whole[part].items():
            assert torch.equal(value, parts[part][key]), f"{part}.{key}"
    centres = [state["margin"]["centres"]["weight"] for state in (whole, parts)]
    assert torch.equal(*centres)
    assert parts["samples"] == 16


def test_decay_ends_the_run(data, tmp_path):
    state = _train(data, tmp_path, "--decay-samples", "8")
    assert state["samples"] == 8
    assert state["optimisers"][0]["param_groups"][0]["lr"] < 2e-3


def test_a_run_with_another_teacher_begins_at_the_averaged_network(data, tmp_path):
    first = _train(data, tmp_path / "one", "--max-samples", "8", "--teachers", "edgeface-xs")
    start = str(tmp_path / "one" / "checkpoint.pt")
    second = _train(data, tmp_path / "two", "--max-samples", "8", "--start-from", start)
    assert list(first["heads"]) == ["edgeface-xs.weight"]
    assert sorted(second["heads"]) == ["edgeface-xs.weight", "sface.weight"]
    for key, value in first["average"].items():
        if key.startswith("0."):
            assert torch.equal(second["model"][key.removeprefix("0.")], value)
    assert second["step"] == 0 and second["samples"] == 8


def test_the_curve_has_the_held_out_rates(data, tmp_path):
    _train(data, tmp_path, "--max-samples", "8")
    header, row = (tmp_path / "curve.csv").read_text().splitlines()
    assert header == (
        "samples,seconds,tar_0.001,tar_0.0001,sface,edgeface-xs,relation,high_relation,"
        "relation_error"
    )
    assert row.startswith("8,")


def test_halved_checkpoint_resumes_nearly(data, tmp_path):
    state = _train(data, tmp_path, "--max-samples", "8")
    checkpoint.save(tmp_path / "half.pt", checkpoint.halve(state))
    again = checkpoint.restore_moments(checkpoint.load(tmp_path / "half.pt"))
    first = state["optimisers"][0]["state"]
    for key, moments in again["optimisers"][0]["state"].items():
        assert moments["step"] == first[key]["step"]
        known = first[key]["exp_avg_sq"].sqrt()
        assert moments["exp_avg_sq"].sqrt().allclose(known, rtol=1e-2, atol=1e-6)


def test_a_run_goes_on_from_the_average_of_another(data, tmp_path):
    state = checkpoint.halve(_train(data, tmp_path / "first", "--max-samples", "8"))
    kept = checkpoint.from_average({**state, "memory": None})
    for key, value in kept["model"].items():
        assert value is state["average"][f"0.{key}"]
    checkpoint.save(tmp_path / "kept.pt", kept)
    start = ("--start-from", str(tmp_path / "kept.pt"))
    after = _train(data, tmp_path / "second", *start, "--max-samples", "12")
    assert after["samples"] == 12 and after["step"] == kept["step"] + 1


def test_wrong_checkpoints_are_refused(tmp_path):
    with pytest.raises(checkpoint.CheckpointError, match="does not exist"):
        checkpoint.load(tmp_path / "none.pt")
    torch.save({"format": 99}, tmp_path / "other.pt")
    with pytest.raises(checkpoint.CheckpointError, match="format"):
        checkpoint.load(tmp_path / "other.pt")


@pytest.mark.parametrize("order", ["0", "2001-01-01T00:00"])
def test_decay_that_is_over_before_it_begins_is_refused(order):
    with pytest.raises(ValueError, match="decay"):
        distill.Decay(order, 0, 1e9)


def test_folding_batch_norm_changes_nothing():
    torch.manual_seed(0)
    network = build("seesaw-shuffle").eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
            nn.init.uniform_(module.weight, 0.5, 1.5)
    folded = fold_batch_norm(network)
    assert not any(isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d) for m in folded.modules())
    with torch.no_grad():
        x = torch.randn(2, 3, 112, 112)
        assert worst_cosine(network(x).numpy(), folded(x).numpy()) > 0.999999


def test_training_on_a_device_in_bf16_stops_and_goes_on(data, tmp_path):
    """The path of a GPU, on the CPU: bfloat16, and augmentation where the network is."""
    path = ("--bf16", "--augment", "device")
    whole = _train(data, tmp_path / "whole", "--max-samples", "8", *path)
    _train(data, tmp_path / "parts", "--max-samples", "4", *path)
    parts = _train(data, tmp_path / "parts", "--max-samples", "8", *path)
    for key, value in whole["model"].items():
        assert value.dtype in (torch.float32, torch.int64)
        assert torch.equal(value, parts["model"][key]), key


def test_the_compiled_path_in_bf16_stops_and_goes_on(data, tmp_path):
    """By bfloat16 kernels where the processor has them, else in single precision."""
    path = ("--fast", "--bf16", "--threads", "1")
    whole = _train(data, tmp_path / "whole", "--max-samples", "8", *path)
    _train(data, tmp_path / "parts", "--max-samples", "4", *path)
    parts = _train(data, tmp_path / "parts", "--max-samples", "8", *path)
    for key, value in whole["model"].items():
        assert torch.equal(value, parts["model"][key]), key


@pytest.mark.parametrize("words", [["--device", "cuda", "--fast"]])
def test_paths_that_do_not_go_together_are_refused(words, tmp_path, capsys):
    with pytest.raises(SystemExit):
        distill.parse(["--data", ".", "--network", "x", "--out", ".", "--sources", "fiw", *words])
    assert "--fast" in capsys.readouterr().err
