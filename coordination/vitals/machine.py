"""What there is to run on: cores, threads, memory."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from ...actors.limits import thread_limit


@dataclass(frozen=True, slots=True)
class Machine:
    """What this process may use of a machine, not what the machine has."""

    cores: int
    threads: int
    """How many more can be started."""
    threads_bound: str
    """What sets that bound."""
    memory_bytes: int
    gil: bool = True
    """Whether Python runs one thread at a time."""

    @classmethod
    def here(cls) -> Machine:
        """Look at this one."""
        limit = thread_limit()
        return cls(usable_cores(), limit.threads, limit.reason, memory_limit(), has_gil())


def usable_cores() -> int:
    """Give how many cores this process may run on at once."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every platform
        return os.cpu_count() or 1


def memory_limit(group_limit: Path = Path("/sys/fs/cgroup/memory.max")) -> int:
    """Give the bytes this process may have: all there are, or what its control group may.

    Args:
        group_limit: the file in which Linux tells the latter.
    """
    import psutil  # when used, to keep the import of the package short

    total: int = psutil.virtual_memory().total
    try:
        group = int(group_limit.read_text())
    except (OSError, ValueError):  # no such group, or "max"
        return total
    return min(total, group)


def resident_bytes() -> int:
    """Give how much memory this process has now."""
    import psutil

    rss: int = psutil.Process().memory_info().rss
    return rss


def has_gil() -> bool:
    """Say whether this interpreter runs one thread at a time."""
    is_enabled = getattr(sys, "_is_gil_enabled", None)  # from 3.13 on
    return is_enabled is None or bool(is_enabled())
