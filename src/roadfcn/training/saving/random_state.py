"""The state of all random numbers, in tensors and numbers that load without running code.

Frames are dealt out and changed by functions of (seed, epoch, frame), so what depends on this
state is dropout, and whatever a library user's own callbacks draw.
"""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch


def take_random_state() -> dict[str, Any]:
    """Give the state of torch's, NumPy's and Python's random numbers in this process.

    Of GPUs it is the current one's: each process of a run has its own.
    """
    numpy_state = np.random.get_state(legacy=False)
    assert isinstance(numpy_state, dict)
    version, words, gauss = random.getstate()
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state() if torch.cuda.is_available() else None,
        "numpy": {
            "key": torch.from_numpy(numpy_state["state"]["key"].astype(np.int64)),
            "position": int(numpy_state["state"]["pos"]),
            "has_gauss": int(numpy_state["has_gauss"]),
            "gauss": float(numpy_state["gauss"]),
        },
        "python": {"version": version, "words": torch.tensor(words), "gauss": gauss},
    }


def set_random_state(state: dict[str, Any]) -> None:
    """Go on with a state as `take_random_state` gave it; a GPU's only where there is one."""
    torch.set_rng_state(state["torch"])
    if state["cuda"] is not None and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])
    numpy_state = state["numpy"]
    np.random.set_state(
        {
            "bit_generator": "MT19937",
            "state": {
                "key": numpy_state["key"].numpy().astype(np.uint32),
                "pos": numpy_state["position"],
            },
            "has_gauss": numpy_state["has_gauss"],
            "gauss": numpy_state["gauss"],
        }
    )
    python = state["python"]
    random.setstate((python["version"], tuple(python["words"].tolist()), python["gauss"]))
