"""The society that a command is about: which options say so, and what they make."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from ..coordination.catalogue import agent_type
from ..coordination.journal.origin import World
from ..layers import Layers, resolve
from ..models.kernels.choose import choose
from ..models.profile import InferenceSettings
from ..society import Society
from .checks import check_counts


def add_options(parser: argparse.ArgumentParser, *, agents: int) -> None:
    """Say which words name a world, and who lives there.

    Args:
        agents: how many are put into an open world by default.
    """
    add = parser.add_argument
    add(
        "environment",
        nargs="?",
        default="grid-world",
        help="grid-world (default), mpe2/simple_spread_v3, sisl/pursuit_v5, package.module:factory",
    )
    add("--world", action="append", default=[], metavar="KEY=VALUE", help="an option of the world")
    add(
        "--agents",
        type=int,
        metavar="N",
        help=f"how many; default {agents} in an open world, else all it has",
    )
    add(
        "--type",
        default=None,
        help="agent type: a name from 'antiphon agents list', or package.module:Class; "
        "default explorer in the grid world, else random",
    )
    add("--host", default="agent-actor", help="the actor round each agent, named likewise")
    add("--profile", help="how much explorers think: fast, balanced, accurate, realtime, batch")
    add(
        "--kernel",
        "--backend",
        dest="backend",
        choices=("auto", "numba", "numpy", "pymdp"),
        help="what explorers infer with: numba (compiled), numpy, pymdp (the reference, slow); "
        "default: numba where it is installed",
    )
    add("--seed", metavar="N", help="where all chance comes from (default 0)")
    add("--memory", metavar="N", help="experiences that each agent remembers (default 0)")
    add("--config", metavar="FILE", help="settings in TOML or INI")


def founded(arguments: argparse.Namespace, **settings: Any) -> Society:
    """Found the society that was asked for; nobody lives there yet.

    Args:
        settings: others, less those that are None.
    """
    check_counts({"--agents": arguments.agents})
    world = World(arguments.environment, key_values("--world", arguments.world))
    given = {"seed": arguments.seed, "memory_size": arguments.memory, **settings}
    chosen = {name: value for name, value in given.items() if value is not None}
    return Society(world, config=arguments.config, **chosen)


def populate(society: Society, arguments: argparse.Namespace, *, agents: int) -> str:
    """Add the agents that were asked for; give their type."""
    kind = kind_of(arguments)
    n = agents if arguments.agents is None and society.open else arguments.agents
    society.add(kind, n=n, host=arguments.host, **_agent_options(arguments))
    return kind


def kind_of(arguments: argparse.Namespace) -> str:
    """Give the name of the agents' type."""
    default = "explorer" if arguments.environment == "grid-world" else "random"
    return str(arguments.type or default)


def announce_compiling(arguments: argparse.Namespace) -> None:
    """Say so if the kernel is about to be compiled, for that takes a while."""
    if arguments.quiet or agent_type(kind_of(arguments)).settings_type is not InferenceSettings:
        return
    layers, given = Layers.read(arguments.config), _agent_options(arguments)
    kernel = choose(resolve(InferenceSettings, layers, given).values.backend)
    if not kernel.is_ready:
        say = f"compiling the inference kernel: {kernel.takes}"
        print(f"antiphon: {say}", file=sys.stderr, flush=True)


def _agent_options(arguments: argparse.Namespace) -> dict[str, Any]:
    given = {"profile": arguments.profile, "backend": arguments.backend}
    return {name: value for name, value in given.items() if value is not None}


def key_values(word: str, pairs: list[str]) -> dict[str, Any]:
    """Read what was given as KEY=VALUE, each value as JSON where it is some.

    Raises:
        ValueError: it was not, or one key twice.
    """
    options: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key.isidentifier() or key in options:
            raise ValueError(f"{word} takes KEY=VALUE, each key once, got {pair!r}")
        try:
            options[key] = json.loads(text)
        except json.JSONDecodeError:
            options[key] = text
    return options
