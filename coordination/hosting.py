"""Making the host of one agent, for its place in a society."""

from __future__ import annotations

from ..actors.agent_actor import AgentActor, Seat
from ..actors.failures import describe
from ..actors.talk.interview import Interviews
from ..errors import StartError
from ..models.agent import Agent, Place
from ..models.memory import Recall
from .roster import Resident
from .setup import Setup
from .talk.party_line import PartyLine


def host_of(
    resident: Resident, place: Place, setup: Setup, talk: Interviews | PartyLine, memory: Recall
) -> AgentActor:
    """Make the host of a resident; the agent itself is made when that starts.

    Raises:
        StartError: the host's type raised.
    """
    seat = Seat(
        resident.agent_id,
        _Arrival(resident, place),
        setup.seed,
        setup.clock,
        setup.snapshot_interval,
        talk,
        setup.warnings,
        memory,
    )
    try:
        return resident.host(seat)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # Whatever a plug-in's constructor raises, even SystemExit, is its failure to start.
        raise StartError(resident.agent_id, describe(error)) from error


class _Arrival:
    """Makes an agent for its place; in two references, for there are as many as agents."""

    __slots__ = ("_place", "_resident")

    def __init__(self, resident: Resident, place: Place) -> None:
        self._resident = resident
        self._place = place

    def __call__(self) -> Agent:
        return self._resident.kind.create(self._place, **self._resident.options)
