"""Distils a face embedding network from teachers' targets.

    python -m seesaw.distill --data PREPARED --network seesaw-shuffle --out RUN

The same command resumes a run that was stopped. SIGTERM or SIGINT writes a checkpoint and leaves.
The learning rate stays at its peak until the decay phase is asked for, by `--decay-samples N`,
`--decay-until TIME`, or a file RUN/decay which holds N or TIME; at its end training is over.
"""

from __future__ import annotations

import argparse
import copy
import csv
import functools
import json
import signal
import sys
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seesaw import checkpoint
from seesaw.dataset import Teachers, held_out_faces, training_faces
from seesaw.device_augment import augment
from seesaw.heldout import Protocol
from seesaw.loader import batches, normalise
from seesaw.losses import MarginLoss, Memory, TeacherHeads, Weights, distillation_loss, joined
from seesaw.networks import EMBEDDING_SIZE, build
from seesaw.optim import Averaged, build_optimisers, rate_factor, scale_rate
from seesaw.parallel import Group
from seesaw.validate import agreement, embed_crops

MAX_GRADIENT_NORM = 5.0
#: Faces that a new head, or the centres of the margin loss, are fitted to.
FIT_FACES = 1536
#: Faces whose agreement with the teachers is told beside the held-out rates.
AGREEMENT_FACES = 1500


@dataclass(frozen=True)
class Decay:
    """How far the decay phase is, by samples ("60000") or by the clock (an ISO time)."""

    order: str
    first_sample: int
    started: float

    def __post_init__(self) -> None:
        if self.length <= 0 and self.until <= self.started:
            raise ValueError(f"decay: {self.order!r} is neither samples nor a time to come")

    @property
    def length(self) -> int:
        return int(self.order) if self.order.isdigit() else 0

    @property
    def until(self) -> float:
        return 0.0 if self.order.isdigit() else datetime.fromisoformat(self.order).timestamp()

    def progress(self, samples: int) -> float:
        if self.length:
            return (samples - self.first_sample) / self.length
        return (time.time() - self.started) / (self.until - self.started)


