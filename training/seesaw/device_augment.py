"""The augmentation of `augment.py` for whole batches in PyTorch, on the device that trains.

The same kinds and strengths; the draws and the arithmetic differ, so a run goes on exactly only
with the one it began with. Sizes and sigmas of low resolution, blur and JPEG are drawn once a batch
instead of once a face. Everything follows from the generator.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

SIDE = 112


class _Draws:
    """Random numbers for each face of a batch, on the CPU: the same on every device."""

    def __init__(self, faces: int, device: torch.device, seed: tuple[int, ...]) -> None:
        self.faces, self.device = faces, device
        mixed = 0
        for number in seed:
            mixed = (mixed * 0x9E3779B97F4A7C15 + number + 1) % (1 << 63)
        self.generator = torch.Generator().manual_seed(mixed)

    def unit(self, *shape: int) -> Tensor:
        drawn = torch.rand(self.faces, *shape, generator=self.generator)
        return drawn.to(self.device, non_blocking=True)

    def between(self, low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * self.unit(*shape)

    def bell(self, spread: float, *shape: int) -> Tensor:
        """Roughly normal with standard deviation `spread`, never beyond 2.5 of them."""
        return (self.unit(*shape) + self.unit(*shape) - 1.0) * 2.45 * spread

    def chance(self, probability: float) -> Tensor:
        return (self.unit() < probability)[:, None, None, None]

    def once(self, low: float, high: float) -> float:
        """One number for the batch."""
        return low + (high - low) * float(torch.rand((), generator=self.generator))


def _warp(faces: Tensor, draws: _Draws) -> Tensor:
    """Mirror, and the alignment noise a detector's landmarks would cause."""
    angle, scale = draws.bell(math.radians(4.0)), 1.0 + draws.bell(0.04)
    shift = torch.stack((draws.bell(2.0), draws.bell(2.0)), 1) * (2 / SIDE)
    cos, sin = angle.cos() / scale, angle.sin() / scale
    mirror = torch.where(draws.unit() < 0.5, -1.0, 1.0)
    rotation = torch.stack(
        (torch.stack((cos * mirror, sin * mirror), 1), torch.stack((-sin, cos), 1)), 1
    )
    # grid_sample wants where each output pixel comes from: the inverse of the warp.
    offset = -(rotation @ shift[:, :, None])
    matrix = torch.cat((rotation, offset), 2)
    grid = F.affine_grid(matrix, list(faces.shape), align_corners=False)
    edges = F.grid_sample(faces, grid, padding_mode="border", align_corners=False)
    inside = (grid.abs() <= 1.0).all(-1)[:, None]
    return torch.where(draws.chance(0.5) | inside, edges, edges.new_zeros(()))


def _gray(faces: Tensor) -> Tensor:
    weights = faces.new_tensor([0.114, 0.587, 0.299])  # of BGR
    return (faces * weights[:, None, None]).sum(1, keepdim=True).expand_as(faces)


def _colour(faces: Tensor, draws: _Draws) -> Tensor:
    """Gamma, contrast, brightness and white balance; then saturation. Faces are 0 to 1."""

    def each(values: Tensor) -> Tensor:
        return values[:, None, None, None]

    gamma, contrast = torch.exp2(draws.bell(0.35)), 1.0 + draws.bell(0.2)
    curve = faces.clamp_min(1e-4) ** each(gamma)
    curve = (curve - 0.5) * each(contrast) + 0.5 + each(draws.bell(0.1))
    faces = (curve * (1.0 + draws.bell(0.05, 3)[:, :, None, None])).clamp(0, 1)
    gray, amount = _gray(faces), each(draws.between(0.3, 1.5))
    out, saturate = draws.chance(0.1), draws.chance(0.4)
    toned = torch.where(saturate, gray + amount * (faces - gray), faces)
    return torch.where(out, gray, toned).clamp(0, 1)


def _blur(faces: Tensor, sigma: float) -> Tensor:
    radius = math.ceil(3 * sigma)
    at = torch.arange(-radius, radius + 1, device=faces.device, dtype=faces.dtype)
    kernel = torch.exp(-0.5 * (at / sigma) ** 2)
    kernel = (kernel / kernel.sum()).expand(3, 1, 1, -1)
    faces = F.pad(faces, (radius,) * 4, mode="reflect")
    faces = F.conv2d(faces, kernel, groups=3)
    return F.conv2d(faces, kernel.transpose(2, 3), groups=3)


