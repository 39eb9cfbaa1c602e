"""Builds and loads the kernels; the compiled library is kept and reused."""

import functools
import os
import sys
from pathlib import Path
from types import ModuleType

from torch.utils import cpp_extension

SOURCES = (
    "module.cc",
    "backbone.cc",
    "backbone_plan.cc",
    "norm_site.cc",
    "pointwise.cc",
    "depthwise.cc",
    "project.cc",
    "gate.cc",
    "ends.cc",
    "shortcut.cc",
    "tiles.cc",
    "packed.cc",
    "mixed_pointwise.cc",
    "mixed_project.cc",
)

# Not -ffast-math: the kernels round by adding a large number, which it would remove, and it would
# switch the denormal handling of the whole process.
FLAGS = [
    "-std=c++20",
    "-O3",
    "-march=native",
    "-fopenmp",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=fast",
    "-Wall",
    "-Wno-psabi",
    "-Wno-maybe-uninitialized",  # false alarms inside the compiler's own intrinsics
]


@functools.cache
def load() -> ModuleType:
    """The compiled kernels. Takes a minute the first time, then nothing."""
    # An environment that was not activated has ninja next to its interpreter, but not on the path.
    os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    folder = Path(__file__).parent / "csrc"
    return cpp_extension.load(
        name="seesaw_fast",
        sources=[str(folder / source) for source in SOURCES],
        extra_cflags=FLAGS,
        extra_ldflags=["-fopenmp"],
        verbose=bool(os.environ.get("SEESAW_VERBOSE")),
    )