class Trainer:
    """A run: the student, what it learns from, and how far it is."""

    def __init__(self, options: argparse.Namespace, group: Group) -> None:
        self.options = options
        self.out: Path = options.out
        self.group = group
        torch.manual_seed(options.seed)
        self.teachers = Teachers.parse(options.teachers)
        self.network = build(options.network)
        self.heads = TeacherHeads(EMBEDDING_SIZE, self.teachers.widths)
        self.memory = Memory(options.memory, EMBEDDING_SIZE, sum(self.teachers.widths.values()))
        self.device = torch.device(options.device)
        for module in (self.network, self.heads, self.memory):
            module.to(self.device)
        self.average = Averaged(nn.ModuleList([self.network, self.heads]), options.average)
        bf16 = options.bf16
        if options.fast:
            by = accelerate_in_place(bf16, self.network, self.average.module[0])
            self.say(f"compiled path: {by or 'fp32'}")
            bf16 = bool(by)
        self.optimisers = build_optimisers(
            (self.network, self.heads), options.lr, options.weight_decay, options.muon_lr, bf16
        )
        names = self.teachers.names
        self.faces = training_faces(options.data, options.sources, names)
        self.protocol: Protocol | None = None
        if group.leads:
            held_out = held_out_faces(options.data, options.held_out or options.sources, names)
            self.protocol = Protocol(held_out, self.teachers, options.held_out_faces)
        self.weights = Weights(options.batch_relation, options.memory_relation, options.tail)
        self.margin: MarginLoss | None = None
        if options.margin > 0:
            if not self.faces.people:
                raise ValueError("--margin: the sources name nobody")
            self.margin = MarginLoss(EMBEDDING_SIZE, self.faces.people).to(self.device)
            self.margin_optimiser = torch.optim.AdamW(
                self.margin.parameters(), lr=options.margin_lr, weight_decay=0.0, fused=True
            )
            self.margin_optimiser.param_groups[0]["peak"] = options.margin_lr
        self.samples = self.step = self.batch = self.stage = 0
        self.seconds = 0.0
        self.decay: Decay | None = None
        self.grown_from: dict[str, Any] | None = None
        self.history: list[dict[str, Any]] = []
        self.stopping = False
        self.resume()

    @property
    def augments_here(self) -> bool:
        """Whether the training device augments; else the process that loads does."""
        return self.options.augment == "device"

    @property
    def checkpoint_path(self) -> Path:
        return self.out / "checkpoint.pt"

    def state(self) -> dict[str, Any]:
        return {
            "network": self.options.network,
            "model": self.network.state_dict(),
            "heads": self.heads.state_dict(),
            "average": self.average.module.state_dict(),
            "average_updates": self.average.updates,
            "teachers": self.teachers.shares,
            "memory": self.memory.state_dict(),
            "margin": None
            if self.margin is None
            else {
                "people": self.faces.people_digest,
                "centres": self.margin.state_dict(),
                "optimiser": self.margin_optimiser.state_dict(),
            },
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "torch_rng": torch.get_rng_state(),
            "samples": self.samples,
            "step": self.step,
            "batch": self.batch,
            "batch_size": self.options.batch_size,
            "stage": self.stage,
            "seconds": self.seconds,
            "faces": self.faces.signature,
            "decay": None if self.decay is None else asdict(self.decay),
            "grown_from": self.grown_from,
            "history": self.history,
        }

    def resume(self) -> None:
        source = self.checkpoint_path
        if not source.exists():
            if self.options.start_from is None:
                return
            source = self.options.start_from
        state = checkpoint.restore_moments(checkpoint.load(source, self.options.network))
        self.network.load_state_dict(state["model"])
        saved_teachers = [key.removesuffix(".weight") for key in state["heads"]]
        same_teachers = saved_teachers == list(self.heads)
        if same_teachers:
            self.heads.load_state_dict(state["heads"])
            self.average.module.load_state_dict(state["average"])
            self.load_optimisers(state["optimisers"])
            self.average.updates = state["average_updates"]
        else:
            # Heads of other teachers are fitted to begin with; momenta fill in a warm-up.
            self.load_averaged_network(state["average"])
            self.fit_heads(state["heads"])
        memory = state.get("memory")
        if memory and {k: v.shape for k, v in memory.items()} == {
            k: v.shape for k, v in self.memory.state_dict().items()
        }:
            self.memory.load_state_dict(memory)
        torch.set_rng_state(state["torch_rng"])
        self.samples, self.step, self.batch = state["samples"], state["step"], state["batch"]
        if not same_teachers or not state["optimisers"]:
            self.step = 0  # warm up again
        self.resume_margin(state)
        self.stage, self.seconds = state["stage"], state["seconds"]
        self.grown_from = state.get("grown_from")
        # The decay belongs to the run that began it: one that starts from its end has its own.
        if source == self.checkpoint_path and state["decay"] is not None:
            self.decay = Decay(**state["decay"])
        self.history = list(state.get("history") or [])
        if state["faces"] and (state["faces"], saved_teachers) != (
            self.faces.signature,
            list(self.heads),
        ):
            # What the weights learnt from so far, for the description of the model.
            self.history.append(
                {"faces": state["faces"], "teachers": saved_teachers, "samples": self.samples}
            )
        stream = (state["faces"], state["batch_size"])
        if stream != (self.faces.signature, self.options.batch_size):
            # Other faces or other batches make another stream: begin it anew, with its own seed.
            self.stage, self.batch = self.stage + 1, 0
        self.say(f"resumed at {self.samples} samples, stage {self.stage}")

    def load_optimisers(self, states: list[dict] | None) -> None:
        # A network that was grown (seesaw.grow) comes without.
        for optimiser, saved in zip(self.optimisers if states else (), states or (), strict=True):
            peaks = [group["peak"] for group in optimiser.param_groups]
            decays = [group["weight_decay"] for group in optimiser.param_groups]
            optimiser.load_state_dict(saved)
            for group, peak, decay in zip(optimiser.param_groups, peaks, decays, strict=True):
                group["peak"], group["weight_decay"] = peak, decay

    def load_averaged_network(self, average: dict[str, Tensor]) -> None:
        """Begins network and average at the averaged network of a state with other heads."""
        weights = {k.removeprefix("0."): v for k, v in average.items() if k.startswith("0.")}
        self.network.load_state_dict(weights)
        self.average.module[0].load_state_dict(weights)

    def fit_heads(self, saved: dict[str, Tensor]) -> None:
        known = {key: value for key, value in saved.items() if key in self.heads.state_dict()}
        self.heads.load_state_dict(known, strict=False)
        new = [name for name in self.heads if f"{name}.weight" not in known]
        embedding, targets = self.sample()
        self.heads.fit(embedding, targets, new)
        self.average.module[1].load_state_dict(self.heads.state_dict())

    @functools.cache  # noqa: B019 (the trainer lives as long as the process)
    def sample(self) -> tuple[Tensor, Tensor]:
        """Embeddings of some training faces by the network as it began, and their targets."""
        order = np.random.default_rng(self.options.seed).permutation(len(self.faces))
        crops, targets, _ = self.faces.gather(order[:FIT_FACES])
        return embed_crops(self.network, crops), torch.from_numpy(targets)

    def resume_margin(self, state: dict[str, Any]) -> None:
        if self.margin is None:
            return
        saved = state.get("margin")
        if saved and saved["people"] == self.faces.people_digest:
            self.margin.load_state_dict(saved["centres"])
            self.margin_optimiser.load_state_dict(saved["optimiser"])
            return
        self.place_centres()

    @torch.no_grad()
    def place_centres(self) -> None:
        """Each person's centre where the teachers see it, carried into the student's embedding:
        from random centres the margin loss would first pull the embedding apart."""
        embedding, targets = self.sample()
        size = targets.shape[1]
        gram = targets.T @ targets + 1e-2 * torch.eye(size)
        carry = torch.linalg.solve(gram, targets.T @ F.normalize(embedding))
        sums = torch.zeros(self.faces.people, size)
        for indices in np.array_split(np.flatnonzero(self.faces.person_of >= 0), 64):
            people = torch.from_numpy(self.faces.person_of[indices])
            sums.index_add_(0, people, torch.from_numpy(self.faces.targets(indices)))
        self.margin.weight.copy_(F.normalize(F.normalize(sums) @ carry))

    def learn(self, batch: tuple[Tensor, Tensor, Tensor], decayed: float) -> dict[str, float]:
        crops, targets, people = (part.to(self.device, non_blocking=True) for part in batch)
        self.network.train()
        if self.augments_here:
            images = augment(crops, (self.options.seed, self.stage, self.batch))
        else:
            images = normalise(crops)
        autocast = self.options.bf16 and not self.options.fast
        with torch.autocast(self.device.type, torch.bfloat16, enabled=autocast):
            embedding = self.network(images)
        embedding = embedding.float()
        loss, parts = distillation_loss(
            embedding, self.heads(embedding), targets, self.teachers, self.memory, self.weights
        )
        if self.margin is not None:
            margin = self.margin(embedding, people)
            loss = loss + self.options.margin * margin
            parts["margin"] = margin.item()
            self.margin_optimiser.zero_grad(set_to_none=True)
        for optimiser in self.optimisers:
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.remember(embedding.detach(), joined(targets, self.teachers))
        every = [p for group in self.optimisers for g in group.param_groups for p in g["params"]]
        statistics = [b for b in self.network.buffers() if b.is_floating_point()]
        centres = [] if self.margin is None else [self.margin.weight.grad]
        gradients = [p.grad for p in every if p.grad is not None]
        self.group.average([*gradients, *centres, *statistics])
        norm = nn.utils.clip_grad_norm_(every, MAX_GRADIENT_NORM)
        if not torch.isfinite(norm):
            raise FloatingPointError(f"gradient is not finite at step {self.step}")
        stepping = [*self.optimisers, *([self.margin_optimiser] if self.margin else [])]
        scale_rate(stepping, rate_factor(self.step, self.options.warmup, decayed))
        for optimiser in stepping:
            optimiser.step()
        self.average.update(nn.ModuleList([self.network, self.heads]))
        self.samples += len(crops) * self.group.size
        self.step += 1
        self.batch += 1
        return {"loss": loss.item(), **parts, "gradient": norm.item()}

    def remember(self, embedding: Tensor, teacher: Tensor) -> None:
        rows = self.group.gather(torch.cat((embedding, teacher), 1))
        self.memory.push(*rows.split([embedding.shape[1], teacher.shape[1]], dim=1))

    def look_for_decay(self) -> None:
        if self.decay is not None:
            return
        order = self.options.decay_until or self.options.decay_samples
        signal_file = self.out / "decay"
        if order is None and signal_file.is_file():
            order = signal_file.read_text().strip()
        if order is not None:
            self.decay = Decay(str(order), self.samples, time.time())
            self.say(f"decay phase begins at {self.samples} samples: {order}")

    def check(self) -> None:
        """Measures the averaged weights on held-out faces; adds a line to the learning curve."""
        network, heads = self.average.module[0], copy.deepcopy(self.average.module[1]).cpu()
        protocol = self.protocol
        embedding = embed_crops(network, protocol.crops)
        some = np.random.default_rng(0).permutation(len(embedding))[:AGREEMENT_FACES]
        close = agreement(embedding[some], heads, protocol.targets[some], self.teachers)
        rates = protocol.measure(embedding)
        row: dict[str, Any] = {"samples": self.samples, "seconds": round(self.seconds)}
        for name, value in {**rates.as_row(), **close.as_row()}.items():
            row[name] = f"{value:.5f}"
        path = self.out / "curve.csv"
        is_new = not path.exists()
        with path.open("a", newline="") as file:
            writer = csv.DictWriter(file, fieldnames=list(row))
            if is_new:
                writer.writeheader()
            writer.writerow(row)
        self.say("validation " + " ".join(f"{key} {value}" for key, value in row.items()))
        self.say(f"held out {rates}")

    def plan(self) -> tuple[bool, float]:
        """Whether to go on, and how far the decay is: the leader's word, as clocks may differ."""
        self.look_for_decay()
        decayed = 0.0 if self.decay is None else self.decay.progress(self.samples)
        full = self.options.max_samples and self.samples >= self.options.max_samples
        ends = self.stopping or full or decayed >= 1.0
        ends, decayed = self.group.agree([float(ends), decayed])
        return not ends, decayed

    def run(self) -> None:
        options = self.options
        seed = options.seed + 1000 * self.stage
        part = (self.group.rank, self.group.size)
        stream = batches(
            self.faces, options.batch_size, self.batch, seed, part, not self.augments_here
        )
        self.say(f"{self.faces.signature} faces, {self.faces.people} people, seed {seed}")
        if self.group.leads:
            self.say(f"{self.protocol.faces.signature} held out")
            for name, rates in self.protocol.of_teachers().items():
                self.say(f"{name}: {rates}")
            if options.check_first:
                self.check()
        sums: dict[str, float] = {}
        counted, told, saved = 0, time.monotonic(), time.monotonic()
        checked = self.samples
        while True:
            goes_on, decayed = self.plan()
            if not goes_on:
                break
            for key, value in self.learn(next(stream), decayed).items():
                sums[key] = sums.get(key, 0.0) + value
            counted += 1
            if not self.group.leads:
                continue
            now = time.monotonic()
            if now - told >= options.report_seconds:
                self.seconds += now - told
                self.tell(
                    {key: value / counted for key, value in sums.items()}, now - told, counted
                )
                sums, counted, told = {}, 0, now
            if now - saved >= options.save_seconds:
                checkpoint.save(self.checkpoint_path, self.state())
                saved = time.monotonic()
            if self.samples - checked >= options.check_samples:
                checked = self.samples
                self.check()
                told += time.monotonic() - now
        if self.group.leads:
            checkpoint.save(self.checkpoint_path, self.state())
            if not self.stopping:
                self.check()
        self.say(f"left at {self.samples} samples")

    def say(self, line: str) -> None:
        if self.group.leads:
            say(line)

    def tell(self, means: dict[str, float], seconds: float, steps: int) -> None:
        rate = steps * self.options.batch_size / seconds
        left = ""
        if self.decay is not None:
            part = self.decay.progress(self.samples)
            if self.decay.length:
                left = f" left {self.decay.length * (1 - part) / rate:.0f} s"
            else:
                left = f" left {self.decay.until - time.time():.0f} s"
        numbers = " ".join(f"{key} {value:.4f}" for key, value in means.items())
        lr = self.optimisers[0].param_groups[0]["lr"]
        say(f"samples {self.samples} rate {rate:.1f}/s lr {lr:.2e} {numbers}{left}")


