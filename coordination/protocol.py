"""When a round may close though not everybody has answered: rules, found by name."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, NoReturn, Protocol, cast

from ..errors import PluginError, UnknownNameError
from ..plugins import load, published

GROUP = "antiphon.protocols"
"""The entry points among which others publish their protocols."""


class Ids(list[str]):
    """What a protocol is given: ids in an order, of which none are more than others.

    A list, so that counting it, with every answer, costs no call.
    """

    def _refuse(self, other: object) -> NoReturn:
        raise TypeError("ids are not compared by size; compare len(came) with len(called)")

    # Of lists the greater is the one with the greater first item: never what is meant here.
    __lt__ = __le__ = __gt__ = __ge__ = _refuse


class CoordinationProtocol(Protocol):
    """Says when a round has enough answers; whoever has not answered then is ``unneeded``."""

    def enough(self, called: Sequence[str], came: Sequence[str]) -> bool:
        """Say whether the round may close now.

        It is asked after each answer that counts, on whichever thread brings it, and the round
        waits meanwhile: so it is quick, changes nothing, and goes by its arguments alone. Who
        has enough has enough with one more.

        Args:
            called: the ids of those who were called, in the round's order.
            came: the ids of those whose legal actions have come in time, in the order in which
                they came. Whoever crashed, timed out or died is never among them. Both are
                lists, which nobody but the round changes and which refuse ``<`` and ``>``.
        """
        ...


@dataclass(frozen=True, slots=True)
class Barrier:
    """Waits for everybody."""

    def enough(self, called: Sequence[str], came: Sequence[str]) -> bool:
        # A round without open slots closes whatever its protocol says.
        return False

    def __str__(self) -> str:
        return "barrier"


@dataclass(frozen=True, slots=True)
class Quorum:
    """Waits for a share of those who are called, or for a number of them.

    Where fewer are called than the number, it waits for everybody, as a barrier does.
    """

    size: float
    """A float is a share in (0, 1], an int a number."""

    def __post_init__(self) -> None:
        if isinstance(self.size, int):
            _check_number("quorum", self.size)
        elif not 0.0 < self.size <= 1.0:
            raise ValueError(
                f"the share of a quorum must be in (0, 1], or a number >= 1, got {self.size!r}"
            )

    def enough(self, called: Sequence[str], came: Sequence[str]) -> bool:
        if isinstance(self.size, int):
            return len(came) >= self.size
        # 0.07 of 100 are 7, though the floats make it a little more.
        return len(came) >= math.ceil(round(self.size * len(called), 9))

    def __str__(self) -> str:
        return f"quorum:{self.size}"


@dataclass(frozen=True, slots=True)
class First:
    """Waits for the first few answers; where fewer are called, for everybody."""

    k: int

    def __post_init__(self) -> None:
        _check_number("first", self.k)

    def enough(self, called: Sequence[str], came: Sequence[str]) -> bool:
        return len(came) >= self.k

    def __str__(self) -> str:
        return f"first:{self.k}"


def _check_number(name: str, number: Any) -> None:
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ValueError(f"{name} needs a number >= 1, got {number!r}")


def _barrier(argument: str) -> Barrier:
    if argument:
        raise ValueError(f"barrier waits for all, so it takes no number, got {argument!r}")
    return Barrier()


def _quorum(argument: str) -> Quorum:
    try:
        return Quorum(int(argument) if argument.isdecimal() else float(argument))
    except ValueError:
        raise ValueError(
            "quorum needs a share in (0, 1] with a point in it or a number >= 1, such as "
            f"quorum:0.8 or quorum:7, got {argument!r}"
        ) from None


def _first(argument: str) -> First:
    if not argument.isdecimal() or not int(argument):
        raise ValueError(f"first needs a number >= 1, such as first:3, got {argument!r}")
    return First(int(argument))


PROTOCOLS: dict[str, Callable[[str], CoordinationProtocol]] = {
    "barrier": _barrier,
    "quorum": _quorum,
    "first": _first,
}
"""Ours, each made of what stands behind the colon."""
_SPELT = ("barrier", "quorum:SHARE", "first:K")


def number_asked(named: str | CoordinationProtocol) -> int:
    """Give how many answers one of ours waits for, whoever is called; 0 if it is no number."""
    ours = isinstance(named, str) and named.partition(":")[0] in PROTOCOLS
    protocol = find_protocol(named) if ours else named
    if isinstance(protocol, First):
        return protocol.k
    if isinstance(protocol, Quorum) and isinstance(protocol.size, int):
        return protocol.size
    return 0


def find_protocol(named: str | CoordinationProtocol) -> CoordinationProtocol:
    """Find a protocol.

    Args:
        named: one of ours such as ``quorum:0.8``, a name or ``name:argument`` of what others
            publish, ``package.module:name``, or the protocol itself. Behind a name may be a
            protocol, or what makes one of nothing or of the argument.

    Raises:
        ValueError: what stands behind the colon breaks the protocol's rule.
        UnknownNameError: nothing has this name.
        PluginError: something has, but it cannot be loaded or is no protocol.
    """
    if not isinstance(named, str):
        return _made(_name_of(named), named, "")
    name, _, argument = named.partition(":")
    if name in PROTOCOLS:
        return PROTOCOLS[name](argument)
    others = published(GROUP, PROTOCOLS)
    if name in others:
        return _made(name, load(name, others[name]), argument)
    if not _is_import(named):
        raise UnknownNameError(
            "protocol",
            named,
            tried=[f"entry points of {GROUP}"],
            known=[*_SPELT, *others, "package.module:name"],
        )
    return _made(named, load(named, named), "")


def _is_import(named: str) -> bool:
    """Whether ``package.module:name`` is meant; a word before the colon may be a misspelt one."""
    module, colon, _ = named.partition(":")
    if not colon or not module:
        return False
    # Of a script itself, which is __main__, the finder knows nothing.
    return "." in module or module in sys.modules or find_spec(module) is not None


def _made(name: str, found: Any, argument: str) -> CoordinationProtocol:
    is_one = callable(getattr(found, "enough", None)) and not isinstance(found, type)
    if argument and is_one:
        raise PluginError(name, f"is a protocol and takes no argument, got {argument!r}")
    if callable(found) and not is_one:
        try:
            found = found(argument) if argument else found()
        except Exception as error:  # a plug-in's code
            raise PluginError(name, f"cannot be made: {error}") from error
    if not callable(getattr(found, "enough", None)):
        raise PluginError(name, f"a protocol has enough(called, came), got {found!r:.60}")
    return cast("CoordinationProtocol", found)


def _name_of(found: Any) -> str:
    return str(getattr(found, "__name__", type(found).__name__))
