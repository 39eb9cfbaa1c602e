"""Checkpoints: everything training needs to go on exactly where it stopped.

    python -m seesaw.checkpoint RUN/checkpoint.pt --keep checkpoints/NAME.pt

writes the small form that is kept in the repository: fp16, and without the embeddings of recent
faces. `seesaw.distill --start-from` goes on from either.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import torch

FORMAT = 1


class CheckpointError(ValueError):
    """The file is not a checkpoint of this trainer, or of another network."""


def save(path: Path, state: dict[str, Any]) -> None:
    """Writes beside the file, then renames: a stop at any moment leaves a whole checkpoint."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        torch.save({"format": FORMAT, **state}, file)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def load(path: Path, network: str | None = None) -> dict[str, Any]:
    if not path.is_file():
        raise CheckpointError(f"checkpoint {path} does not exist")
    state = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise CheckpointError(f"{path} is not a checkpoint of format {FORMAT}")
    if network is not None and state["network"] != network:
        raise CheckpointError(f"{path} holds {state['network']}, not {network}")
    return state


def halve(value: Any) -> Any:
    """Float tensors as fp16, for a checkpoint that is kept rather than resumed bit for bit.

    AdamW's second moments lie below fp16's range: their square roots, which the update uses,
    do not; `restore_moments` squares them again.
    """
    if isinstance(value, torch.Tensor):
        # Scalars are step counts, which fp16 cannot hold.
        return value.half() if value.dtype == torch.float32 and value.ndim else value
    if isinstance(value, dict):
        return {
            ("root_exp_avg_sq" if key == "exp_avg_sq" else key): halve(
                item.sqrt() if key == "exp_avg_sq" else item
            )
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [halve(item) for item in value]
    return value


def restore_moments(value: Any) -> Any:
    """The opposite of `halve` as far as fp16 allows."""
    if isinstance(value, torch.Tensor):
        return value.float() if value.dtype == torch.float16 else value
    if isinstance(value, dict):
        return {
            ("exp_avg_sq" if key == "root_exp_avg_sq" else key): (
                restore_moments(item).square()
                if key == "root_exp_avg_sq"
                else restore_moments(item)
            )
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [restore_moments(item) for item in value]
    return value


def from_average(state: dict[str, Any]) -> dict[str, Any]:
    """A state that begins where the averaged weights are."""
    prefixes = {"model": "0.", "heads": "1."}  # the average is of a list of both
    parts = {
        name: {
            key.removeprefix(prefix): value
            for key, value in state["average"].items()
            if key.startswith(prefix)
        }
        for name, prefix in prefixes.items()
    }
    return {**state, **parts}


def average_only(state: dict[str, Any]) -> dict[str, Any]:
    """The same without optimisers' memory."""
    return {**from_average(state), "average_updates": 0, "optimisers": None}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m seesaw.checkpoint", description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--keep", type=Path, required=True, help="file to write")
    parser.add_argument(
        "--average-only",
        action="store_true",
        help="the averaged weights alone, for networks too large to be kept whole",
    )
    parser.add_argument(
        "--from-average",
        action="store_true",
        help="the averaged weights, which a decay ends at, in place of the others: a third less",
    )
    options = parser.parse_args()
    state = load(options.checkpoint)
    # Embeddings of people's faces are not to be published, and the memory fills in a few steps.
    # A decay that is over must not end the run that goes on from here.
    state = {key: value for key, value in state.items() if key not in ("memory", "format")}
    state["decay"] = None
    state = halve(state)
    # After the halving: tensors that are the same are then stored once.
    if options.average_only:
        state = average_only(state)
    elif options.from_average:
        state = from_average(state)
    options.keep.parent.mkdir(parents=True, exist_ok=True)
    save(options.keep, state)
    print(f"{options.keep}: {options.keep.stat().st_size} bytes")


if __name__ == "__main__":
    main()
