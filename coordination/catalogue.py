"""Finding environments, agent types and hosts by name."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from ..actors.agent_actor import AgentActor
from ..errors import PluginError, UnknownNameError
from ..models.agent import Agent
from ..plugins import find, load, published

AGENTS = "antiphon.agents"
ACTORS = "antiphon.actors"

# Imported when asked for: each brings a library that takes a while.
_OUR_AGENTS = {
    "explorer": "antiphon.models.explorer:Explorer",
    "random": "antiphon.models.random_agent:RandomAgent",
}
_OUR_HOSTS = {
    "agent-actor": "antiphon.actors.agent_actor:AgentActor",
    "cohort": "antiphon.actors.cohort:CohortMember",
}
# What hosts call, and take the answer of or go on.
_CALLED = (
    "act",
    "receive",
    "answer",
    "agent_died",
    "episode_ended",
    "reset",
    "get_state",
    "set_state",
    "retune",
    "pupil",
    "teach",
)
_OUR_WORLDS = {"grid-world": "antiphon.models.grid_world:GridWorld"}


def agent_type(kind: str | type[Agent]) -> type[Agent]:
    """Find an agent type: a class, a name, an entry point, or ``package.module:Class``.

    Raises:
        UnknownNameError: nothing has this name; it says what there is.
        PluginError: something has, but it cannot be loaded or is no agent type, or answers with
            what is still to be run.
    """
    found = _find("agent type", kind, _OUR_AGENTS, AGENTS)
    if isinstance(found, Agent):
        raise PluginError(_name(kind), "must be the class, not an agent made of it")
    if not isinstance(found, type) or not issubclass(found, Agent):
        raise PluginError(
            _name(kind), f"must be a class derived from antiphon.Agent, got {found!r}"
        )
    for method in _CALLED:
        if _answers_later(getattr(found, method, None)):
            why = f"{method} must be a plain method, not async and without yield"
            raise PluginError(_name(kind), why)
    return found


def _answers_later(method: Any) -> bool:
    """Whether a call to it gives what is still to be run, and nobody would run that."""
    return (
        inspect.iscoroutinefunction(method)
        or inspect.isgeneratorfunction(method)
        or inspect.isasyncgenfunction(method)
    )


def host_type(kind: str | type[AgentActor]) -> type[AgentActor]:
    """Find a host, the actor round an agent, in the same four ways; errors likewise."""
    found = _find("host", kind, _OUR_HOSTS, ACTORS)
    if not isinstance(found, type) or not issubclass(found, AgentActor):
        raise PluginError(_name(kind), f"must be a subclass of AgentActor, got {found!r}")
    return found


def agent_types() -> dict[str, str]:
    """List the agent types that can be named, with where each comes from."""
    return {**published(AGENTS, _OUR_AGENTS), **_OUR_AGENTS}


def host_types() -> dict[str, str]:
    """List the hosts that can be named, with where each comes from."""
    return {**published(ACTORS, _OUR_HOSTS), **_OUR_HOSTS}


def environment_factory(name: str) -> Callable[..., Any]:
    """Find what builds an environment.

    Names are ours, ``family/name`` of PettingZoo's sort, or ``package.module:factory``.

    Raises:
        UnknownNameError: nothing was found; it says what was tried.
        PluginError: something was found that fails when imported.
    """
    if (ours := name.replace("_", "-")) in _OUR_WORLDS:
        return _callable(name, load(name, _OUR_WORLDS[ours]))
    if ":" in name:
        return _callable(name, load(name, name))
    tried: list[str] = []
    for module in _modules(name):
        tried.append(f"{module}:parallel_env")
        if (factory := _attribute_if_there(name, module, "parallel_env")) is not None:
            return _callable(name, factory)
    raise UnknownNameError(
        "environment",
        name,
        tried=tried,
        known=[*_OUR_WORLDS, "family/name of PettingZoo's sort", "package.module:factory"],
        hint=_install_line(name),
    )


def _modules(name: str) -> list[str]:
    dotted = name.replace("/", ".")
    return [dotted, f"pettingzoo.{dotted}"] if "/" in name or "." in name else []


def _install_line(name: str) -> str:
    """Say what may have to be installed for this family of environments."""
    family = name.partition("/")[0]
    if family == name:
        return ""
    package = family if family == "mpe2" else f"'pettingzoo[{family}]'"
    return f"its package may be missing: pip install {package}"


def _attribute_if_there(name: str, module: str, attribute: str) -> Any:
    try:
        return getattr(importlib.import_module(module), attribute, None)
    except ModuleNotFoundError as error:
        # Missing is "not here"; a module that is here and misses another one is broken.
        if error.name is not None and (module == error.name or module.startswith(error.name + ".")):
            return None
        why = f"{module} cannot be imported: {error}; {_install_line(name)}"
        raise PluginError(name, why) from error
    except Exception as error:  # a module that is imported runs whatever it likes
        raise PluginError(name, f"{module} cannot be imported: {error}") from error


def _find(kind: str, name: str | type, ours: Mapping[str, str], group: str) -> Any:
    return find(kind, name, ours, group, what="Class") if isinstance(name, str) else name


def _callable(name: str, found: Any) -> Callable[..., Any]:
    if not callable(found):
        raise PluginError(name, f"must be callable and build an environment, got {found!r}")
    factory: Callable[..., Any] = found
    return factory


def _name(kind: str | type) -> str:
    return kind if isinstance(kind, str) else getattr(kind, "__qualname__", repr(kind))
