"""EdgeFace-XS from a published int8 checkpoint, as plain fp32 weights.

The file is read from a clone of the repository below, never executed: `weights_only` builds tensors
and refuses anything else. Linear layers hold their weights as quantised pairs, which are unpacked.
"""

import hashlib
import io
import os
from pathlib import Path

import torch
from torch import Tensor, nn

from .sources import Tree

REPOSITORY = "iwantgobackhome/Atec_EdgeFace"
FILE = "checkpoints/edgeface_xs_q.pt"
SHA256 = "a31314377876ab9fa2a75e5638bc528efe79fd17d5c9c0a228fb7f846d7581a6"
# The authors' code is BSD-3-Clause, the page of the original weights says this: the stricter holds.
LICENCE = "CC BY-NC-SA 4.0 (EdgeFace, George et al. 2024)"
SIZE = 512

_PREFIX = "model."
_PACKED = "._packed_params._packed_params"


def plain(state: dict) -> dict[str, Tensor]:
    """fp32 tensors by timm's names; settings of the quantised layers are left out."""
    weights: dict[str, Tensor] = {}
    for key, value in state.items():
        name = key.removeprefix(_PREFIX)
        if name.endswith(_PACKED):
            layer = name.removesuffix(_PACKED)
            weight, bias = value
            weights[f"{layer}.weight"] = weight.dequantize().float()
            if bias is not None:
                weights[f"{layer}.bias"] = bias.detach().float()
        elif isinstance(value, Tensor) and not name.endswith((".scale", ".zero_point")):
            weights[name] = value.detach().float()
    return weights


def read(content: bytes, sha256: str = SHA256) -> dict[str, Tensor]:
    actual = hashlib.sha256(content).hexdigest()
    if actual != sha256:
        raise ValueError(f"{FILE}: sha256 is {actual}, expected {sha256}")
    return plain(torch.load(io.BytesIO(content), map_location="cpu", weights_only=True))


def build(weights: dict[str, Tensor]) -> nn.Module:
    import timm

    network = timm.create_model("edgenext_x_small", pretrained=False)
    network.reset_classifier(SIZE)
    network.load_state_dict(weights)
    return network.eval().requires_grad_(False)


def export(repository: Path, target: Path) -> Path:
    """Writes the network as ONNX with a free batch; what stands there already is kept."""
    if target.is_file():
        return target
    tree = Tree(repository)
    network = build(read(tree.read(FILE)))
    tree.close()
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.with_suffix(f".{os.getpid()}.onnx")
    torch.onnx.export(
        network,
        (torch.zeros(2, 3, 112, 112),),
        str(staged),
        dynamo=False,
        input_names=["data"],
        output_names=["embedding"],
        dynamic_axes={"data": {0: "batch"}, "embedding": {0: "batch"}},
    )
    staged.replace(target)
    return target
