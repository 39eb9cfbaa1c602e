"""Reads a PyTorch checkpoint that nobody vouches for, and puts it into our network.

The file is loaded with `weights_only`: a pickle that wants to run code is refused. Then every key,
shape and kind of number is compared with what the network needs, and whatever differs is named.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from seesaw.checkpoint import FORMAT
from seesaw.convert.errors import refused, some, wrong_argument
from seesaw.convert.layouts import (
    Place,
    networks_with,
    official_places,
    own_places,
    parameters_in,
    unused_shapes,
)
from seesaw.networks import NETWORKS, build

# How a checkpoint names its tensors.
OFFICIAL = "official state_dict"
OWN = "state_dict of seesaw.networks"
TRAINING = "training checkpoint of seesaw.distill"

# What people put a state_dict into, together with epochs and optimisers.
WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "backbone")
PREFIX = "module."  # torch.nn.DataParallel
COUNTER = ".num_batches_tracked"


@dataclass(frozen=True)
class Imported:
    """A network with a checkpoint's weights, and what was found in the file."""

    network: nn.Module
    layout: str
    unused_parameters: int = 0


def read_file(path: Path) -> Any:
    """The content of a checkpoint: containers, numbers and tensors, nothing else."""
    if path.is_dir():
        raise refused(f"{path} is a folder, not a checkpoint")
    if not path.is_file():
        raise refused(f"{path} does not exist")
    if path.stat().st_size == 0:
        raise refused(f"{path} is empty")
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if "GLOBAL" in str(error) or "Unsupported" in str(error):
            raise refused(
                f"{path} holds more than tensors, which could run code when it is loaded: refused. "
                "Save the network's state_dict alone"
            ) from error
        raise refused(f"{path} is damaged or no PyTorch checkpoint") from error
    # A damaged file fails in as many ways as it has bytes.
    except Exception as error:
        raise refused(f"{path} is damaged or no PyTorch checkpoint: {error}") from error


def tensors_of(content: Any, path: Path) -> dict[str, Tensor]:
    """The state_dict in a file, wrapped or not, without DataParallel's prefix."""
    inner = content
    if isinstance(content, Mapping) and not any(isinstance(v, Tensor) for v in content.values()):
        inner = next((content[key] for key in WRAPPERS if key in content), content)
    if not isinstance(inner, Mapping) or not inner:
        raise refused(f"{path} holds no state_dict but {type(inner).__name__}")
    others = [str(key) for key, value in inner.items() if not isinstance(value, Tensor)]
    if others:
        raise refused(f"{path} holds no plain state_dict: {some(others)} are no tensors")
    keys = [str(key) for key in inner]
    prefix = PREFIX if all(key.startswith(PREFIX) for key in keys) else ""
    return {
        key.removeprefix(prefix): value for key, value in zip(keys, inner.values(), strict=True)
    }


def without_counters(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Without BatchNorms' counters of batches, which nothing but training reads."""
    return {
        key: tensor
        for key, tensor in tensors.items()
        if not (key.endswith(COUNTER) and f"{key.removesuffix(COUNTER)}.running_mean" in tensors)
    }


def flaw(key: str, tensor: Tensor, shape: tuple[int, ...]) -> str | None:
    """What is wrong with a tensor, or None."""
    if tuple(tensor.shape) != shape:
        return f"{key} is {shown(tensor.shape)}, not {shown(shape)}"
    if tensor.layout != torch.strided or tensor.is_quantized or not tensor.is_floating_point():
        return f"{key} holds {str(tensor.dtype).removeprefix('torch.')}, not floating-point numbers"
    # Ours are computed in fp32: a double beyond its range is as bad as an infinity.
    if not torch.isfinite(tensor.float()).all():
        return f"{key} holds NaN or infinite numbers"
    if key.endswith(".running_var") and (tensor < 0).any():
        return f"{key} holds negative variances"
    return None


def shown(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "a single number"


def check(tensors: dict[str, Tensor], places: dict[str, Place], name: str, what: str) -> None:
    """Names all that is missing, unknown or wrong."""
    missing = [key for key in places if key not in tensors]
    unknown = [key for key in tensors if key not in places]
    flaws = [
        problem
        for key, place in places.items()
        if key in tensors and (problem := flaw(key, tensors[key], place.shape))
    ]
    problems = [
        f"{len(found)} {kind}: {some(found)}"
        for kind, found in (("missing", missing), ("unknown", unknown), ("wrong", flaws))
        if found
    ]
    if not problems:
        return
    message = f"not {what} of {name}: {'; '.join(problems)}"
    other = networks_with(set(tensors)) if missing or unknown else []
    if other:
        message += f". The keys are those of {' and '.join(other)}"
    raise refused(message)


def fill(network: nn.Module, tensors: dict[str, Tensor], places: dict[str, Place]) -> nn.Module:
    """The network with the tensors at their places."""
    state = network.state_dict()  # for the counters, which a checkpoint may lack
    state.update({place.key: tensors[key].float() for key, place in places.items()})
    network.load_state_dict(state)
    return network.eval().requires_grad_(False)


def from_state_dict(name: str, tensors: dict[str, Tensor]) -> Imported:
    """A state_dict in the authors' layout or in ours, whichever has more of its keys."""
    network = build(name)
    given = without_counters(tensors)
    official, own = official_places(network), own_places(network)
    if len(own.keys() & given.keys()) > len(official.keys() & given.keys()):
        check(given, own, name, "a state_dict")
        return Imported(fill(network, given, own), OWN)
    shapes = unused_shapes(network)
    unused = {
        key: tensor for key, tensor in given.items() if shapes.get(key) == tuple(tensor.shape)
    }
    used = {key: tensor for key, tensor in given.items() if key not in unused}
    check(used, official, name, "an official checkpoint")
    return Imported(fill(network, used, official), OFFICIAL, parameters_in(unused))


def from_training(name: str, content: dict[str, Any], path: Path) -> Imported:
    """A checkpoint of `seesaw.distill`, whole or the small form that is kept: its average."""
    found = content.get("network")
    if found != name:
        raise refused(f"{path} is a training checkpoint of {found}, not of {name}")
    average = content.get("average")
    if not isinstance(average, Mapping):
        raise refused(f"{path} is a training checkpoint without averaged weights")
    # The average is of the network (0) and of the heads towards the teachers (1).
    tensors = {
        key.removeprefix("0."): value for key, value in average.items() if key.startswith("0.")
    }
    network, places = build(name), own_places(build(name))
    used = without_counters(tensors)
    check(used, places, name, "a training checkpoint")
    return Imported(fill(network, used, places), TRAINING)


def load_network(path: Path, name: str) -> Imported:
    """Reads a checkpoint of the named network."""
    if name not in NETWORKS:
        raise wrong_argument(
            "network", f"there is no {name!r}; known are {', '.join(NETWORKS)} and onnx"
        )
    content = read_file(path)
    if isinstance(content, Mapping) and content.get("format") == FORMAT:
        return from_training(name, dict(content), path)
    return from_state_dict(name, tensors_of(content, path))
