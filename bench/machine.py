"""Where a bench was run, and who else used the machine meanwhile."""

from __future__ import annotations

import gc
import importlib.metadata
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from ..clock import SystemClock
from ..coordination.records.manifest import fingerprint
from ..coordination.vitals.machine import usable_cores

_PEERS = ("autogen-core", "inferactively-pymdp", "mesa")
"""Whom we are measured against, beside the packages that a run depends on."""


def machine() -> dict[str, Any]:
    """Give what times on this machine depend on, and does not change while it runs."""
    clock = time.get_clock_info("monotonic")
    return {
        **fingerprint(),
        "peers": {peer: _version(peer) for peer in _PEERS},
        "cpu": _cpu(),
        "memory_bytes": psutil.virtual_memory().total,
        "usable_cores": usable_cores(),
        "clock": {"implementation": clock.implementation, "resolution": clock.resolution},
        "gil": has_lock(),
        "switch_interval": sys.getswitchinterval(),
        "gc_threshold": gc.get_threshold(),
    }


def has_lock() -> bool:
    """Whether Python runs one thread at a time here."""
    # Builds without a lock have such a function, the others need none.
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


class Load:
    """How busy the machine was from the making of this on; others count apart from us."""

    def __init__(self) -> None:
        self._before = _load()
        self._during: list[float] = []
        self._started, self._busy, self._own = SystemClock.now(), _busy(), _own()

    def sample(self) -> None:
        """Look at the load now."""
        if (load := _load()) is not None:
            self._during.append(load)

    def told(self) -> dict[str, Any]:
        """Give load averages of a minute, and how many cores others kept busy meanwhile."""
        elapsed = SystemClock.now() - self._started
        others = (_busy() - self._busy) - (_own() - self._own)
        during = self._during
        return {
            "load_before": self._before,
            "load_during": {"median": round(statistics.median(during), 2), "most": max(during)}
            if during
            else None,
            "load_after": _load(),
            "others_cores": round(max(0.0, others / elapsed), 2) if elapsed > 0 else None,
        }


def _load() -> float | None:
    """The load average of the last minute, where the system tells."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def _busy() -> float:
    """Seconds of work of all cores since the machine started."""
    times = psutil.cpu_times()
    return sum(times) - times.idle - getattr(times, "iowait", 0.0)


def _own() -> float:
    """Seconds of work of this process and its ended children."""
    return sum(psutil.Process().cpu_times()[:4])


def _cpu() -> str | None:
    """The name of the processor, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, None)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
