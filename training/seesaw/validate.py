"""How closely a student follows its teachers on faces it has never seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seesaw.dataset import Teachers
from seesaw.loader import normalise
from seesaw.losses import TeacherHeads, joined


@torch.no_grad()
def embed_crops(network: nn.Module, crops: np.ndarray, batch_size: int = 32) -> Tensor:
    """Unnormalised embeddings of BGR crops, on the CPU, made in evaluation mode where the network
    is; the mode is put back after."""
    device = next(network.parameters()).device
    was_training = network.training
    network.eval()
    try:
        parts = [
            network(normalise(torch.from_numpy(np.array(crops[at : at + batch_size])).to(device)))
            for at in range(0, len(crops), batch_size)
        ]
    finally:
        network.train(was_training)
    return torch.cat(parts).float().cpu()


@dataclass(frozen=True)
class Agreement:
    """`teachers` is the mean cosine to each teacher's embedding; `relation` the correlation of all
    pairs' cosines with the teachers' mean cosines; `high_relation` the same among the pairs the
    teachers find most alike, where decisions are taken; `relation_error` the mean squared
    difference."""

    teachers: dict[str, float]
    relation: float
    high_relation: float
    relation_error: float

    def as_row(self) -> dict[str, float]:
        return {
            **self.teachers,
            "relation": self.relation,
            "high_relation": self.high_relation,
            "relation_error": self.relation_error,
        }


def agreement(
    embedding: Tensor,
    heads: TeacherHeads,
    targets: Tensor,
    teachers: Teachers,
    high_share: float = 0.01,
) -> Agreement:
    with torch.no_grad():
        projected = heads(embedding)
    unit, wanted = F.normalize(embedding), joined(targets, teachers)
    upper = torch.triu_indices(len(unit), len(unit), offset=1)
    student = (unit @ unit.T)[upper[0], upper[1]]
    teacher = (wanted @ wanted.T)[upper[0], upper[1]]
    top = teacher.topk(max(2, int(len(teacher) * high_share))).indices

    def correlation(rows: Tensor, columns: Tensor) -> float:
        return torch.corrcoef(torch.stack((rows, columns)))[0, 1].item()

    each = targets.split(list(teachers.widths.values()), dim=1)
    return Agreement(
        teachers={
            name: F.cosine_similarity(guess, part).mean().item()
            for name, guess, part in zip(teachers.names, projected, each, strict=True)
        },
        relation=correlation(student, teacher),
        high_relation=correlation(student[top], teacher[top]),
        relation_error=(student - teacher).square().mean().item(),
    )


@torch.no_grad()
def refresh_statistics(network: nn.Module, crops: np.ndarray, batch_size: int = 64) -> None:
    """Measures every BatchNorm's mean and variance anew, over unaugmented crops.

    Averaged weights do not produce the average of the statistics they were averaged with
    (Izmailov et al. 2018, arXiv 1803.05407, section 3.2).
    """
    norms = [m for m in network.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
    was_training = network.training
    network.train()
    try:
        for number, at in enumerate(range(0, len(crops) - batch_size + 1, batch_size)):
            for norm in norms:
                norm.momentum = 1 / (number + 1)  # so that the plain mean of all batches is left
            network(normalise(torch.from_numpy(crops[at : at + batch_size])))
    finally:
        network.train(was_training)
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
