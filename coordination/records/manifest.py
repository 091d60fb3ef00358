"""What a run was made of, written into its folder."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ...models.kernels.choose import automatic
from ..roster import Resident
from ..vitals.machine import usable_cores


def fingerprint() -> dict[str, Any]:
    """Give what the bits of a run depend on, besides its settings."""
    config: Any = np.show_config(mode="dicts")
    return {
        "antiphon": version("antiphon"),
        "python": sys.version.split()[0],
        "implementation": platform.python_implementation(),
        "machine": platform.machine(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "packages": {
            name: version(name) for name in ("numpy", "pykka", "pettingzoo", "gymnasium", "numba")
        },
        "kernel": automatic(),
        "simd": config.get("SIMD Extensions", {}).get("found", []),
        "blas": config.get("Build Dependencies", {}).get("blas", {}).get("name"),
        "blas_threads": os.environ.get("OPENBLAS_NUM_THREADS") or os.environ.get("OMP_NUM_THREADS"),
    }


def manifest(
    environment: str,
    names: Mapping[Any, str],
    residents: list[Resident],
    settings: Mapping[str, Any],
) -> dict[str, Any]:
    """Give everything that is known before the first round."""
    kinds = Counter(f"{r.kind.__module__}:{r.kind.__qualname__}" for r in residents)
    hosts = Counter(f"{r.host.__module__}:{r.host.__qualname__}" for r in residents)
    return {
        "fingerprint": fingerprint(),
        # Not in there: no bit of a run depends on how many cores it may use.
        "usable_cores": usable_cores(),
        "environment": environment,
        "agents": dict(kinds),
        "hosts": dict(hosts),
        # Only where they differ: usually an environment's names are ids already.
        "renamed": {str(name): i for name, i in names.items() if name != i},
        "settings": settings,
    }


def write_json(path: Path, value: Any) -> None:
    """Write a file whole or not at all."""
    partial = path.with_suffix(path.suffix + ".part")
    partial.write_text(json.dumps(value, indent=2, default=_plain) + "\n", encoding="utf-8")
    partial.replace(path)


@cache
def version(name: str) -> str | None:
    """Give the version of an installed package; None if it is none.

    It is looked up once: that takes as long as half a round, and stays what was imported.
    """
    from importlib.metadata import PackageNotFoundError, version  # see plugins.published

    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, (np.ndarray, np.generic)):
        return value.tolist()
    return repr(value)
