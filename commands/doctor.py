"""antiphon doctor: what this machine has, and what it lacks."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
from typing import Any

import psutil

from ..actors.limits import thread_limit
from ..coordination.manifest import fingerprint

_EXTRAS = {
    "pymdp": ("inferactively-pymdp", "the reference backend, --backend pymdp"),
    "data": ("pandas", "data frames of runs"),
}


def add_parser(commands: Any) -> None:
    """Say what ``antiphon doctor`` takes."""
    parser = commands.add_parser(
        "doctor",
        help="show versions, cores, thread limit and extras",
        description="Show what this machine has: versions, cores, thread limit, extras.",
        epilog="example:\n  antiphon doctor --json",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Print what was found."""
    limit = thread_limit()
    found = {
        **fingerprint(),
        "memory_bytes": psutil.virtual_memory().total,
        "usable_cores": _usable_cores(),
        "threaded_actors": limit.threads,
        "threaded_actors_bound": limit.reason,
        "extras": {extra: _version(name) for extra, (name, _) in _EXTRAS.items()},
    }
    print(json.dumps(found) if arguments.json else _text(found))
    return 0


def _text(found: dict[str, Any]) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in found["packages"].items())
    lines = [
        f"antiphon   {found['antiphon']}",
        f"python     {found['implementation']} {found['python']}",
        f"system     {found['system']} {found['machine']}",
        f"packages   {packages}",
        f"cores      {found['usable_cores']} usable of {found['cores']}",
        f"memory     {found['memory_bytes'] / 2**30:.1f} GiB",
        f"threads    up to {found['threaded_actors']:,}, {found['threaded_actors_bound']}",
        f"arithmetic {found['blas']}, {' '.join(found['simd'])}",
    ]
    for extra, (_, what) in _EXTRAS.items():
        version = found["extras"][extra]
        state = version or f"not installed: pip install 'antiphon[{extra}]'"
        lines.append(f"extra      {extra}: {state} ({what})")
    return "\n".join(lines)


def _usable_cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every platform
        return os.cpu_count() or 1


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
