"""Distillation losses: follow both teachers' embeddings, and the geometry they agree on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seesaw.dataset import TEACHER_SIZES


class TeacherHeads(nn.Module):
    """Linear maps from the student's embedding to each teacher's; thrown away after training.

    They start with orthonormal rows, so that at first they keep the embedding's geometry.
    """

    def __init__(self, embedding_size: int) -> None:
        super().__init__()
        self.sface = nn.Linear(embedding_size, TEACHER_SIZES["sface"], bias=False)
        self.mfn = nn.Linear(embedding_size, TEACHER_SIZES["mfn"], bias=False)
        basis = nn.init.orthogonal_(torch.empty(sum(TEACHER_SIZES.values()), embedding_size))
        with torch.no_grad():
            self.sface.weight.copy_(basis[: TEACHER_SIZES["sface"]])
            self.mfn.weight.copy_(basis[TEACHER_SIZES["sface"] :])

    def forward(self, embedding: Tensor) -> tuple[Tensor, Tensor]:
        return self.sface(embedding), self.mfn(embedding)


def teacher_relation(sface: Tensor, mfn: Tensor, others: tuple[Tensor, Tensor]) -> Tensor:
    """Mean of the two teachers' cosines between unit vectors and other unit vectors."""
    return 0.5 * (sface @ others[0].T + mfn @ others[1].T)


class Memory(nn.Module):
    """The last embeddings of student and teachers, so that each face is compared with many.

    A small batch has few pairs; embeddings of the last few dozen steps have hardly moved, so
    they make a far less noisy estimate of the relation for the price of one small product.
    """

    def __init__(self, size: int, embedding_size: int) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("student", torch.zeros(size, embedding_size))
        self.register_buffer("sface", torch.zeros(size, TEACHER_SIZES["sface"]))
        self.register_buffer("mfn", torch.zeros(size, TEACHER_SIZES["mfn"]))
        self.register_buffer("written", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def push(self, student: Tensor, sface: Tensor, mfn: Tensor) -> None:
        student = F.normalize(student.detach())
        rows = (torch.arange(len(student)) + int(self.written)) % self.size
        self.student[rows] = student
        self.sface[rows] = sface
        self.mfn[rows] = mfn
        self.written += len(student)

    def __len__(self) -> int:
        return min(self.size, int(self.written))


@dataclass(frozen=True)
class Weights:
    batch_relation: float = 4.0
    memory_relation: float = 4.0


def distillation_loss(
    embedding: Tensor,
    projected: tuple[Tensor, Tensor],
    targets: tuple[Tensor, Tensor],
    memory: Memory,
    weights: Weights,
) -> tuple[Tensor, dict[str, float]]:
    """The loss and its parts. `embedding` is not normalised, `targets` are unit vectors.

    The batch is not put into the memory here: that must wait until gradients are taken.
    """
    sface, mfn = targets
    cosine_sface = 1.0 - F.cosine_similarity(projected[0], sface).mean()
    cosine_mfn = 1.0 - F.cosine_similarity(projected[1], mfn).mean()
    unit = F.normalize(embedding)

    # The diagonal is 1 on both sides: it adds nothing, so the mean is over the pairs.
    pairs = len(unit) * (len(unit) - 1)
    difference = unit @ unit.T - teacher_relation(sface, mfn, (sface, mfn))
    batch = (difference - torch.diag_embed(difference.diagonal())).square().sum() / pairs

    remembered = len(memory)
    if remembered:
        known = (memory.sface[:remembered], memory.mfn[:remembered])
        similarity = unit @ memory.student[:remembered].T
        distant = (similarity - teacher_relation(sface, mfn, known)).square().mean()
    else:
        distant = unit.new_zeros(())

    loss = cosine_sface + cosine_mfn
    loss = loss + weights.batch_relation * batch + weights.memory_relation * distant
    parts = {
        "sface": cosine_sface.item(),
        "mfn": cosine_mfn.item(),
        "batch": batch.item(),
        "memory": distant.item(),
    }
    return loss, parts
