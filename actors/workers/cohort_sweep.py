"""A round over the members of a cohort, on the one thread that runs them."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from operator import attrgetter, length_hint

from ...clock import Clock
from ...models.crowds.seating import put
from ..agent_actor import AgentActor
from ..together import Company
from .joint_sweep import JointSweep, Taken
from .sweep import Sweep, SweptCall

_EPISODE, _TOGETHER = attrgetter("episode"), attrgetter("together")


class Rank:
    """Members that are called again and again, and a look at whether all of them are idle."""

    __slots__ = ("_episode", "_letters", "_turns", "company", "hosts")

    def __init__(self, hosts: Sequence[AgentActor]) -> None:
        self.hosts = hosts
        self.company = Company(hosts)
        self._turns = [host.turn for host in hosts]
        # Kept from now on, and so not to be what a mailbox has before its first letter.
        self._letters = [host.actor_inbox.queue() for host in hosts]
        self._episode: int | None = None

    def is_idle(self, episode: int) -> bool:
        """Whether nobody has anything to read, or an episode to begin, before it is called."""
        return all(self._turns) and not any(self._letters) and self._are_in(episode)

    def _are_in(self, episode: int) -> bool:
        """Whether all play this episode, and may be answered for together."""
        if self._episode != episode and set(map(_EPISODE, self.hosts)) == {episode}:
            self._episode = episode if all(map(_TOGETHER, self.hosts)) else None
        return self._episode == episode

    def look_again(self) -> None:
        """Say that some of them are run by themselves, by which what was known may change."""
        self._episode = None


class CohortSweep(JointSweep):
    """Answers for a rank in one go, if all of it is idle; else as any joint sweep.

    Nobody but this thread runs these members, so nobody's turn need be taken: a letter that
    comes meanwhile has this thread called, and waits.
    """

    __slots__ = ("_rank",)

    def __init__(
        self, call: SweptCall, rank: Rank, indices: Sequence[int], *, clock: Clock
    ) -> None:
        super().__init__(call, rank.hosts, indices, clock=clock, again=_alone, slow=_alone)
        self._rank = rank

    def _take(self) -> Taken:
        call, begun = self._call, self._clock.now()
        untouched = length_hint(self._left) == len(self._hosts)
        if not untouched or call.mail or not self._rank.is_idle(call.episode):
            return self._take_each()
        # First written, then looked; see RoundCall.close.
        put(self._lists[1], self._indices, [begun] * len(self._hosts))
        if call.over or begun >= (inf if call.deadline is None else call.deadline):
            return self._take_each()
        self._left, self._cursor = iter(()), zip((), (), (), strict=True)  # nobody is left
        return Taken(self._indices, self._rank.company, held=())

    def _take_each(self) -> Taken:
        self._rank.look_again()
        return super()._take()

    def _fail(self, host: AgentActor, index: int, error: BaseException, begun: float) -> None:
        self._rank.look_again()
        super()._fail(host, index, error, begun)


def _alone(_: Sweep) -> None:
    """Nobody else visits a cohort's members."""
