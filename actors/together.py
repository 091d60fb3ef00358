"""Agents whose crowds answer for many of them in one call, as a host and a round see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from ..models.agent import Agent
from ..models.crowds.crowd import BaseCrowd, Lived
from ..models.crowds.seat import Seat
from .failures import is_ctrl_c


class Seated(Protocol):
    """An agent that a crowd can answer for."""

    @property
    def crowd(self) -> BaseCrowd: ...

    @property
    def seat(self) -> Seat: ...


class Gathered(Protocol):
    """A host whose agent is answered for with others, and does nothing else meanwhile."""

    name: str
    keeps: bool
    """Whether ``keep`` has something to do."""

    seated: Seated
    """The agent."""

    def keep(self, round: int, episode: int) -> None:
        """Keep what the agent has become by its answer; if it raises, there is no answer."""
        ...

    def resume(self) -> None:
        """Go on with what has come meanwhile."""
        ...


class Asking(Protocol):
    """A round as those who answer for its members see it."""

    @property
    def round(self) -> int: ...

    @property
    def episode(self) -> int: ...

    def observation_of(self, index: int) -> Any: ...

    def news_of(self, ids: Sequence[str]) -> Sequence[Lived]: ...


def goes_together(kind: type[Agent]) -> bool:
    """Whether a crowd may answer for agents of this type.

    Read from the class itself, not inherited: a user's subclass may act in another way.
    """
    return bool(vars(kind).get("together"))


def answers(
    call: Asking, indices: Sequence[int], hosts: Sequence[Gathered]
) -> list[int | BaseException]:
    """Answer for these members of a call; give their actions, or why there is none.

    Agents of several models are answered for one crowd after another.
    """
    given: list[Any] = [None] * len(hosts)
    for crowd, members in _by_crowd([host.seated.crowd for host in hosts]):
        theirs = [hosts[k] for k in members]
        ids = [host.name for host in theirs]
        seats = [host.seated.seat for host in theirs]
        seen = [call.observation_of(indices[k]) for k in members]
        actions: Sequence[int | Exception]
        try:
            actions = crowd.act(seats, seen, call.news_of(ids), ids)
        except Exception as error:  # it has no answer for any of these, and the others go on
            actions = [error] * len(theirs)
        for k, host, action in zip(members, theirs, actions, strict=True):
            given[k] = action
            if host.keeps and not isinstance(action, Exception):
                given[k] = _kept(call, host, action)
    return given


def _by_crowd(crowds: Sequence[BaseCrowd]) -> Iterable[tuple[BaseCrowd, Sequence[int]]]:
    """Give each crowd that is among these once, with where it is."""
    first = crowds[0]
    if all(crowd is first for crowd in crowds):
        return [(first, range(len(crowds)))]
    places: dict[int, tuple[BaseCrowd, list[int]]] = {}
    for k, crowd in enumerate(crowds):
        places.setdefault(id(crowd), (crowd, []))[1].append(k)
    return places.values()


def _kept(call: Asking, host: Gathered, action: int) -> int | BaseException:
    try:
        host.keep(call.round, call.episode)
    except BaseException as error:
        if is_ctrl_c(error):
            raise
        return error
    return action
