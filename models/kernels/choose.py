"""Picks the kernel that a run infers with: by name, or by what is installed."""

from __future__ import annotations

import importlib.util
from functools import cache

from ...errors import UnknownNameError
from .kernel import Kernel
from .numpy_kernel import NumpyKernel

AUTO = "auto"
KERNELS = ("numba", "numpy", "pymdp")
"""The fastest first; the last is the reference, and never chosen unless asked for."""


def automatic() -> str:
    """Say which kernel "auto" is here; nothing is imported for it."""
    return "numpy" if importlib.util.find_spec("numba") is None else "numba"


@cache  # kernels keep nothing, and to look for a package takes longer than to infer
def choose(name: str = AUTO) -> Kernel:
    """Give a kernel.

    Args:
        name: one of KERNELS, or "auto" for numba where it is installed, else numpy.

    Raises:
        UnknownNameError: there is none of this name.
        MissingExtraError: it is not installed, or is installed and cannot be imported.
    """
    if name == AUTO:
        return choose(automatic())
    if name == "numpy":
        return NumpyKernel()
    # Imported when used, for what they bring takes seconds.
    if name == "numba":
        from .numba_kernel import NumbaKernel

        return NumbaKernel()
    if name == "pymdp":
        from .pymdp_kernel import PymdpKernel

        return PymdpKernel()
    raise UnknownNameError("kernel", name, known=(AUTO, *KERNELS))
