"""Training Seesaw networks fast on a CPU.

`accelerate(network)` makes the forward and backward passes of a `SeesawNet` run through hand-written
kernels, with the same parameters, buffers and results.
"""

from seesaw.fast.accelerate import accelerate

__all__ = ["accelerate"]