# The luminance table of JPEG (ITU T.81, annex K), for all channels here.
_TABLE = (
    (16, 11, 10, 16, 24, 40, 51, 61), (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56), (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77), (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101), (72, 92, 95, 98, 112, 100, 103, 99),
)  # fmt: skip


def _jpeg(faces: Tensor, quality: float) -> Tensor:
    """What JPEG leaves of each 8x8 block."""
    at = torch.arange(8, device=faces.device, dtype=faces.dtype)
    cosine = torch.cos((2 * at[None, :] + 1) * at[:, None] * math.pi / 16) / 2
    cosine[0] /= math.sqrt(2)
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    table = (faces.new_tensor(_TABLE) * scale / 100).clamp_min(1).round() / 255
    blocks = faces.unfold(2, 8, 8).unfold(3, 8, 8)
    coded = cosine @ (blocks - 0.5) @ cosine.T
    blocks = cosine.T @ ((coded / table).round() * table) @ cosine + 0.5
    return blocks.permute(0, 1, 2, 4, 3, 5).reshape(faces.shape).clamp(0, 1)


def _degrade(faces: Tensor, draws: _Draws) -> Tensor:
    """What cameras and codecs take away: resolution, sharpness, bits; and sensor noise."""
    low, blurred, noisy, packed = (draws.chance(p) for p in (0.15, 0.1, 0.1, 0.12))
    side = int(draws.once(24, 80))
    small = F.interpolate(faces, size=(side, side), mode="area")
    wide = F.interpolate(small, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
    faces = torch.where(low, wide, faces)
    faces = torch.where(blurred, _blur(faces, draws.once(0.4, 1.8)), faces)
    strength = draws.between(2.0, 12.0)[:, None, None, None] / 255
    grain = torch.randn(faces.shape[1:], generator=draws.generator).to(faces)
    # One grain for the batch, turned and shifted for each face, costs no large draw.
    grain = torch.stack(
        [grain.roll((7 * i, 13 * i), (1, 2)) * (1 if i % 2 else -1) for i in range(len(faces))]
    )
    faces = torch.where(noisy, (faces + strength * grain).clamp(0, 1), faces)
    return torch.where(packed, _jpeg(faces, draws.once(15, 80)), faces)


def _cover(faces: Tensor, draws: _Draws) -> Tensor:
    """A rectangle anywhere, or a patch over the lower face as a mask would be."""

    def each(values: Tensor) -> Tensor:
        return values[:, None, None]

    erase, mask = draws.chance(0.1), draws.chance(0.06)
    width, height = draws.between(12, 48), draws.between(12, 48)
    left, top = draws.unit() * (SIDE - width), draws.unit() * (SIDE - height)
    bridge, edge = draws.between(60, 72), draws.between(2, 18)
    chin = draws.between(104, 112)
    colour = draws.unit(3)[:, :, None, None].expand_as(faces)
    at = torch.arange(SIDE, device=faces.device, dtype=faces.dtype)
    x, y = at[None, None, :], at[None, :, None]
    box = (x >= each(left)) & (x <= each(left + width))
    box = box & (y >= each(top)) & (y <= each(top + height))
    middle = (SIDE - 1) / 2
    # Above, a line that rises to the nose; sides that close in to the chin.
    share = (x - middle).abs() / each(middle - edge).clamp_min(1.0)
    patch = (y >= each(bridge - 4) + 10 * share) & (share <= 1.0)
    patch = patch & (y <= each(chin) - 8 * share)
    faces = torch.where(erase & box[:, None], colour, faces)
    return torch.where(mask & patch[:, None], colour, faces)


def augment(crops: Tensor, seed: tuple[int, ...]) -> Tensor:
    """A batch [N, 112, 112, 3] of BGR bytes as the networks' input [N, 3, 112, 112], augmented."""
    if crops.ndim != 4 or crops.shape[1:] != (SIDE, SIDE, 3) or crops.dtype != torch.uint8:
        raise ValueError(
            f"crops must be uint8 [N, {SIDE}, {SIDE}, 3], got {crops.dtype} {tuple(crops.shape)}"
        )
    draws = _Draws(len(crops), crops.device, seed)
    faces = crops.permute(0, 3, 1, 2).float() / 255
    faces = _cover(_degrade(_colour(_warp(faces, draws), draws), draws), draws)
    # As bytes would be: what the deployed network sees.
    return (faces * 255).round().sub_(127.5).div_(127.5).contiguous()
