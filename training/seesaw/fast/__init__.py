"""Training Seesaw networks fast on a CPU.

`accelerate(network)` makes the forward and backward passes of a `SeesawNet` run through
hand-written kernels, with the same parameters, buffers and results.

On a machine that does other work too, set OMP_WAIT_POLICY=passive: threads that wait for each
other by spinning then leave the cores to whoever has work.
"""

from seesaw.fast.accelerate import accelerate, mixed_by

__all__ = ["accelerate", "mixed_by"]
