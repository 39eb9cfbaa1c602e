"""Training by several processes of one thread each, which average their gradients every step.

Threads of one process meet after every layer, hundreds of times a step; on a machine that has
other work, each meeting waits for the slowest. Processes meet once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
import torch.distributed as dist
from torch import Tensor

_RANK, _SIZE, _MEETING = "SEESAW_RANK", "SEESAW_PROCESSES", "SEESAW_MEETING"


class Group:
    """The processes of a run. With one process everything here does nothing."""

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"processes must be at least 1, got {size}")
        self.size = size
        self.rank = int(os.environ.get(_RANK, "0"))
        self._others: list[subprocess.Popen[bytes]] = []
        if size == 1:
            return
        if self.rank == 0:
            meeting = str(Path(tempfile.mkdtemp(prefix="seesaw-")) / "meeting")
            os.environ.update({_SIZE: str(size), _MEETING: meeting})
            for rank in range(1, size):
                # The same command once more; the environment tells it which part it is. A session
                # of its own, so that Ctrl-C reaches the first process only, which stops the rest.
                command = [sys.executable, "-m", "seesaw.distill", *sys.argv[1:]]
                environment = {**os.environ, _RANK: str(rank)}
                self._others.append(
                    subprocess.Popen(command, env=environment, start_new_session=True)
                )
        dist.init_process_group(
            "gloo",
            init_method=f"file://{os.environ[_MEETING]}",
            rank=self.rank,
            world_size=size,
        )

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def average(self, tensors: list[Tensor]) -> None:
        """Replaces each tensor by its mean over the processes, in one exchange."""
        if self.size == 1:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        dist.all_reduce(flat)
        flat /= self.size
        at = 0
        for tensor in tensors:
            tensor.copy_(flat[at : at + tensor.numel()].view_as(tensor))
            at += tensor.numel()

    def gather(self, rows: Tensor) -> Tensor:
        """The rows of all processes, one after the other."""
        if self.size == 1:
            return rows
        parts = [torch.empty_like(rows) for _ in range(self.size)]
        dist.all_gather(parts, rows.contiguous())
        return torch.cat(parts)

    def agree(self, values: list[float]) -> list[float]:
        """The leader's numbers, in every process."""
        if self.size == 1:
            return values
        shared = torch.tensor(values, dtype=torch.float64)
        dist.broadcast(shared, 0)
        return shared.tolist()

    def close(self) -> None:
        if self.size == 1:
            return
        dist.barrier()
        dist.destroy_process_group()
        for other in self._others:
            other.wait()