def accelerate_in_place(wants_mixed: bool, *networks: nn.Module) -> str:
    """Runs the networks by the fast path, which is compiled at need; tells how it multiplies
    bfloat16, empty where it is not asked for or the processor cannot."""
    from seesaw.fast import accelerate, mixed_by

    mixed = mixed_by() if wants_mixed else ""
    for network in networks:
        accelerate(network, bool(mixed))
    return mixed


def say(line: str) -> None:
    print(f"{datetime.now():%H:%M:%S} {line}", flush=True)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m seesaw.distill", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="output of data.prepare")
    parser.add_argument("--network", required=True)
    parser.add_argument("--out", type=Path, required=True, help="run directory, resumed if used")
    parser.add_argument("--sources", nargs="+", required=True)
    parser.add_argument(
        "--held-out", nargs="+", help="sources whose held-out faces are measured on; all by default"
    )
    parser.add_argument(
        "--held-out-faces", type=int, default=2000, help="at most so many of nobody known"
    )
    parser.add_argument(
        "--teachers",
        nargs="+",
        default=["sface:0.5", "edgeface-xs:0.5"],
        metavar="NAME[:SHARE]",
        help="and how much each counts",
    )
    parser.add_argument("--start-from", type=Path, help="checkpoint for a run that has none")
    parser.add_argument("--fast", action="store_true", help="use the compiled training path")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N")
    parser.add_argument(
        "--bf16",
        action="store_true",
        help="compute the network in bfloat16; with --fast where the processor multiplies it",
    )
    parser.add_argument(
        "--augment",
        choices=["loader", "device"],
        help="where faces are augmented; by default the device unless that is the CPU",
    )
    parser.add_argument("--threads", type=int, default=2, help="of each process")
    parser.add_argument("--processes", type=int, default=1, help="that share each batch")
    parser.add_argument("--batch-size", type=int, default=32, help="of all processes together")
    parser.add_argument("--lr", type=float, default=2e-3)
    parser.add_argument("--muon-lr", type=float, default=0.0, help="0 trains all with AdamW")
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--warmup", type=int, default=100, help="steps")
    parser.add_argument("--average", type=float, default=0.999, help="of the weights, a step")
    parser.add_argument("--memory", type=int, default=8192, help="embeddings to compare with")
    parser.add_argument("--batch-relation", type=float, default=4.0)
    parser.add_argument("--memory-relation", type=float, default=4.0)
    parser.add_argument("--tail", type=float, default=0.0, help="how much more alike pairs count")
    parser.add_argument("--margin", type=float, default=0.0, help="weight of ArcFace's loss")
    parser.add_argument("--margin-lr", type=float, default=1e-3)
    parser.add_argument("--check-first", action="store_true", help="measure before training")
    parser.add_argument("--decay-samples", type=int)
    parser.add_argument("--decay-until", help="ISO time")
    parser.add_argument("--max-samples", type=int, default=0, help="stop without decay")
    parser.add_argument("--report-seconds", type=float, default=20)
    parser.add_argument("--save-seconds", type=float, default=180)
    parser.add_argument("--check-samples", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if options.augment is None:
        options.augment = "loader" if options.device == "cpu" else "device"
    if options.device != "cpu" and (options.fast or options.processes > 1):
        parser.error(f"--device {options.device}: --fast and --processes are for the CPU")
    return options


def main(arguments: list[str] | None = None) -> None:
    options = parse(sys.argv[1:] if arguments is None else arguments)
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    options.out.mkdir(parents=True, exist_ok=True)
    group = Group(options.processes)
    trainer = Trainer(options, group)
    settings = {key: str(value) for key, value in vars(options).items()}
    trainer.say("settings " + json.dumps(settings))

    def stop(_number: int, _frame: object) -> None:
        trainer.stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    trainer.run()
    group.close()


if __name__ == "__main__":
    main()
