"""Distillation losses: follow the teachers' embeddings, and the geometry they agree on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seesaw.dataset import Teachers


class TeacherHeads(nn.ModuleDict):
    """Linear maps from the student's embedding to each teacher's; thrown away after training.

    They start with orthonormal rows where those fit, so that at first they keep the embedding's
    geometry.
    """

    def __init__(self, embedding_size: int, widths: dict[str, int]) -> None:
        super().__init__(
            {name: nn.Linear(embedding_size, width, bias=False) for name, width in widths.items()}
        )
        total = sum(widths.values())
        basis = torch.empty(total, embedding_size)
        nn.init.orthogonal_(basis)
        with torch.no_grad():
            for layer, rows in zip(self.values(), basis.split(list(widths.values())), strict=True):
                layer.weight.copy_(rows)

    @classmethod
    def like(cls, state: dict[str, Tensor], embedding_size: int) -> TeacherHeads:
        """Heads of the teachers and sizes that a saved state has."""
        widths = {key.removesuffix(".weight"): len(weight) for key, weight in state.items()}
        return cls(embedding_size, widths)

    def forward(self, embedding: Tensor) -> list[Tensor]:
        return [layer(embedding) for layer in self.values()]

    @torch.no_grad()
    def fit(
        self, embedding: Tensor, targets: Tensor, names: list[str], ridge: float = 1e-3
    ) -> None:
        """Sets the named heads to the least-squares maps from embeddings to targets."""
        parts = targets.split([layer.out_features for layer in self.values()], dim=1)
        gram = embedding.T @ embedding
        gram.diagonal().add_(ridge * gram.diagonal().mean())
        for (name, layer), part in zip(self.items(), parts, strict=True):
            if name in names:
                layer.weight.copy_(torch.linalg.solve(gram, embedding.T @ part).T)


def joined(targets: Tensor, teachers: Teachers) -> Tensor:
    """Unit vectors whose cosines are the teachers' mean cosines, weighted by their shares."""
    parts = targets.split(list(teachers.widths.values()), dim=1)
    shares = teachers.shares.values()
    return torch.cat([part * math.sqrt(s) for part, s in zip(parts, shares, strict=True)], 1)


class Memory(nn.Module):
    """The last embeddings of student and teachers, so that each face is compared with many.

    A small batch has few pairs, and hardly any of strangers that look alike; embeddings of the last
    hundred steps have moved little, so they make a far less noisy estimate for the price of one
    small product.
    """

    def __init__(self, size: int, embedding_size: int, teacher_size: int) -> None:
        super().__init__()
        self.size = size
        self.register_buffer("student", torch.zeros(size, embedding_size))
        self.register_buffer("teacher", torch.zeros(size, teacher_size))
        self.register_buffer("written", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def push(self, student: Tensor, teacher: Tensor) -> None:
        student = F.normalize(student.detach())
        rows = (torch.arange(len(student), device=student.device) + int(self.written)) % self.size
        self.student[rows] = student
        self.teacher[rows] = teacher
        self.written += len(student)

    def __len__(self) -> int:
        return min(self.size, int(self.written))


@dataclass(frozen=True)
class Weights:
    batch_relation: float = 4.0
    memory_relation: float = 4.0
    #: How much more pairs count that student or teachers find alike: a pair at cosine c counts
    #: e^(tail c), scaled to a mean of 1. Errors at low rates come from those pairs alone.
    tail: float = 0.0


def relation_loss(student: Tensor, teacher: Tensor, tail: float, counted: Tensor | None) -> Tensor:
    """Weighted mean squared difference of two matrices of cosines, of the counted pairs."""
    error = (student - teacher).square()
    weight = torch.ones_like(error)
    if tail:
        weight = (tail * torch.maximum(student.detach(), teacher)).exp()
    if counted is not None:
        weight = weight * counted
    return (error * weight).sum() / weight.sum()


def distillation_loss(
    embedding: Tensor,
    projected: list[Tensor],
    targets: Tensor,
    teachers: Teachers,
    memory: Memory,
    weights: Weights,
) -> tuple[Tensor, dict[str, float]]:
    """The loss and its parts. `embedding` is not normalised, `targets` are unit vectors.

    The batch is not put into the memory here: that must wait until gradients are taken.
    """
    parts: dict[str, float] = {}
    loss = embedding.new_zeros(())
    each = targets.split(list(teachers.widths.values()), dim=1)
    for (name, share), guess, wanted in zip(teachers.shares.items(), projected, each, strict=True):
        distance = 1.0 - F.cosine_similarity(guess, wanted).mean()
        parts[name] = distance.item()
        loss = loss + 2.0 * share * distance

    unit, teacher = F.normalize(embedding), joined(targets, teachers)
    others = 1.0 - torch.eye(len(unit), device=unit.device)
    batch = relation_loss(unit @ unit.T, teacher @ teacher.T, weights.tail, others)
    distant = unit.new_zeros(())
    remembered = len(memory)
    if remembered:
        distant = relation_loss(
            unit @ memory.student[:remembered].T,
            teacher @ memory.teacher[:remembered].T,
            weights.tail,
            None,
        )
    loss = loss + weights.batch_relation * batch + weights.memory_relation * distant
    return loss, {**parts, "batch": batch.item(), "memory": distant.item()}


class MarginLoss(nn.Module):
    """ArcFace's additive angular margin (Deng et al. 2019, arXiv 1801.07698) on known people.

    Faces of nobody known (label -1) take no part.
    """

    def __init__(
        self, embedding_size: int, people: int, scale: float = 32.0, margin: float = 0.3
    ) -> None:
        super().__init__()
        self.scale, self.margin = scale, margin
        self.weight = nn.Parameter(F.normalize(torch.randn(people, embedding_size)))

    def forward(self, embedding: Tensor, labels: Tensor) -> Tensor:
        known = labels >= 0
        if not known.any():
            return embedding.sum() * 0.0 + self.weight.sum() * 0.0
        labels = labels[known]
        cosine = F.normalize(embedding[known]) @ F.normalize(self.weight).T
        own = cosine.gather(1, labels[:, None]).clamp(-1 + 1e-6, 1 - 1e-6)
        # Beyond pi - margin the angle could not grow any more: a plain cosine with an offset there.
        shifted = torch.where(
            own > -math.cos(self.margin),
            torch.cos(own.acos() + self.margin),
            own - self.margin * math.sin(self.margin),
        )
        logits = self.scale * cosine.scatter(1, labels[:, None], shifted)
        return F.cross_entropy(logits, labels)
