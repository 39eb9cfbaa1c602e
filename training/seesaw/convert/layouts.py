"""Where the authors' checkpoints keep what our networks call otherwise.

The Seesaw authors' classes (github.com/cvtower/seesawfacenet_pytorch) and InsightFace's iresnet100
(github.com/deepinsight/insightface) hold the same layers as `seesaw.networks` under other names.
Here is which is which, derived from the structure of our network, so that every key and every shape
that a checkpoint must have is known before one is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from seesaw.networks import NETWORKS, ArcFaceNet, InvertedResidual, SeesawBlock, build

# The first block of a stage halves the resolution and stands alone, the others are a list.
STRIDED_BLOCKS = ("conv_23", "conv_34", "conv_45")
RESIDUAL_BLOCKS = ("conv_3", "conv_4", "conv_5")

# Inside a sequence with one convolution the authors name layers by their kind.
KINDS = {nn.Conv2d: "conv", nn.BatchNorm2d: "bn", nn.PReLU: "prelu"}

MOBILE_FRAME = {
    "stem.0": "conv1.conv",
    "stem.1": "conv1.bn",
    "stem.2": "conv1.prelu",
    "stem.3": "conv2_dw.conv",
    "stem.4": "conv2_dw.bn",
    "stem.5": "conv2_dw.prelu",
    "head": "conv_6_sep",
    "pool": "conv_6_dw",
    "embed": "linear",
    "norm": "bn",
}
SEESAW_BLOCK = {
    "expand.first": "conv_1",
    "expand.second": "conv_3",
    "depthwise": "conv_dw",
    "gate.down": "se.0.fc.0",
    "gate.activation": "se.0.fc.1",
    "gate.up": "se.0.fc.2",
}
INVERTED_RESIDUAL = {"expand": "conv", "depthwise": "conv_dw", "project": "project"}

ARCFACE_FRAME = {
    "stem.0": "conv1",
    "stem.1": "bn1",
    "stem.2": "prelu",
    "tail.0": "bn2",
    "embed": "fc",
    "norm": "features",
}
ARCFACE_UNIT = {
    "residual.0": "bn1",
    "residual.1": "conv1",
    "residual.2": "bn2",
    "residual.3": "prelu",
    "residual.4": "conv2",
    "residual.5": "bn3",
    "shortcut.0": "downsample.0",
    "shortcut.1": "downsample.1",
}


@dataclass(frozen=True)
class Place:
    """A tensor of our network: its key there and its shape."""

    key: str
    shape: tuple[int, ...]


def seesaw_block_names(block: SeesawBlock) -> dict[str, str]:
    """The quarter of the channels is `project_1`, and comes first only where there is a shuffle."""
    *_, shuffle = block.shape
    first, second = ("project_1", "project_3") if shuffle else ("project_3", "project_1")
    names = {**SEESAW_BLOCK, "project.first": first, "project.second": second}
    if block.shortcut is not None:
        pooled = isinstance(block.shortcut[0], nn.MaxPool2d)
        names["shortcut"] = "mapping.1" if pooled else "mapping"
    return names


def mobile_blocks(blocks: nn.Sequential) -> Iterator[tuple[str, str]]:
    """The blocks' names: ours and the authors'."""
    stage, position = -1, 0
    for index, block in enumerate(blocks):
        if block.residual:
            yield f"blocks.{index}", f"{RESIDUAL_BLOCKS[stage]}.model.{position}"
            position += 1
        else:
            stage, position = stage + 1, 0
            yield f"blocks.{index}", STRIDED_BLOCKS[stage]


def module_names(network: nn.Module) -> dict[str, str]:
    """Our names of layers, or of sequences with one convolution, and the checkpoint's."""
    if isinstance(network, ArcFaceNet):
        names = dict(ARCFACE_FRAME)
        stage, position = 0, 0
        for index, unit in enumerate(network.units):
            strided = not isinstance(unit.shortcut, nn.Identity)
            stage, position = (stage + 1, 0) if strided else (stage, position + 1)
            for ours, theirs in ARCFACE_UNIT.items():
                names[f"units.{index}.{ours}"] = f"layer{stage}.{position}.{theirs}"
        return names
    names = dict(MOBILE_FRAME)
    for (ours, theirs), block in zip(mobile_blocks(network.blocks), network.blocks, strict=True):
        inside = INVERTED_RESIDUAL
        if not isinstance(block, InvertedResidual):
            inside = seesaw_block_names(block)
        names.update({f"{ours}.{k}": f"{theirs}.{v}" for k, v in inside.items()})
    return names


def official_places(network: nn.Module) -> dict[str, Place]:
    """Every tensor an official checkpoint of this network must hold, by its official key.

    BatchNorm's counters of batches are left out: nothing but training reads them, and checkpoints
    written before PyTorch 0.4.1 have none.
    """
    names = module_names(network)
    places: dict[str, Place] = {}
    for name, module in network.named_modules():
        tensors = dict(module.named_parameters(recurse=False))
        tensors.update(module.named_buffers(recurse=False))
        if not tensors:
            continue
        parent = name.rpartition(".")[0]
        theirs = names.get(name) or f"{names[parent]}.{KINDS[type(module)]}"
        for key, tensor in tensors.items():
            if key != "num_batches_tracked":
                places[f"{theirs}.{key}"] = Place(f"{name}.{key}", tuple(tensor.shape))
    return places


def own_places(network: nn.Module) -> dict[str, Place]:
    """The same for a checkpoint that was written from our own modules."""
    return {
        key: Place(key, tuple(tensor.shape))
        for key, tensor in network.state_dict().items()
        if not key.endswith("num_batches_tracked")
    }


def unused_shapes(network: nn.Module) -> dict[str, tuple[int, ...]]:
    """Tensors that official checkpoints may have and no forward pass reads.

    The DW classes make the shortcut's convolution in every block and use it in strided ones only.
    """
    blocks = getattr(network, "blocks", [])
    kinds = [b.shortcut for b in blocks if isinstance(b, SeesawBlock) and b.shortcut is not None]
    if not kinds:
        return {}
    prefix = "mapping.1" if isinstance(kinds[0][0], nn.MaxPool2d) else "mapping"
    shapes: dict[str, tuple[int, ...]] = {}
    for (_, theirs), block in zip(mobile_blocks(blocks), blocks, strict=True):
        if block.residual:
            channels = block.shape[0]
            shapes[f"{theirs}.{prefix}.conv.weight"] = (channels, channels, 1, 1)
            for key in ("weight", "bias", "running_mean", "running_var"):
                shapes[f"{theirs}.{prefix}.bn.{key}"] = (channels,)
    return shapes


def networks_with(keys: set[str]) -> list[str]:
    """Networks whose official or own checkpoints have just these keys, for a helpful message."""
    found = []
    for name in NETWORKS:
        with torch.device("meta"):
            network = build(name)
        if keys in (set(official_places(network)), set(own_places(network))):
            found.append(name)
    return found


def parameters_in(tensors: dict[str, Tensor]) -> int:
    """Trainable numbers; running statistics are not counted."""
    return sum(
        tensor.numel()
        for key, tensor in tensors.items()
        if key.rpartition(".")[2] in ("weight", "bias")
    )
