"""Which faces are held out for good: by a hash of what they belong to, never by their position.

A face's group is its family where families are known, else its own file. A tenth of all groups is
held out, half of it to choose and calibrate by, half to report. Nothing random and no list decides
it: a face added, left out or renamed elsewhere moves no other.
"""

import hashlib
from collections.abc import Iterable

import numpy as np

TRAIN, CHOOSE, REPORT = "train", "choose", "report"
PARTS = (TRAIN, CHOOSE, REPORT)
# Twenty equal shares: one to choose by, one to report, eighteen to train on.
_SHARES = 20
# Never change it: what was held out would be trained on.
_SALT = b"seesawface held out 1\0"


def part(group: str) -> str:
    """TRAIN, CHOOSE or REPORT."""
    digest = hashlib.sha256(_SALT + group.encode("utf-8", "surrogateescape")).digest()
    share = int.from_bytes(digest[:8], "big") % _SHARES
    return CHOOSE if share == 0 else REPORT if share == 1 else TRAIN


def rows_of(groups: Iterable[str], wanted: str) -> np.ndarray:
    """Row numbers of the faces whose group is in one of the three parts."""
    if wanted not in PARTS:
        raise ValueError(f"part: {wanted!r} is none of {', '.join(PARTS)}")
    return np.array([i for i, group in enumerate(groups) if part(group) == wanted], np.int64)
