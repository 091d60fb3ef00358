"""Ways to play a round again so that it takes the course it took, whoever was late for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol

from ...actors.agent_actor import AgentActor
from ...actors.simulated import SimulatedDispatcher
from ...actors.simulation.rehearsal_clock import RehearsalClock
from ...clock import Clock
from ...models.agent import Context
from ...settings import SocietySettings
from ..attendance import Place
from ..joint_action import Rules
from ..orders import StartRound
from ..outcome import Status
from ..stage import Stage
from .front import Act, Front
from .timing import Absence, Timing

_FUSE = 3600.0
"""Seconds: nobody is too late in a round that is over."""
# Times of a staged round, in seconds from its opening. What is to be before something else is a
# second before it, or more.
_BACK_DURING = 0.5 * _FUSE
_HELD_UNTIL = 0.75 * _FUSE
_BACK_AT_ONCE = 2.0 * _FUSE
_GO_ON = 2.5 * _FUSE
_BACK_BEFORE = 3.0 * _FUSE
_STRIDE = 4.0 * _FUSE
_ANSWERED = frozenset({Status.ACTED, Status.REJECTED, Status.CRASHED})
_BACK = {
    Place.AT_ONCE: _BACK_AT_ONCE - _STRIDE,
    Place.BEFORE: _BACK_BEFORE - _STRIDE,
    Place.DURING: _BACK_DURING,
}


class Rehearsal(Protocol):
    """Prepares rounds that are played again, one after another."""

    def approach(self, round: int) -> None:
        """Let pass what passed before a round."""
        ...

    def rules(self, rules: Rules, round: int, statuses: Mapping[str, str]) -> Rules:
        """Get ready for the round; give the rules to play it by.

        Args:
            statuses: how it ended for those who are called, and in which order; nothing if
                nothing happened in it but that they acted.
        """
        ...

    def end(self, dispatcher: str) -> None:
        """Let the society go on by itself."""
        ...


class AsItWas:
    """For a society on a virtual clock: what made somebody late makes them late again."""

    def approach(self, round: int) -> None:
        pass

    def rules(self, rules: Rules, round: int, statuses: Mapping[str, str]) -> Rules:
        return rules

    def end(self, dispatcher: str) -> None:
        pass


class Unhurried(AsItWas):
    """For rounds in which nobody was late: nobody is late again, however long it takes."""

    def rules(self, rules: Rules, round: int, statuses: Mapping[str, str]) -> Rules:
        return replace(rules, timeout=max(_FUSE, rules.timeout), protocol=None)


class InTurn(AsItWas):
    """For agents that are called one after another: those who were late take too long again."""

    def __init__(self, timing: Timing, stage: Stage, clock: RehearsalClock) -> None:
        self._timing = timing
        self._hosts = {host.name: host for host in stage.ensemble.hosts}
        self._clock = clock
        self._fronts: list[Front] = []

    def rules(self, rules: Rules, round: int, statuses: Mapping[str, str]) -> Rules:
        self._leave()
        for agent_id, how in self._timing.absent.get(round, {}).items():
            if how.tardy:
                self._fronts.append(Front(self._hosts[agent_id], self._slowly))
        # The protocol is asked after the same answers again.
        return replace(rules, timeout=_FUSE)

    def _slowly(self, act: Act) -> Act:
        return partial(self._act_slowly, act)

    def _act_slowly(self, act: Act, observation: Any, context: Context) -> Any:
        try:
            return act(observation, context)
        finally:
            self._clock.advance(_FUSE + 1.0)

    def _leave(self) -> None:
        for front in self._fronts:
            front.leave()
        self._fronts.clear()

    def end(self, dispatcher: str) -> None:
        self._leave()
        self._clock.go_live()


@dataclass(frozen=True, slots=True)
class _Same:
    """Has enough when the same have come."""

    acted: Collection[str]

    def enough(self, called: Sequence[str], came: Sequence[str]) -> bool:
        return len(came) == len(self.acted) and set(came) == set(self.acted)


@dataclass(slots=True, eq=False)
class Staged:
    """For agents on threads: played on a virtual clock, each is back when it was.

    Every round has hours of its own, in which answers take as long as they have to. Whoever
    was late answers when the round is over; whoever had not even looked at its call is kept
    from looking.
    """

    timing: Timing
    stage: Stage
    simulation: SimulatedDispatcher
    clock: RehearsalClock
    _seconds: Mapping[str, float] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.simulation.latency = self._latency

    def _latency(self, agent_id: str, round: int) -> float:
        return self._seconds.get(agent_id, 0.0)

    def approach(self, round: int) -> None:
        self.clock.advance(max(0.0, round * _STRIDE - self.clock.world))

    def rules(self, rules: Rules, round: int, statuses: Mapping[str, str]) -> Rules:
        opened = round * _STRIDE
        acted = [agent_id for agent_id, how in statuses.items() if how == Status.ACTED]
        answered = [agent_id for agent_id, how in statuses.items() if how in _ANSWERED]
        absent = self.timing.absent.get(round, {})
        early = round in self.timing.unneeded
        ends = _HELD_UNTIL if early else _FUSE
        seconds = {}
        for agent_id, how in absent.items():
            if how.read:
                seconds[agent_id] = ends + 1.0 if how.tardy else _back(how) - opened
            else:
                self.simulation.occupy(agent_id, opened, _back(how))
        if answered and (early or round in self.timing.during):
            # The last for whom the round waits, so that all else is over by then.
            seconds[(acted or answered)[-1]] = _HELD_UNTIL
        if any(how.tardy for how in absent.values()):
            # Who is tardy comes between the end of a round and its being closed.
            self.simulation.occupy("coordinator", opened + ends - 1.0, opened + ends + 2.0)
        self._seconds = seconds
        self.simulation.no_sooner = {StartRound: opened + _GO_ON}
        protocol = _Same(acted) if early else None
        return replace(rules, timeout=_FUSE, batch_size=None, protocol=protocol, patience=0.0)

    def end(self, dispatcher: str) -> None:
        self.approach(self.stage.round + 1)
        self.simulation.latency, self.simulation.no_sooner = None, {}
        self.clock.go_live()
        self.stage.ensemble.go_live(dispatcher)


def _back(how: Absence) -> float:
    """Give when one is back that missed a round."""
    when, place = how.back
    return when * _STRIDE + _BACK[place]


def clocks_of(
    timing: Timing, settings: SocietySettings, clock: Clock
) -> tuple[Clock, SimulatedDispatcher | None]:
    """Give the clock, and what else runs the actors, to play a run again with its absences."""
    if settings.dispatcher == "simulated" or not timing:
        return clock, None
    rehearsed = RehearsalClock(clock)
    if settings.dispatcher == "inline" and timing.in_turn:
        return rehearsed, None
    return rehearsed, SimulatedDispatcher(settings.seed, clock=rehearsed)


def rehearsal_of(
    timing: Timing, settings: SocietySettings, stage: Stage, clock: Clock
) -> Rehearsal:
    """Give the way in which a run is played again, with the clock that it was given for that."""
    simulation = stage.ensemble.simulation
    if settings.dispatcher == "simulated":
        return AsItWas()
    if not isinstance(clock, RehearsalClock):
        return Unhurried()
    if simulation is None:
        return InTurn(timing, stage, clock)
    return Staged(timing, stage, simulation, clock)


def shares_an_actor(host: AgentActor) -> bool:
    """Whether one that is late makes others late, whose letters nobody times."""
    return getattr(host, "cohort", None) is not None
