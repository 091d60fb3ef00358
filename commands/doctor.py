"""antiphon doctor: what this machine has, what it lacks, and how to run so many agents on it."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import math
from collections.abc import Sequence
from typing import Any

from ..coordination.records.manifest import fingerprint
from ..coordination.vitals.machine import Machine
from ..coordination.vitals.recommend import KINDS, recommend
from ..coordination.vitals.recommendation import Recommendation
from .checks import check_counts

_EXTRAS = {
    "pymdp": (["inferactively-pymdp"], "the reference for inference, --kernel pymdp"),
    "fast": (["numba"], "compiled inference, --kernel numba"),
    "data": (["pandas", "pyarrow"], "data frames of runs"),
    "llm": (["httpx"], "agents that call a language model, in bench general"),
}

_EPILOG = """\
kinds: cpu (computes), fast, balanced, accurate (explorers of that profile),
blocking (waits some milliseconds), llm (waits seconds for a language model)

examples:
  antiphon doctor --json
  antiphon doctor --agents 10000 --kind fast
  antiphon doctor --agents 500 --kind llm --act-ms 4000 --at-once 32
"""


def add_parser(commands: Any) -> None:
    """Say what ``antiphon doctor`` takes."""
    parser = commands.add_parser(
        "doctor",
        help="show versions, cores, thread limit and extras; recommend a configuration",
        description="Show what this machine has: versions, cores, thread limit, extras. "
        "With --agents, recommend how to run so many.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--agents", type=int, metavar="N", help="recommend a configuration for N agents")
    add("--kind", choices=KINDS, help="what these agents do; default: nothing is known")
    add("--act-ms", type=float, metavar="MS", help="how long one act of theirs takes, if known")
    add("--at-once", type=int, metavar="N", help="how many of them can be served at once")
    add("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Print what was found."""
    machine = Machine.here()
    advice = _advice(arguments, machine)
    found = {
        **fingerprint(),
        "memory_bytes": machine.memory_bytes,
        "usable_cores": machine.cores,
        "threaded_actors": machine.threads,
        "threaded_actors_bound": machine.threads_bound,
        "extras": {extra: _version(names) for extra, (names, _) in _EXTRAS.items()},
    }
    if arguments.json:
        recommended = {} if advice is None else {"recommendation": advice.to_dict()}
        print(json.dumps({**found, **recommended}))
        return 0
    print(_text(found))
    if advice is not None:
        print(f"\n{_heading(advice)}\n{advice.summary()}")
    return 0


def _advice(arguments: argparse.Namespace, machine: Machine) -> Recommendation | None:
    agents, kind, act_ms = arguments.agents, arguments.kind, arguments.act_ms
    if agents is None:
        if (kind, act_ms, arguments.at_once) != (None, None, None):
            raise ValueError("--kind, --act-ms and --at-once tell of --agents N; give that too")
        return None
    if act_ms is not None and kind is None:
        raise ValueError("--act-ms needs --kind: to compute so long is not to wait so long")
    if act_ms is not None and not 0 < act_ms < math.inf:
        raise ValueError(f"--act-ms must be a finite number > 0, got {act_ms:g}")
    check_counts({"--agents": agents, "--at-once": arguments.at_once})
    return recommend(
        agents,
        kind,
        machine,
        act_seconds=None if act_ms is None else act_ms / 1000,
        at_once=arguments.at_once,
    )


def _heading(advice: Recommendation) -> str:
    agents = f"{advice.n_agents:,} agent" + "s" * (advice.n_agents != 1)
    return f"for {agents}" + ("" if advice.kind is None else f" ({advice.kind})")


def _text(found: dict[str, Any]) -> str:
    installed = found["packages"].items()
    packages = ", ".join(f"{name} {version}" for name, version in installed if version)
    lines = [
        f"antiphon   {found['antiphon']}",
        f"python     {found['implementation']} {found['python']}",
        f"system     {found['system']} {found['machine']}",
        f"packages   {packages}",
        f"cores      {found['usable_cores']} usable of {found['cores']}",
        f"memory     {found['memory_bytes'] / 2**30:.1f} GiB",
        f"threads    up to {found['threaded_actors']:,}, {found['threaded_actors_bound']}",
        f"arithmetic {found['blas']}, {' '.join(found['simd'])}",
        f"kernel     {found['kernel']}: what agents infer with by default",
    ]
    for extra, (_, what) in _EXTRAS.items():
        version = found["extras"][extra]
        state = version or f"not installed: pip install 'antiphon[{extra}]'"
        lines.append(f"extra      {extra}: {state} ({what})")
    return "\n".join(lines)


def _version(names: Sequence[str]) -> str | None:
    """Give the version of the first of these, if all are installed."""
    try:
        first, *_ = [importlib.metadata.version(name) for name in names]
    except importlib.metadata.PackageNotFoundError:
        return None
    return first
