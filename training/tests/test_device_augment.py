"""Batches augmented in PyTorch are faces still, in place, and repeat by their seed."""

import cv2
import numpy as np
import pytest
import torch

from seesaw import device_augment as d


def noise(count=16):
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (count, 112, 112, 3), generator=generator, dtype=torch.uint8)


def test_a_batch_follows_from_its_seed():
    crops = noise()
    first, again, other = (d.augment(crops, seed) for seed in ((1, 2), (1, 2), (1, 3)))
    assert first.shape == (16, 3, 112, 112) and first.dtype == torch.float32
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert first.min() >= -1 and first.max() <= 1
    plain = crops.permute(0, 3, 1, 2).float().sub(127.5).div(127.5)
    assert all((a != b).any() for a, b in zip(first, plain, strict=True))


def test_a_disc_in_the_middle_stays_there_on_average():
    disc = cv2.circle(np.zeros((112, 112, 3), np.uint8), (56, 56), 20, (200, 200, 200), cv2.FILLED)
    faces = torch.from_numpy(disc).permute(2, 0, 1).float().div(255).expand(400, -1, -1, -1)
    draws = d._Draws(400, torch.device("cpu"), (3,))
    # Without the patches, which lie below the middle on purpose.
    faces = d._degrade(d._colour(d._warp(faces, draws), draws), draws).mean((0, 1)).numpy()
    weight = faces - faces[:8, :8].mean()
    for axis in (0, 1):
        centre = (weight.sum(axis) @ np.arange(112)) / weight.sum()
        assert abs(centre - 55.8) < 1.5


def test_geometry_is_what_was_drawn():
    """Without degradation, half the faces are mirrored: a mark on the left is there or right."""
    face = np.zeros((112, 112, 3), np.uint8)
    cv2.circle(face, (28, 56), 10, (255, 255, 255), cv2.FILLED)
    faces = torch.from_numpy(face).permute(2, 0, 1).float().div(255).expand(200, -1, -1, -1)
    moved = d._warp(faces, d._Draws(200, torch.device("cpu"), (5,)))
    left, right = moved[..., :56].sum((1, 2, 3)), moved[..., 56:].sum((1, 2, 3))
    mirrored = int((right > left).sum())
    assert 70 < mirrored < 130 and ((right > 4 * left) | (left > 4 * right)).all()


@pytest.mark.parametrize("quality", [15.0, 80.0])
def test_jpeg_loses_as_much_as_a_codec(quality):
    generator = np.random.default_rng(0)
    low = generator.integers(0, 256, (7, 7, 3), np.uint8)
    face = cv2.resize(low, (112, 112), interpolation=cv2.INTER_CUBIC)
    coded = cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, int(quality)])[1]
    expected = np.abs(cv2.imdecode(coded, cv2.IMREAD_COLOR).astype(float) - face).mean()
    ours = d._jpeg(torch.from_numpy(face).permute(2, 0, 1)[None].float() / 255, quality)
    lost = np.abs(ours[0].permute(1, 2, 0).numpy() * 255 - face).mean()
    assert 0.3 * expected < lost < 1.5 * expected


def test_blur_keeps_an_even_face():
    even = torch.full((2, 3, 112, 112), 0.25)
    assert d._blur(even, 1.3).allclose(even, atol=1e-6)


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="crops"):
        d.augment(torch.zeros(1, 64, 64, 3, dtype=torch.uint8), (0,))
