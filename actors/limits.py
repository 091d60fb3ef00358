"""How many threads this machine bears."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# A thread takes up to three memory maps (stack, guard, allocator arena). Past the limit
# not only the new thread fails: running ones die of MemoryError. So stay well below.
_MAPS_PER_THREAD = 3
_SHARE = 0.75


class ThreadLimit(NamedTuple):
    """How many more threads can be started, and what sets the bound."""

    threads: int
    reason: str


def thread_limit() -> ThreadLimit:
    """Find the tightest of the limits that the system tells of."""
    limits = list(_linux_limits()) if sys.platform == "linux" else []
    if not limits:
        return ThreadLimit(2000, "no limit of the system could be read; a cautious default")
    free, reason = min(limits)
    return ThreadLimit(max(0, int(free * _SHARE)), reason)


def _linux_limits() -> Iterator[tuple[int, str]]:
    maps = _number("/proc/sys/vm/max_map_count")
    if maps is not None:
        used = _lines("/proc/self/maps")
        yield (maps - used) // _MAPS_PER_THREAD, f"vm.max_map_count is {maps:,}"
    for name in ("kernel/threads-max", "kernel/pid_max"):
        most = _number(f"/proc/sys/{name}")
        if most is not None:
            yield most, f"{name.replace('/', '.')} is {most:,}"
    yield from _user_limit()
    yield from _group_limit()


def _user_limit() -> Iterator[tuple[int, str]]:
    import resource  # not on every platform

    soft, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    if soft != resource.RLIM_INFINITY and os.getuid() != 0:
        yield soft, f"ulimit -u is {soft:,}"


def _group_limit() -> Iterator[tuple[int, str]]:
    try:
        group = Path("/proc/self/cgroup").read_text().splitlines()[0].rpartition(":")[2]
    except (OSError, IndexError):
        return
    for folder in (f"/sys/fs/cgroup{group}", f"/sys/fs/cgroup/pids{group}", "/sys/fs/cgroup"):
        most = _number(f"{folder}/pids.max")
        if most is not None:
            used = _number(f"{folder}/pids.current") or 0
            yield most - used, f"the control group's pids.max is {most:,}"
            return


def _number(path: str) -> int | None:
    try:
        return int(Path(path).read_text())
    except (OSError, ValueError):
        return None


def _lines(path: str) -> int:
    try:
        return Path(path).read_bytes().count(b"\n")
    except OSError:
        return 0
