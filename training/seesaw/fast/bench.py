"""Training steps per second, plain PyTorch against the fast kernels, interleaved in one run.

    python -m seesaw.fast.bench --batch 32 --rounds 9

One step is forward, backward and AdamW. The two take turns, so that whatever else the machine does
falls on both; minima are the figures least disturbed. On a busy machine `--clock cpu` with one
thread counts processor time instead, which waiting does not lengthen.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import nn

from seesaw.fast import accelerate
from seesaw.networks import NETWORKS, build


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
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--network", choices=sorted(NETWORKS), default="seesaw-shuffle")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--fast-per-round", type=int, default=4, help="fast steps per plain step")
    parser.add_argument("--clock", choices=sorted(CLOCKS), default="wall")
    parser.add_argument("--fast-only", action="store_true")
    options = parser.parse_args()
    clock = CLOCKS[options.clock]
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(0)
    fast = make_step(accelerate(build(options.network)), options.batch)
    plain = None if options.fast_only else make_step(build(options.network), options.batch)
    times: dict[str, list[float]] = {"fast": [], "plain": []}
    for warm in range(options.rounds + 1):
        for _ in range(options.fast_per_round):
            elapsed = seconds(fast, clock)
            if warm:
                times["fast"].append(elapsed)
        if plain:
            elapsed = seconds(plain, clock)
            if warm:
                times["plain"].append(elapsed)
    for label, values in times.items():
        if values:
            best, median = (options.batch / f(values) for f in (min, statistics.median))
            print(f"{label:5}  best {best:6.1f} images/s, median {median:6.1f} images/s")
    if plain:
        ratio = [statistics.median(times["plain"]) / statistics.median(times["fast"])]
        ratio.append(min(times["plain"]) / min(times["fast"]))
        print(f"ratio plain/fast: median {ratio[0]:.2f}, minima {ratio[1]:.2f}")


if __name__ == "__main__":
    main()
