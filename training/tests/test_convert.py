"""Checkpoints of the authors, ours and others: read when right, named what is wrong."""

import hashlib
import json
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from test_ncnn_export import lively
from torch import Tensor, nn

from data.archives import network as network_file
from data.teachers import SFace
from seesaw.convert.__main__ import main, normalised, sample_pictures
from seesaw.convert.errors import ConvertError
from seesaw.convert.layouts import official_places, unused_shapes
from seesaw.convert.onnx_graph import load_onnx
from seesaw.convert.weights import OFFICIAL, OWN, TRAINING, load_network
from seesaw.ncnn_export import worst_cosine
from seesaw.ncnn_model import NcnnModel
from seesaw.networks import NETWORKS, build

# From instances of the authors' own classes: tensors in the state_dict, parameters, and the start
# of the sha256 of its sorted lines `key [shape]`. InsightFace's iresnet100 for the last one.
OFFICIAL_LAYOUTS = {
    "seesaw-share": (555, 1_370_176, "5c204d217451fab1"),
    "seesaw-shuffle": (555, 1_370_176, "5c204d217451fab1"),
    "dw-seesaw-v1": (1137, 4_918_176, "bbd71ffd123188ae"),
    "dw-seesaw-v2": (1137, 4_918_176, "01f91a63b6635fb6"),
    "mobilefacenet-512": (333, 1_200_512, "7d87d13ad79b37ef"),
    "mobilefacenet-512-swish": (300, 1_192_960, "9bcc391f574a5770"),
    "mobilefacenet-128": (333, 1_003_136, "8f702135c3735ab8"),
    "mobilefacenet-128-swish": (300, 995_584, "0a49e190895ee361"),
    "arcface-r100": (925, 65_156_160, "30c5c94b2426b414"),
}  # fmt: skip

UNUSED = 671_232  # parameters of the DW classes that no forward pass reads


def official_state(network: nn.Module) -> dict[str, Tensor]:
    """The network's state_dict as the authors' class would save it."""
    state = network.state_dict()
    official = {key: state[place.key] for key, place in official_places(network).items()}
    official.update({key: torch.rand(shape) for key, shape in unused_shapes(network).items()})
    for key in [key for key in official if key.endswith(".running_mean")]:
        official[key.replace("running_mean", "num_batches_tracked")] = torch.tensor(7)
    return official


@pytest.mark.parametrize("name", OFFICIAL_LAYOUTS)
def test_layout_is_that_of_the_official_class(name: str) -> None:
    with torch.device("meta"):
        state = official_state(build(name))
    lines = [f"{key} {list(tensor.shape)}" for key, tensor in sorted(state.items())]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    parameters = sum(t.numel() for k, t in state.items() if k.endswith((".weight", ".bias")))
    assert (len(state), parameters, digest[:16]) == OFFICIAL_LAYOUTS[name]


def plain(state: dict[str, Tensor]) -> Any:
    return state


def parallel(state: dict[str, Tensor]) -> Any:
    return {f"module.{key}": tensor for key, tensor in state.items()}


def wrapped(state: dict[str, Tensor]) -> Any:
    return {"epoch": 16, "state_dict": parallel(state), "optimizer": {"lr": 0.1}}


def without_counters(state: dict[str, Tensor]) -> Any:
    return {k: t for k, t in state.items() if not k.endswith("num_batches_tracked")}


def without_unused(state: dict[str, Tensor]) -> Any:
    return {k: t for k, t in state.items() if ".model." not in k or ".mapping." not in k}


def doubled(state: dict[str, Tensor]) -> Any:
    return {k: t.double() if t.is_floating_point() else t for k, t in state.items()}


FORMS = (plain, parallel, wrapped, without_counters, without_unused, doubled)
READ = [("dw-seesaw-v2", form) for form in FORMS] + [
    (name, parallel) for name in NETWORKS if name not in ("dw-seesaw-v2", "arcface-r100")
]


@pytest.mark.parametrize(("name", "form"), READ)
def test_official_checkpoints(
    name: str, form: Callable[[dict[str, Tensor]], Any], tmp_path: Path
) -> None:
    network = build(name)
    path = tmp_path / "model.pth"
    # Before PyTorch 1.6, when the authors wrote theirs, files were no archives.
    torch.save(form(official_state(network)), path, _use_new_zipfile_serialization=form is doubled)
    imported = load_network(path, name)
    assert imported.layout == OFFICIAL
    deep = name.startswith("dw-") and form is not without_unused
    assert imported.unused_parameters == (UNUSED if deep else 0)
    found = imported.network.state_dict()
    for key, tensor in network.state_dict().items():
        if not key.endswith("num_batches_tracked"):
            assert torch.equal(found[key], tensor), key


