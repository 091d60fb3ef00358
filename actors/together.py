"""Agents whose crowds answer for many of them in one call, as a host and a round see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from ..models.agent import Agent
from ..models.crowds.crowd import BaseCrowd, Lived
from ..models.crowds.seat import Seat
from ..models.crowds.seating import Seating, as_range, picked, put
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

    @property
    def observations(self) -> Sequence[Any]: ...

    def news_of(self, ids: Sequence[str]) -> Sequence[Lived]: ...


def goes_together(kind: type[Agent]) -> bool:
    """Whether a crowd may answer for agents of this type.

    Read from the class itself, not inherited: a user's subclass may act in another way.
    """
    return bool(vars(kind).get("together"))


_Host = TypeVar("_Host", bound=Gathered)


class _Party(NamedTuple):
    """Those of a company who have one crowd."""

    crowd: BaseCrowd
    members: range | list[int]
    """Their places in the company."""
    hosts: Sequence[Gathered]
    ids: list[str]
    seating: Seating
    keeps: bool


class Company(Generic[_Host]):
    """Hosts that are answered for together, perhaps again and again.

    What they have in common is looked up once, and again when one of them has another seat.
    """

    __slots__ = ("_parties", "_seats", "hosts")

    def __init__(self, hosts: Sequence[_Host]) -> None:
        self.hosts = hosts
        self._seats: list[Seat] = []
        self._parties: list[_Party] = []

    def answers(self, call: Asking, indices: Sequence[int]) -> list[int | BaseException]:
        """Answer for these members of a call; give their actions, or why there is none.

        Agents of several models are answered for one crowd after another.

        Args:
            indices: in the order of the hosts.
        """
        # One that was built anew, or that thinks further ahead, sits somewhere else.
        seats = [host.seated.seat for host in self.hosts]
        if seats != self._seats:
            self._parties = _parties(self.hosts, seats)
            self._seats = seats
        given: list[Any] = [None] * len(seats)
        for party in self._parties:
            put(given, party.members, _answers_of(party, call, picked(indices, party.members)))
        return given


def answers(
    call: Asking, indices: Sequence[int], hosts: Sequence[Gathered]
) -> list[int | BaseException]:
    """Answer for these once; see ``Company.answers``."""
    return Company(hosts).answers(call, indices)


def _parties(hosts: Sequence[Gathered], seats: Sequence[Seat]) -> list[_Party]:
    places: dict[int, tuple[BaseCrowd, list[int]]] = {}
    for k, host in enumerate(hosts):
        crowd = host.seated.crowd
        places.setdefault(id(crowd), (crowd, []))[1].append(k)
    return [
        _Party(
            crowd,
            as_range(members),
            theirs := [hosts[k] for k in members],
            [host.name for host in theirs],
            Seating([seats[k] for k in members]),
            any(host.keeps for host in theirs),
        )
        for crowd, members in places.values()
    ]


def _answers_of(party: _Party, call: Asking, indices: Sequence[int]) -> Sequence[Any]:
    ids = party.ids
    seen = picked(call.observations, indices)
    try:
        actions: list[Any] = party.crowd.act(party.seating, seen, call.news_of(ids), ids)
    except BaseException as error:
        if is_ctrl_c(error):
            raise
        # It has no answer for any of these, be it SystemExit, and the others go on.
        return [error] * len(ids)
    if not party.keeps:
        return actions
    return [
        action if isinstance(action, Exception) or not host.keeps else _kept(call, host, action)
        for host, action in zip(party.hosts, actions, strict=True)
    ]


def _kept(call: Asking, host: Gathered, action: int) -> int | BaseException:
    try:
        host.keep(call.round, call.episode)
    except BaseException as error:
        if is_ctrl_c(error):
            raise
        return error
    return action
