"""Picks the kernel that a run infers with: by name, or by what is installed."""

from __future__ import annotations

import importlib.util

from ...errors import UnknownNameError
from .kernel import Kernel
from .numpy_kernel import NumpyKernel

AUTO = "auto"
KERNELS = ("numba", "numpy")
"""The fastest first."""


def choose(name: str = AUTO) -> Kernel:
    """Give a kernel.

    Args:
        name: one of KERNELS, or "auto" for numba where it is installed, else numpy.

    Raises:
        UnknownNameError: there is none of this name.
        MissingExtraError: it is not installed, or is installed and cannot be imported.
    """
    if name == AUTO:
        name = "numpy" if importlib.util.find_spec("numba") is None else "numba"
    if name == "numpy":
        return NumpyKernel()
    if name == "numba":
        from .numba_kernel import NumbaKernel  # imported when used: it takes a second

        return NumbaKernel()
    raise UnknownNameError("kernel", name, known=(AUTO, *KERNELS))
