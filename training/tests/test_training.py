"""Training stops and resumes exactly; the pieces do what they say."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from seesaw import checkpoint, distill
from seesaw.augment import augment
from seesaw.dataset import DataError, held_out_faces, training_faces
from seesaw.loader import batch_indices, batches
from seesaw.losses import Memory, TeacherHeads, Weights, distillation_loss
from seesaw.ncnn_export import fold_batch_norm, worst_cosine
from seesaw.networks import build
from seesaw.optim import _orthogonalise, rate_factor

FACES = 90


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noise instead of faces, with unit vectors for targets."""
    folder = tmp_path_factory.mktemp("prepared")
    generator = np.random.default_rng(0)
    noise = generator.integers(0, 256, (FACES, 112, 112, 3), dtype=np.uint8)
    (folder / "fairface.crops.u8").write_bytes(noise.tobytes())
    for name, size in (("sface", 128), ("mfn", 192)):
        rows = generator.standard_normal((FACES, size))
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        (folder / f"fairface.{name}.f16").write_bytes(rows.astype(np.float16).tobytes())
    (folder / "fairface.json").write_text(json.dumps({"count": FACES}))
    return folder


def test_held_out_faces_are_not_trained_on(data):
    trained, held_out = training_faces(data, ["fairface"]), held_out_faces(data)
    assert len(trained) + len(held_out) == FACES
    assert len(held_out) == 3
    assert not set(trained.row_of) & set(held_out.row_of)


def test_truncated_data_is_refused(data, tmp_path):
    for file in data.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes()[: 10**6])
    with pytest.raises(DataError, match="bytes"):
        training_faces(tmp_path, ["fairface"])


def test_every_pass_sees_every_face_once():
    seen = np.concatenate([batch_indices(30, 4, number, seed=5) for number in range(15)])
    assert sorted(seen[:30]) == sorted(seen[30:]) == list(range(30))
    assert seen[:30].tolist() != seen[30:].tolist()


def test_a_batch_depends_on_its_number_only(data):
    faces = training_faces(data, ["fairface"])
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


def test_loss_is_nothing_for_a_student_that_is_the_teachers():
    """An embedding made of both teachers' vectors has their mean cosine, so no loss is left."""
    torch.manual_seed(0)
    sface = nn.functional.normalize(torch.randn(8, 128))
    mfn = nn.functional.normalize(torch.randn(8, 192))
    embedding = torch.cat((sface, mfn, torch.zeros(8, 192)), 1)
    memory = Memory(16, 512)
    memory.push(embedding, sface, mfn)
    loss, parts = distillation_loss(embedding, (sface, mfn), (sface, mfn), memory, Weights())
    assert loss.item() == pytest.approx(0.0, abs=1e-5)
    loss, parts = distillation_loss(
        embedding.roll(1, 0), (sface.roll(1, 0), mfn), (sface, mfn), memory, Weights()
    )
    assert min(parts["sface"], parts["batch"], parts["memory"]) > 1e-3
    assert parts["mfn"] == pytest.approx(0.0, abs=1e-6)


def test_memory_keeps_the_last_embeddings():
    memory = Memory(5, 4)
    for value in range(1, 8):
        row = torch.full((1, 4), float(value))
        memory.push(row, torch.full((1, 128), float(value)), torch.zeros(1, 192))
    assert len(memory) == 5
    assert sorted(memory.sface[:, 0].tolist()) == [3, 4, 5, 6, 7]
    assert memory.student.norm(dim=1).allclose(torch.ones(5))


def test_heads_keep_the_geometry_at_first():
    heads = TeacherHeads(512)
    rows = torch.cat((heads.sface.weight, heads.mfn.weight))
    assert (rows @ rows.T).allclose(torch.eye(320), atol=1e-4)


@pytest.mark.parametrize("shape", [(3, 16, 64), (2, 64, 16), (1, 32, 32)])
def test_orthogonalise_leaves_singular_values_near_one(shape):
    torch.manual_seed(0)
    values = torch.linalg.svdvals(_orthogonalise(torch.randn(shape)))
    assert 0.6 < values.min() and values.max() < 1.3


def test_rate_warms_up_stays_and_decays():
    assert rate_factor(0, 10, 0.0) == pytest.approx(0.1)
    assert rate_factor(500, 10, 0.0) == 1.0
    assert rate_factor(500, 10, 0.25) == pytest.approx(0.5)
    assert rate_factor(500, 10, 1.5) == 0.0


def _train(data: Path, out: Path, *more: str) -> dict:
    distill.main(
        [
            *("--data", str(data), "--network", "seesaw-shuffle", "--out", str(out)),
            *("--batch-size", "4", "--muon-lr", "0.02", "--memory", "8", *more),
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
    assert parts["samples"] == 16


def test_decay_ends_the_run(data, tmp_path):
    state = _train(data, tmp_path, "--decay-samples", "8")
    assert state["samples"] == 8
    assert state["optimisers"][0]["param_groups"][0]["lr"] < 2e-3


def test_halved_checkpoint_resumes_nearly(data, tmp_path):
    state = _train(data, tmp_path, "--max-samples", "8")
    checkpoint.save(tmp_path / "half.pt", checkpoint.halve(state))
    again = checkpoint.restore_moments(checkpoint.load(tmp_path / "half.pt"))
    first = state["optimisers"][0]["state"]
    for key, moments in again["optimisers"][0]["state"].items():
        assert moments["step"] == first[key]["step"]
        known = first[key]["exp_avg_sq"].sqrt()
        assert moments["exp_avg_sq"].sqrt().allclose(known, rtol=1e-2, atol=1e-6)


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
