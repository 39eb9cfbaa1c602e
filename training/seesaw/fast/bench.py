"""Training steps per second, interleaved in one run: plain PyTorch, the fast kernels in float32, or
with feature maps in bfloat16, where the processor multiplies such numbers.

    python -m seesaw.fast.bench --batch 32 --rounds 9

One step is forward, backward and AdamW. They take turns, so that whatever else the machine does
falls on all; minima are the figures least disturbed. On a busy machine `--clock cpu` with one
thread counts processor time instead, which waiting does not lengthen.
"""

import argparse
import itertools
import statistics
import time
from collections.abc import Callable

import torch
from torch import nn

from seesaw.fast import accelerate, mixed_by
from seesaw.networks import NETWORKS, build

KINDS = ("plain", "fast", "mixed")


def make_network(name: str, kind: str) -> nn.Module:
    network = build(name)
    return network if kind == "plain" else accelerate(network, mixed=kind == "mixed")


def make_step(network: nn.Module, batch: int) -> Callable[[], None]:
    images, target = torch.randn(batch, 3, 112, 112), torch.randn(batch, 512)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, fused=True)

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        (1 - nn.functional.cosine_similarity(network(images), target)).mean().backward()
        optimiser.step()

    return step


CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}


def seconds(step: Callable[[], None], clock: Callable[[], float]) -> float:
    start = clock()
    step()
    return clock() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=" ".join(__doc__.split("\n\n")[0].split()))
    parser.add_argument("--network", choices=sorted(NETWORKS), default="seesaw-shuffle")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--fast-per-round", type=int, default=4, help="fast steps per plain step")
    parser.add_argument("--clock", choices=sorted(CLOCKS), default="wall")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=None, help="all by default")
    options = parser.parse_args()
    clock = CLOCKS[options.clock]
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    by = mixed_by()
    kinds = options.kinds or KINDS[: 3 if by else 2]
    steps = {k: make_step(make_network(options.network, k), options.batch) for k in kinds}
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    for warm in range(options.rounds + 1):
        for turn in range(options.fast_per_round):
            for kind in kinds:
                if kind == "plain" and turn:
                    continue
                elapsed = seconds(steps[kind], clock)
                if warm:
                    times[kind].append(elapsed)
    for kind, values in times.items():
        best, median = (options.batch / f(values) for f in (min, statistics.median))
        note = f" ({by})" if kind == "mixed" else ""
        print(f"{kind:5}  best {best:6.1f} images/s, median {median:6.1f} images/s{note}")
    for slow, quick in itertools.combinations(kinds, 2):
        median, least = (f(times[slow]) / f(times[quick]) for f in (statistics.median, min))
        print(f"{quick} : {slow}  median {median:.2f}, minima {least:.2f}")


if __name__ == "__main__":
    main()