def test_own_checkpoints(tmp_path: Path) -> None:
    network = build("seesaw-share")
    path = tmp_path / "own.pt"
    torch.save(network.state_dict(), path)
    assert load_network(path, "seesaw-share").layout == OWN
    average = {f"0.{key}": tensor for key, tensor in network.state_dict().items()}
    heads = {"1.sface.weight": torch.zeros(128, 512)}
    torch.save({"format": 1, "network": "seesaw-share", "average": average | heads}, path)
    imported = load_network(path, "seesaw-share")
    assert imported.layout == TRAINING
    assert torch.equal(imported.network.embed.weight, network.embed.weight)
    with pytest.raises(ConvertError, match="training checkpoint of seesaw-share, not of mobiface"):
        load_network(path, "mobiface")


def test_the_kept_checkpoint() -> None:
    kept = Path(__file__).parents[1] / "checkpoints" / "seesaw-shuffle.pt"
    imported = load_network(kept, "seesaw-shuffle")
    assert imported.layout == TRAINING


BASE = "mobilefacenet-128"


def changed(key: str, tensor: Tensor | None) -> Callable[[dict[str, Tensor]], Any]:
    def change(state: dict[str, Tensor]) -> Any:
        state = dict(state)
        if tensor is None:
            del state[key]
        else:
            state[key] = tensor
        return state

    return change


BROKEN: list[tuple[str, Callable[[dict[str, Tensor]], Any], str]] = [
    ("a missing key", changed("linear.weight", None), "1 missing: linear.weight$"),
    ("an extra key", changed("head.weight", torch.ones(1)), "1 unknown: head.weight$"),
    ("a stray counter", changed("x.num_batches_tracked", torch.tensor(1)), "1 unknown: x.num"),
    (
        "a wrong shape",
        changed("linear.weight", torch.ones(512, 512)),
        "linear.weight is 512×512, not 128×512",
    ),
    (
        "a wrong kind of number",
        changed("bn.bias", torch.ones(128, dtype=torch.int64)),
        "bn.bias holds int64, not floating-point",
    ),
    ("NaN", changed("bn.bias", torch.full((128,), float("nan"))), "bn.bias holds NaN"),
    (
        "beyond fp32",
        changed("bn.bias", torch.full((128,), 1e300, dtype=torch.float64)),
        "bn.bias holds NaN or infinite",
    ),
    (
        "a negative variance",
        changed("bn.running_var", torch.full((128,), -1.0)),
        "bn.running_var holds negative",
    ),
    ("a shortcut that MobileFaceNet has not", changed("conv_3.model.0.mapping.conv.weight",
     torch.ones(64, 64, 1, 1)), "1 unknown: conv_3.model.0.mapping"),
    ("another network", lambda _: official_state(build("seesaw-share")),
     "The keys are those of seesaw-share and seesaw-shuffle"),
    ("no tensors", lambda _: {"epoch": 3}, "epoch are no tensors"),
    ("a tensor alone", lambda _: torch.ones(3), "no state_dict but Tensor"),
    ("nothing", lambda _: {}, "no state_dict but dict"),
]  # fmt: skip


@pytest.fixture(scope="module")
def base_state() -> dict[str, Tensor]:
    return official_state(build(BASE))


@pytest.mark.parametrize(("what", "change", "message"), BROKEN, ids=[row[0] for row in BROKEN])
def test_broken_checkpoints(
    what: str,
    change: Callable[[dict[str, Tensor]], Any],
    message: str,
    base_state: dict[str, Tensor],
    tmp_path: Path,
) -> None:
    path = tmp_path / "model.pth"
    torch.save(change(base_state), path)
    with pytest.raises(ConvertError, match=message) as caught:
        load_network(path, BASE)
    assert caught.value.code == "CHECKPOINT_INVALID"


