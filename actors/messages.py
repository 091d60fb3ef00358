"""What is said to an agent's host."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt

from ..models.agent import Moment
from ..models.experience import Experience
from ..models.outbox import Kind, Parcel
from ..models.profile import Profile
from .mail.handling import KERNEL, NEWEST, SIGNED
from .together import Gathered


class Request:
    """A message that somebody waits for, though it was told and not asked."""

    __slots__ = ()

    def fail(self, error: BaseException) -> None:
        """Say that no answer will come, for handling raised."""
        raise NotImplementedError

    def lose(self, error: BaseException) -> None:
        """Say that no answer will come, for the actor is dead."""
        raise NotImplementedError


class Call(Moment, Protocol):
    """One round as its members see it: what they share, and where their answers go.

    An answer may come from any thread, once for each member, and after the round has
    closed; then it changes nothing.
    """

    @property
    def episode(self) -> int: ...

    @property
    def over(self) -> bool:
        """Whether nobody waits for an answer any more."""
        ...

    def observation_of(self, index: int) -> Any: ...

    def mail_of(self, agent_id: str) -> Sequence[Parcel]:
        """Give what this agent hears before it acts."""
        ...

    def say(self, index: int, parcels: Sequence[Parcel]) -> None:
        """Take what a member has said; before its answer, and more than once if need be."""
        ...

    def accept(self, index: int, action: Any, started: float, finished: float) -> None: ...

    def fail(self, index: int, error: BaseException, started: float, finished: float) -> None: ...

    def lose(self, index: int, error: BaseException) -> None:
        """Say that the member's actor is dead."""
        ...

    def untold(self, index: int) -> None:
        """Say that a member is about to fail before it was told what it has lived."""
        ...

    def skip(self, index: int) -> None:
        """Say that the call was dropped unread, for its round is over."""
        ...

    @property
    def gathers(self) -> bool:
        """Whether members may be gathered, to be answered for in one call."""
        ...

    def gather(self, index: int, host: Gathered) -> None:
        """Have a member answered for with others; it hears of it by ``resume``, perhaps at once."""
        ...

    def leave(self, index: int, error: BaseException) -> None:
        """Say that a member that was gathered has died; too late once it is being answered for."""
        ...


# Not frozen: one is made for each agent in each round, and a frozen one takes three times
# as long to make.
@dataclass(slots=True, eq=False)
class Perceive(Request):
    """Heard by an agent's host: look at your observation, and answer to the call."""

    handling: ClassVar = KERNEL

    reply_to: Call
    index: int

    def fail(self, error: BaseException) -> None:
        self.reply_to.fail(self.index, error, 0.0, 0.0)

    def lose(self, error: BaseException) -> None:
        self.reply_to.lose(self.index, error)


@dataclass(frozen=True, slots=True)
class GoOn:
    """Heard by an agent's host that put letters off: now it can read them."""

    handling: ClassVar = KERNEL


@dataclass(frozen=True, slots=True, eq=False)
class EpisodeEnded:
    """Heard by an agent's host: this is how it ended."""

    handling: ClassVar = KERNEL

    round: int
    experiences: tuple[Experience, ...]


@dataclass(frozen=True, slots=True)
class Suspend:
    """Heard by an agent's host: the agent is out; your next call is to one built anew."""

    handling: ClassVar = KERNEL

    until: int
    """The first round in which that call may come."""
    reason: str


@dataclass(frozen=True, slots=True)
class Retire:
    """Heard by an agent's host: the agent is out for good, so stop."""

    handling: ClassVar = KERNEL


@dataclass(frozen=True, slots=True)
class Retune:
    """Heard by an agent's host: the agent is to think by this profile from its next call on."""

    handling: ClassVar = KERNEL

    profile: Profile


@dataclass(frozen=True, slots=True, eq=False)
class Teach:
    """Heard by an agent's host: the agent is to know this from its next call on."""

    handling: ClassVar = KERNEL

    gains: Mapping[str, npt.NDArray[np.float64]]
    """What is added to what it has counted, by name."""


@dataclass(frozen=True, slots=True, eq=False)
class Deliver:
    """Heard by an agent's host: somebody told the agent something."""

    handling: ClassVar = SIGNED

    round: int
    payload: Any
    sender: str
    topic: str = ""
    """What it was published on; empty if it was told."""
    id: str = ""
    """What logs call it."""
    death: bool = False
    """It is word of the sender's death; the payload says why."""

    @classmethod
    def of(cls, parcel: Parcel, round: int) -> Self:
        """Make it of what was said, to be heard before the calls of this round."""
        topic = parcel.name if parcel.kind in (Kind.PUBLISH, Kind.NEWEST) else ""
        death = parcel.kind is Kind.DIED
        return cls(round, parcel.payload, parcel.sender, topic, parcel.id, death)


@dataclass(frozen=True, slots=True, eq=False)
class DeliverNewest(Deliver):
    """The same, and of interest only until the sender has the next one on its topic."""

    handling: ClassVar = NEWEST


@dataclass(frozen=True, slots=True, eq=False)
class DeliverInOrder(Deliver):
    """The same, in one row with the calls: what was said before a round is heard before it."""

    handling: ClassVar = KERNEL


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Heard by an agent's host, always as an ask: somebody wants to know."""

    handling: ClassVar = SIGNED

    payload: Any
    sender: str
    round: int = 0
    """In which it is asked; 0 where no round is open."""
    deadline: float = math.inf
    """When nobody waits for the answer any more, in the clock's seconds."""
    after: int = 0
    """How many messages the receiver was told in order before it is to answer."""

    def in_order(self) -> QuestionInOrder:
        """Give the same, to be read behind what was told before it."""
        return QuestionInOrder(self.payload, self.sender, self.round, self.deadline)


@dataclass(frozen=True, slots=True, eq=False)
class QuestionInOrder(Question):
    """The same, in one row with the calls and what is told in order."""

    handling: ClassVar = KERNEL
