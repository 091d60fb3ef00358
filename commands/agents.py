"""antiphon agents: which agent types and hosts can be named."""

from __future__ import annotations

import argparse
from typing import Any

from ..coordination.catalogue import agent_type, agent_types, host_type, host_types
from ..errors import AntiphonError
from ..report.wording import visible


def add_parser(commands: Any) -> None:
    """Say what ``antiphon agents`` takes."""
    parser = commands.add_parser(
        "agents",
        help="list agent types and hosts",
        description="List what can be given as --type and --host.",
        epilog="example:\n  antiphon agents list",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "what",
        nargs="?",
        choices=("list",),
        default="list",
        help="list (default): all of them, broken ones marked",
    )
    parser.set_defaults(execute=execute)


def execute(arguments: argparse.Namespace) -> int:
    """Print a table; a broken plug-in is named and harms no other line."""
    rows = [
        *(("agent", name, origin, agent_type) for name, origin in sorted(agent_types().items())),
        *(("host", name, origin, host_type) for name, origin in sorted(host_types().items())),
    ]
    width = max(len(name) for _, name, _, _ in rows)
    for sort, name, origin, find in rows:
        print(visible(f"{sort:<6} {name:<{width}}  {_about(name, origin, find)}"))
    return 0


def _about(name: str, origin: str, find: Any) -> str:
    try:
        found = find(name)
    except AntiphonError as error:
        return f"BROKEN: {error}"
    first_line = (found.__doc__ or "").strip().partition("\n")[0]
    return f"{first_line or origin} [{origin}]"
