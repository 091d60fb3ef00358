"""Where the things that a society is made of come from, by names under which they are found."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from ...errors import PluginError, UnknownNameError
from ...models.profile import Profile
from ...plugins import attribute
from ..catalogue import environment_factory

_PLAIN = (bool, int, float, str, type(None), np.ndarray, np.generic)
_PROFILE = "$profile"


class NamelessError(Exception):
    """A thing has no name under which another process would find it."""


@dataclass(frozen=True, slots=True)
class World:
    """An environment by its name and options; builds a new one each time it is called."""

    name: str
    """Ours, ``family/name`` of PettingZoo's sort, or ``package.module:factory``."""
    options: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self) -> Any:
        build = environment_factory(self.name)
        self._check(build)
        try:
            return build(**self.options)
        except TypeError as error:
            options = dict(self.options) or "nothing"
            raise TypeError(f"{self.name} with --world {options}: {error}") from error

    def _check(self, build: Callable[..., Any]) -> None:
        try:
            known = inspect.signature(build).parameters
        except (TypeError, ValueError):
            # What is not written in Python may not say; then it complains itself.
            return
        if any(one.kind is one.VAR_KEYWORD for one in known.values()):
            return
        for option in sorted(self.options.keys() - known.keys()):
            raise UnknownNameError(f"option of {self.name}", option, known=list(known))


def world_of(source: Any) -> World:
    """Say which world a society was given.

    Args:
        source: an import string, or what builds it.

    Raises:
        NamelessError: it was given as an object, or nobody else would find what builds it.
    """
    match source:
        case World():
            return World(source.name, plain(dict(source.options)))
        case str():
            return World(source)
        case functools.partial(func=build, args=(), keywords=options):
            return World(name_of(build), plain(options))
        case _ if callable(source):
            return World(name_of(source))
    raise NamelessError(f"{type(source).__name__} was given as an object")


def built(world: World) -> Callable[[], Any]:
    """Give what builds a world whose name was read from a file.

    Raises:
        PluginError: what has the name is Python's own, and no world.
    """
    top = world.name.partition(":")[0].partition(".")[0]
    if ":" in world.name and top in {*sys.stdlib_module_names, *sys.builtin_module_names}:
        raise PluginError(world.name, "is a part of Python, and builds no environment")
    return world


def name_of(thing: Any) -> str:
    """Give the ``package.module:name`` under which a class or function is found.

    Raises:
        NamelessError: there is none.
    """
    module, name = getattr(thing, "__module__", None), getattr(thing, "__qualname__", "")
    target = f"{module}:{name}"
    if module in (None, "__main__"):
        raise NamelessError(f"{name or thing!r} is defined in no module that can be imported")
    try:
        found = attribute(target)
    except (ImportError, AttributeError):
        found = None
    if found is not thing:
        raise NamelessError(f"{target} is not found under its name")
    return target


def plain(value: Any) -> Any:
    """Give a value as a store keeps it, so that it can be given again.

    Raises:
        NamelessError: it, or something in it, is an object.
    """
    if isinstance(value, Profile):
        return {_PROFILE: {one.name: getattr(value, one.name) for one in fields(value)}}
    if isinstance(value, Mapping):
        return {_text(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, _PLAIN):
        return value
    if callable(value):
        return name_of(value)
    raise NamelessError(f"{type(value).__name__} was given as an object")


def _text(key: Any) -> str:
    if not isinstance(key, str) or key.startswith("$"):
        raise NamelessError(f"{key!r} is no name of an option")
    return key


def given(value: Any) -> Any:
    """Give back what ``plain`` was given; but tuples are lists now, and callables are names."""
    match value:
        case {"$profile": dict(profile), **others} if not others:
            return Profile(**profile)
        case dict():
            return {key: given(item) for key, item in value.items()}
        case list():
            return [given(item) for item in value]
    return value