class Payload:
    """Would make a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.path,)


def test_a_pickle_with_code_is_refused_and_not_run(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    for name, save in (
        ("new", torch.save),
        ("raw", lambda value, p: p.write_bytes(pickle.dumps(value))),
    ):
        path = tmp_path / name
        save({"linear.weight": Payload(ran)}, path)
        with pytest.raises(ConvertError, match="could run code"):
            load_network(path, BASE)
        assert not ran.exists()
    pickle.loads((tmp_path / "raw").read_bytes())
    assert ran.exists()  # so the payload does work where it is let


@pytest.mark.parametrize("network", [BASE, "onnx"])
def test_files_that_are_none(network: str, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("hello")
    (tmp_path / "folder").mkdir()
    whole = tmp_path / "whole.pth"
    torch.save(official_state(build(BASE)), whole)
    (tmp_path / "half").write_bytes(whole.read_bytes()[:1_000_000])
    load = load_onnx if network == "onnx" else lambda path: load_network(path, network)
    for name, message in (
        ("nowhere", "does not exist"),
        ("folder", "is a folder"),
        ("empty", "is empty"),
        ("text", "damaged or no"),
        ("half", "damaged or no"),
    ):
        with pytest.raises(ConvertError, match=message) as caught:
            load(tmp_path / name)
        assert caught.value.code == "CHECKPOINT_INVALID"


def face_graph(
    input_shape: tuple[int | str, ...] = (1, 3, 112, 112),
    output_shape: tuple[int | str, ...] = (1, 16),
    inputs: int = 1,
    outputs: int = 1,
    kind: int = TensorProto.FLOAT,
) -> onnx.ModelProto:
    """Convolution with block-quantised weights, PReLU, pooling, linear."""
    random = np.random.default_rng(3)
    floats = {
        "scale": random.uniform(0.01, 0.02, (8, 1, 3, 3)).astype(np.float32),
        "slope": random.uniform(0.1, 0.3, (8, 1, 1)).astype(np.float32),
        "linear": random.normal(size=(16, 8)).astype(np.float32),
        "bias": random.normal(size=16).astype(np.float32),
    }
    tensors = [numpy_helper.from_array(value, name) for name, value in floats.items()]
    quantised = random.integers(-100, 100, (8, 3, 3, 3)).astype(np.int8)
    tensors.append(numpy_helper.from_array(quantised, "quantised"))
    nodes = [
        helper.make_node(
            "DequantizeLinear", ["quantised", "scale"], ["weight"], axis=1, block_size=3
        ),
        helper.make_node("Conv", ["data", "weight"], ["a"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("PRelu", ["a", "slope"], ["b"]),
        helper.make_node("GlobalAveragePool", ["b"], ["c"]),
        helper.make_node("Flatten", ["c"], ["d"]),
        helper.make_node("Gemm", ["d", "linear", "bias"], ["out"], transB=1),
    ]
    ends_in = [helper.make_tensor_value_info("data", kind, input_shape)]
    ends_out = [helper.make_tensor_value_info("out", TensorProto.FLOAT, output_shape)]
    for i in range(1, inputs):
        ends_in.append(helper.make_tensor_value_info(f"mask{i}", TensorProto.FLOAT, (1, 1)))
        nodes.append(helper.make_node("Identity", [f"mask{i}"], [f"unread{i}"]))
    for i in range(1, outputs):
        ends_out.append(helper.make_tensor_value_info(f"box{i}", TensorProto.FLOAT, (1, 16)))
        nodes.append(helper.make_node("Identity", ["out"], [f"box{i}"]))
    graph = helper.make_graph(nodes, "faces", ends_in, ends_out, tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


@pytest.mark.parametrize("batch", [1, "N"])
def test_onnx_models(batch: int | str, tmp_path: Path) -> None:
    path = tmp_path / "faces.onnx"
    onnx.save(face_graph((batch, 3, 112, 112), (batch, 16)), path)
    graph = load_onnx(path)
    assert (graph.input_name, graph.size) == ("data", 16)
    # 8 filters of 3x3x3, a slope each, and 16 x 8 + 16 in the linear layer.
    assert graph.count_parameters() == 8 * 27 + 8 + 16 * 8 + 16
    assert graph.count_macs() == 56 * 56 * 8 * 27 + 16 * 8
    assert {node.op_type for node in graph.model.graph.node}.isdisjoint({"DequantizeLinear"})


WRONG_GRAPHS: list[tuple[str, dict[str, Any], str]] = [
    ("two inputs", {"inputs": 2}, r"2 inputs, not one: data \(float 1×3×112×112\), mask1"),
    ("five outputs", {"outputs": 5}, "5 outputs, not one: out"),
    ("a free size", {"input_shape": (1, 3, "h", "w")}, r"1×3×h×w\) is not 1×3×112×112"),
    ("another size", {"input_shape": (1, 3, 160, 160)}, "1×3×160×160"),
    ("channels last", {"input_shape": (1, 112, 112, 3)}, "Channels must come first"),
    ("a batch of two", {"input_shape": (2, 3, 112, 112)}, "2×3×112×112"),
    ("gray", {"input_shape": (1, 1, 112, 112)}, "1×1×112×112"),
    ("bytes", {"kind": TensorProto.UINT8}, "not of float numbers"),
    ("a map", {"output_shape": (1, 16, 1, 1)}, "the output out"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "shape", "message"), WRONG_GRAPHS, ids=[r[0] for r in WRONG_GRAPHS]
)
def test_onnx_models_of_another_shape(
    what: str, shape: dict[str, Any], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "faces.onnx"
    onnx.save(face_graph(**shape), path)
    with pytest.raises(ConvertError, match=message) as caught:
        load_onnx(path)
    assert caught.value.code == "CHECKPOINT_INVALID"


def test_onnx_weights_must_be_finite_and_inside(tmp_path: Path) -> None:
    path = tmp_path / "faces.onnx"
    model = face_graph()
    bias = next(t for t in model.graph.initializer if t.name == "bias")
    bias.CopyFrom(numpy_helper.from_array(np.full(16, np.inf, np.float32), "bias"))
    onnx.save(model, path)
    with pytest.raises(ConvertError, match="NaN or infinite numbers: bias"):
        load_onnx(path)
    onnx.save(face_graph(), path, save_as_external_data=True, location="w", size_threshold=0)
    with pytest.raises(ConvertError, match="weights in other files"):
        load_onnx(path)


def failure(args: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    assert main([*args, "--json"]) == 2
    return json.loads(capsys.readouterr().out)["error"]


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--input", "rgb", "--norm", "1"], "--mean: is needed"),
        (["--mean", "0", "--norm", "1"], "--input: is needed"),
        (["--input", "rgb", "--mean", "0", "--norm", "1/0"], "--norm: '1/0' is not a number"),
        (["--input", "rgb", "--mean", "0", "--norm", "0"], "--norm: is zero"),
        (["--input", "rgb", "--mean", "1,2", "--norm", "1"], "--mean: takes one number or three"),
        (["--name", "../x"], "--name: '../x' is no plain name"),
        (["--licence", " "], "--licence: is empty"),
        (["--input", "gray"], "invalid choice: 'gray'"),
        (["--network", "seesaw-tiny"], "--network: there is no 'seesaw-tiny'"),
    ],
)
def test_wrong_options(
    extra: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "faces.onnx"
    onnx.save(face_graph(), path)
    out = tmp_path / "out"
    error = failure([str(path), "--network", "onnx", "--out", str(out), *extra], capsys)
    assert error["code"] == "INVALID_ARGUMENT"
    assert message in error["message"]
    assert not out.exists()


def test_a_failed_conversion_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "faces.onnx"
    onnx.save(face_graph(), path)
    out = tmp_path / "out"
    args = [str(path), "--network=onnx", "--input=rgb", "--mean=0", "--norm=1", f"--out={out}"]
    # An NCNN that sees the picture upside down.
    honest = NcnnModel.embed_planes
    monkeypatch.setattr(
        NcnnModel, "embed_planes", lambda self, x: honest(self, x[..., ::-1, :] * 2)
    )
    error = failure(args, capsys)
    assert error["code"] == "CONVERSION_FAILED"
    assert "below 0.99999; --weights fp32" in error["message"]
    assert list(out.iterdir()) == []


def in_small_folder(folder: Path, command: list[str]) -> list[str]:
    """The command, for which that folder is a file system of 256 kB; 99 if it leaves a file."""
    mount = 'mount -t tmpfs -o size=256k none "$0" || exit 98; "$@"; code=$?; '
    look = 'ls -A "$0" | grep -qv "^[.]ses$" && exit 99; exit $code'  # .ses is PyTorch's
    return [
        "unshare",
        "--map-root-user",
        "--mount",
        "sh",
        "-c",
        mount + look,
        str(folder),
        *command,
    ]


@pytest.mark.parametrize("full", ["out", "scratch"])
def test_a_full_disk_is_told(full: str, tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("out", "scratch")}
    for folder in folders.values():
        folder.mkdir()
    if subprocess.run(in_small_folder(folders[full], ["true"]), check=False).returncode:
        pytest.skip("no mounts are allowed here")
    path = tmp_path / "model.pth"
    torch.save(official_state(lively(build(BASE))), path)
    args = [str(path), f"--network={BASE}", f"--out={folders['out']}", "--json"]
    run = subprocess.run(
        in_small_folder(folders[full], [sys.executable, "-m", "seesaw.convert", *args]),
        cwd=Path(__file__).parents[1],
        env={**os.environ, "TMPDIR": str(folders["scratch"])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2, run.stderr
    error = json.loads(run.stdout)["error"]
    assert error["code"] == "FILE_WRITE", error
    assert re.fullmatch(
        rf'"{folders[full]}/.*" cannot be written: no space is left', error["message"]
    )
    assert list(folders["out"].iterdir()) == []


def test_an_onnx_model_is_converted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "faces.onnx"
    onnx.save(face_graph(("N", 3, 112, 112), ("N", 16)), path)
    args = [str(path), "--network=onnx", "--input=rgb", "--mean=127.5", "--norm=1/128"]
    args += [f"--out={tmp_path}", "--licence=MIT", "--source=a test"]
    assert main([*args, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    manifest = json.loads((tmp_path / "faces.json").read_text())
    assert manifest["input"]["norm"] == [1 / 128] * 3
    assert manifest["output"]["size"] == 16
    assert manifest["licence"] == {"spdx": "MIT"}
    assert manifest["provenance"]["file"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    for file in manifest["files"].values():
        content = (tmp_path / file["name"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (
            file["bytes"],
            file["sha256"],
        )
    planes = normalised(sample_pictures(), manifest["input"])
    expected = load_onnx(path).embed(planes)
    model = NcnnModel(tmp_path / "faces.param", tmp_path / "faces.bin")
    assert worst_cosine(expected, model.embed_planes(planes)) >= 0.99999
    assert np.allclose(expected[0], report["probe"]["embedding"])
    # A second time only when it is asked for; what is there stays as it is.
    assert "exists already" in failure(args, capsys)["message"]
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "faces.bin",
        "faces.json",
        "faces.onnx",
        "faces.param",
    ]
    assert main([*args, "--force", "--input=bgr"]) == 0


def test_a_checkpoint_is_converted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    network = lively(build(BASE))
    path = tmp_path / "model.pth"
    torch.save(parallel(official_state(network)), path)
    args = [str(path), f"--network={BASE}", "--weights=fp32", f"--out={tmp_path}"]
    assert main(args) == 0
    manifest = json.loads((tmp_path / f"{BASE}.json").read_text())
    assert manifest["architecture"]["parameters"] == 1_003_136
    assert manifest["architecture"]["macs"] == 220_965_376
    assert manifest["input"]["channels"] == "bgr"
    assert manifest["precision"] == "fp32"
    assert manifest["licence"] == {"spdx": "unknown"}
    pictures = sample_pictures()
    planes = torch.from_numpy(normalised(pictures, manifest["input"]))
    expected = network(planes).numpy()
    assert worst_cosine(expected, np.roll(expected, 1, axis=0)) < 0.9  # else this says nothing
    # By the other route, from BGR bytes.
    model = NcnnModel(tmp_path / f"{BASE}.param", tmp_path / f"{BASE}.bin")
    assert worst_cosine(expected, model.embed(pictures[..., ::-1])) >= 0.99999


def test_sface_is_converted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The published model, pinned by its hash, against the teacher that PyTorch makes of it."""
    try:
        path = network_file("sface")
    except (RuntimeError, FileNotFoundError) as error:
        pytest.skip(f"the model cannot be got here: {error}")
    args = [str(path), "--network=onnx", "--input=rgb", "--mean=0", "--norm=1", "--name=sface"]
    assert main([*args, f"--out={tmp_path}", "--licence=Apache-2.0"]) == 0
    manifest = json.loads((tmp_path / "sface.json").read_text())
    assert manifest["output"]["size"] == 128
    assert manifest["architecture"]["parameters"] == 9_642_880
    pictures = sample_pictures()
    computed = NcnnModel(tmp_path / "sface.param", tmp_path / "sface.bin").embed_planes(
        normalised(pictures, manifest["input"])
    )
    bgr = np.ascontiguousarray(pictures[..., ::-1])
    assert worst_cosine(SFace(cache=path.parent).embed(bgr), computed) >= 0.99999
