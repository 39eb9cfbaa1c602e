"""Endless stream of augmented batches, prepared by one process beside the training.

Batch number `n` depends on the seed and `n` alone, so training resumes at any batch exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from data import split
from seesaw.augment import augment
from seesaw.dataset import FaceSet

Batch = tuple[Tensor, Tensor, Tensor]


def batch_indices(count: int, batch_size: int, number: int, seed: int) -> np.ndarray:
    """The faces of a batch: shuffled passes over all faces, one after the other."""
    first = number * batch_size
    positions = np.arange(first, first + batch_size)
    return np.array([_pass_order(count, int(p // count), seed)[p % count] for p in positions])


@lru_cache(maxsize=2)
def _pass_order(count: int, number: int, seed: int) -> np.ndarray:
    return np.random.default_rng([seed, 1, number]).permutation(count)


class _Stream(IterableDataset[Batch]):
    def __init__(
        self,
        faces: FaceSet,
        batch_size: int,
        first: int,
        seed: int,
        part: tuple[int, int],
        augmented: bool,
    ) -> None:
        self.faces, self.batch_size, self.first, self.seed = faces, batch_size, first, seed
        self.part, self.parts = part
        self.augmented = augmented

    def __iter__(self) -> Iterator[Batch]:
        torch.set_num_threads(1)
        number = self.first
        while True:
            indices = batch_indices(len(self.faces), self.batch_size, number, self.seed)
            indices = indices[self.part :: self.parts]
            crops, targets, people = self.faces.gather(indices)
            if self.augmented:
                augment(crops, np.random.default_rng([self.seed, 2, number, self.part]))
            yield torch.from_numpy(crops), torch.from_numpy(targets), torch.from_numpy(people)
            number += 1


def batches(
    faces: FaceSet,
    batch_size: int,
    first: int,
    seed: int,
    part: tuple[int, int] = (0, 1),
    augmented: bool = True,
) -> Iterator[Batch]:
    """Batches from number `first` on: crops [B, 112, 112, 3] BGR bytes, targets, people's numbers.

    `part` (k, n) gives every n-th face of each batch, from the k-th on. Without
    `augmented` the crops are as they were prepared, for a device that augments by itself.
    """
    if faces.part != split.TRAIN:
        raise ValueError(f"faces: those of the part {faces.part!r} are held out of training")
    if batch_size < 2 * part[1] or batch_size % part[1]:
        raise ValueError(
            f"batch_size must be a multiple of the {part[1]} processes and at least twice as "
            f"many, got {batch_size}"
        )
    stream = _Stream(faces, batch_size, first, seed, part, augmented)
    return iter(DataLoader(stream, batch_size=None, num_workers=1, prefetch_factor=4))


def normalise(crops: Tensor) -> Tensor:
    """BGR bytes [B, 112, 112, 3] to the networks' input [B, 3, 112, 112]."""
    return crops.permute(0, 3, 1, 2).to(torch.float32).sub_(127.5).div_(127.5).contiguous()
