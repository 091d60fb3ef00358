"""The actors of one society: every agent's host and the coordinator, started and stopped."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from ..actors.actor import Actor
from ..actors.address import Address, wait_for
from ..actors.agent_actor import AgentActor
from ..actors.cohort import CohortMember
from ..actors.departure import part_with
from ..actors.dispatcher import Countdown, Dispatcher
from ..actors.future import Future
from ..actors.inline import InlineDispatcher
from ..actors.mail.counts import check_law
from ..actors.mail.dead_letters import DeadLetters
from ..actors.messages import GoOn, Retune, Teach
from ..actors.pooled import PooledDispatcher
from ..actors.simulated import SimulatedDispatcher
from ..actors.statistics import KernelStatistics, PoolStatistics
from ..actors.talk.interview import Interviews
from ..actors.threaded import ThreadedDispatcher
from ..errors import AskError, AskTimeoutError, SettingsError, StoppedError, TooManyActorsError
from ..logs import get_logger
from ..models.agent import Place
from ..models.board import Board
from ..models.experience import Experience
from ..models.matrices import Array
from ..models.memory import MEMORY_OFF, Recall
from ..models.profile import Profile
from .actions import ActionCheck
from .attendance import Attendance
from .cast import Cast
from .cohorts import cohorts_of
from .coordinator import Coordinator
from .figures import kernel_statistics
from .hosting import host_of
from .joint_action import Rules
from .orders import AbandonRound, EndEpisode, Leave, StartRound, WhoIsBusy
from .outcome import Outcome
from .roster import Resident
from .setup import Setup
from .talk.correspondence import Correspondence
from .talk.party_line import PartyLine
from .talk.reception import Reception

log = get_logger(__name__)


def _simulation(setup: Setup) -> Dispatcher:
    assert setup.simulation is not None  # a society that is founded so has one
    return setup.simulation


_DISPATCHERS: dict[str, Callable[[Setup], Dispatcher]] = {
    "threaded": lambda setup: ThreadedDispatcher(),
    "pooled": lambda setup: PooledDispatcher(setup.limits),
    "inline": lambda setup: InlineDispatcher(),
    "simulated": _simulation,
}


class Ensemble:
    """Starts all actors or none, plays rounds with them, and stops them within a bound."""

    def __init__(
        self,
        residents: Sequence[Resident],
        places: Mapping[str, Place],
        setup: Setup,
        *,
        staff: Sequence[Actor] = (),
        memories: Mapping[str, Recall] = MappingProxyType({}),
    ) -> None:
        """Make and start everyone.

        Args:
            staff: actors that are run beside the agents, and no round calls.
            memories: what agents remember, by id.

        Raises:
            StartError: somebody could not be made or started; nothing runs.
            TooManyActorsError: the machine does not bear so many threads.
        """
        self._setup = setup
        self._abandoned: list[str] = []
        self._dispatcher_name = setup.dispatcher
        self._dispatcher = _DISPATCHERS[setup.dispatcher](setup)
        self._hosts: dict[str, AgentActor] = {}
        self._left: set[str] = set()
        self._talk = self._open_talk()
        for resident in residents:
            memory = memories.get(resident.agent_id, MEMORY_OFF)
            host = host_of(resident, places[resident.agent_id], setup, self._talk, memory)
            host.actor_inbox.rules = setup.mailboxes
            self._hosts[host.name] = host
        cohorts = cohorts_of(residents, self._hosts, setup.clock)
        self._cast = Cast(list(self._hosts.values()))
        self._addresses = {name: Address(host) for name, host in self._hosts.items()}
        spaces = {i: place.action_space for i, place in places.items()}
        self._correspondence = Correspondence(
            self._addresses.keys(), bounds=setup.bounds, mailboxes=setup.mailboxes, show=self._show
        )
        self._conductor = Coordinator(
            self._addresses,
            ActionCheck({i: space for i, space in spaces.items() if space is not None}),
            supervisor=setup.supervisor,
            correspondence=self._correspondence,
            sequential=self._dispatcher.sequential,
            visit=self._cast.visited_by(self._dispatcher),
            on_death=self._let_know,
            dead_letters=setup.dead_letters,
            clock=setup.clock,
        )
        self._coordinator = Address(self._conductor)
        alone = [host for host in self._hosts.values() if not isinstance(host, CohortMember)]
        self._actors: list[Actor] = [self._conductor, *staff, *cohorts, *alone]
        self.reception = Reception(self._talk, self._addresses, self._coordinator, setup)
        """Where what is said and asked outside is let in."""
        self._dispatcher.start(self._actors, setup.start_timeout)

    def _open_talk(self) -> Interviews | PartyLine:
        if self._setup.delivery == "ordered":
            return Interviews(self._hosts, self._setup.supervisor.refusal)
        return PartyLine(
            self._hosts,
            bounds=self._setup.bounds,
            mailboxes=self._setup.mailboxes,
            one_thread=lambda: self._dispatcher.one_thread,
            refusal=self._setup.supervisor.refusal,
        )

    def _let_know(self, agent_id: str, reason: str, round: int) -> None:
        if isinstance(self._talk, PartyLine):
            self._talk.died(agent_id, reason, round)

    def _show(self, board: Board) -> None:
        if isinstance(self._talk, Interviews):
            self._talk.board = board

    @property
    def board(self) -> Board:
        """The shared state as everyone may read it now."""
        return self._talk.board

    def play(
        self,
        round: int,
        episode: int,
        observations: Mapping[str, Any],
        previous: Mapping[str, Experience],
        rules: Rules,
        *,
        asked: float | None = None,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> Outcome:
        """Play one round and wait for its outcome.

        Args:
            asked: when its time began to run, in the clock's seconds; by default now.
            meanwhile: what to do while the agents are at work; it is to be short.

        Raises:
            RoundIncompleteError: an action is missing, and the rules have no fallback.
        """
        if asked is None:
            asked = self._setup.clock.now()
        self.reception.begin(round)
        reply: Future[Outcome] = Future()
        start = StartRound(round, episode, observations, previous, rules, reply, asked)
        try:
            # Run inline, it is in here that the agents act.
            self._coordinator.tell(start)
            meanwhile()
            outcome: Outcome = reply.get()
        except KeyboardInterrupt:
            self._coordinator.tell(AbandonRound())
            raise
        return self.reception.with_told(outcome)

    def end_episode(self, round: int, previous: Mapping[str, Experience]) -> None:
        """Tell these agents how their episode ended."""
        self._coordinator.tell(EndEpisode(round, previous))

    def hear_out(self, timeout: float) -> None:
        """Wait until those who want to know how an episode ended have been told.

        A stop goes ahead of what waits in a mailbox, and the last reward of a run is in there.

        Args:
            timeout: seconds for all of them together; who takes longer is named in the log.
        """
        asking = [host for host in self._hosts.values() if hasattr(host.agent, "episode_ended")]
        if not asking:
            return
        countdown = Countdown(timeout)
        away = set(self.busy())  # and by this the coordinator has told the others
        told = [host.name for host in asking if not (host.name in away or self._is_out(host))]
        replies = {agent_id: Future[None]() for agent_id in told}
        for agent_id, reply in replies.items():
            self._addresses[agent_id].forward(GoOn(), reply)
        late = [agent_id for agent_id, reply in replies.items() if not _comes(reply, countdown)]
        if late:
            log.warning("agents.not_heard_out", count=len(late), agents=late[:10])

    def _is_out(self, host: AgentActor) -> bool:
        """Whether an agent is told nothing, for now or for good."""
        is_down = self._setup.supervisor.refusal(host.name) is not None
        return is_down or host.name in self._left or host.actor_stopped.is_set()

    @property
    def attendance(self) -> Attendance:
        """Who came too late, and when they were back."""
        return self._conductor.attendance

    @property
    def simulation(self) -> SimulatedDispatcher | None:
        """What runs the actors, if they are simulated."""
        return self._setup.simulation

    @property
    def hosts(self) -> Collection[AgentActor]:
        """The actors with agents behind them; whoever changes anything does so between rounds."""
        return self._hosts.values()

    def __len__(self) -> int:
        return len(self._hosts) - len(self._left)

    def remove(self, agent_ids: Sequence[str], grace: float) -> list[str]:
        """Stop these between two rounds, for good; give those that had to be abandoned.

        Those who watch them are told before the next round.

        Args:
            grace: seconds for all of them together.
        """
        hosts = [self._hosts[agent_id] for agent_id in agent_ids]
        # Theirs no more to run: an abandoned one could not be handed to another dispatcher.
        leaving = {id(host) for host in hosts}
        self._actors = [actor for actor in self._actors if id(actor) not in leaving]
        self._left.update(agent_ids)
        abandoned = part_with(hosts, self._setup.clock, grace)
        self._abandoned += abandoned
        self._coordinator.tell(Leave(tuple(agent_ids)))
        log.info("agents.removed", count=len(hosts), agents=list(agent_ids[:10]))
        if abandoned:
            log.warning("agents.abandoned", count=len(abandoned), agents=abandoned[:10])
        return abandoned

    @property
    def dead_letters(self) -> DeadLetters:
        """What nobody read or will read, and why."""
        return self._setup.dead_letters

    def surprises(self) -> dict[str, Callable[[], float | None]]:
        """Give, for the agents that can tell, what says how surprised they were of late."""
        return {
            agent_id: partial(_surprise_of, host)
            for agent_id, host in self._hosts.items()
            if hasattr(type(host.agent), "surprise")
        }

    def retune(self, agent_ids: Sequence[str], profile: Profile) -> None:
        """Have these agents think by another profile; the busy will once they are back."""
        for agent_id in agent_ids:
            if agent_id not in self._left:
                self._addresses[agent_id].tell(Retune(profile))

    def pupils(self) -> dict[str, Any]:
        """Give what it takes to teach each of those that can be taught."""
        agents: dict[str, Any] = {agent_id: host.agent for agent_id, host in self._hosts.items()}
        return {
            agent_id: pupil
            for agent_id, agent in agents.items()
            # As the protocol, whose own check takes long for thousands.
            if hasattr(type(agent), "teach") and hasattr(type(agent), "pupil")
            if (pupil := agent.pupil()) is not None
        }

    def teach(self, agent_id: str, gains: Mapping[str, Array]) -> None:
        """Have an agent know this from its next call on; if it is down, the one that is built."""
        if agent_id not in self._left:
            self._addresses[agent_id].tell(Teach(gains))

    def busy(self) -> tuple[str, ...]:
        """Give the agents still at work on a round that has gone on without them."""
        busy = self._coordinator.ask(WhoIsBusy(), self._setup.start_timeout)
        return tuple(agent_id for agent_id in busy if agent_id not in self._left)

    def seen_busy(self) -> tuple[str, ...]:
        """As ``busy``, but of those on their way back some may be in it; waits for nobody."""
        return tuple(agent_id for agent_id in self._conductor.busy if agent_id not in self._left)

    def statistics(self) -> KernelStatistics:
        """Give the figures of mailboxes, threads and supervision now."""
        return kernel_statistics(
            self._setup,
            self._actors,
            [host for name, host in self._hosts.items() if name not in self._left],
            dispatcher=self._dispatcher_name,
            pool=self._pool(),
            mail=self._mail(),
            hung=tuple(self._abandoned),
        )

    def _mail(self) -> dict[str, int]:
        """Say of each actor how much is kept for it that is no letter yet."""
        mail = dict(self._correspondence.waiting)
        who = self._conductor.name
        # An agent may be called the same.
        mail[who] = mail.get(who, 0) + self._correspondence.from_outside
        return mail

    def _pool(self) -> PoolStatistics | None:
        if not isinstance(self._dispatcher, PooledDispatcher):
            return None
        return self._dispatcher.statistics()

    def switch(self, dispatcher: str) -> None:
        """Go on with another dispatcher: the same actors, state and mailboxes.

        Raises:
            StoppedError: an agent is at work on an earlier round and cannot be moved.
            TooManyActorsError: the machine does not bear it; all go on as before.
        """
        if dispatcher == self._dispatcher_name:
            return
        if "simulated" in (dispatcher, self._dispatcher_name):
            raise SettingsError(
                "dispatcher", "cannot change: threads do not live by a virtual clock"
            )
        busy: Sequence[str] = self.busy()
        if not busy and (busy := self._dispatcher.release(self._actors, self._setup.start_timeout)):
            # The others have left their threads, and nobody would run them any more.
            self.stop(grace=0.0)
        if busy:
            raise StoppedError(f"cannot change to {dispatcher}: {', '.join(busy)} still at work")
        before = self._dispatcher
        try:
            self._hand_over(_DISPATCHERS[dispatcher](self._setup))
        except TooManyActorsError:
            self._hand_over(before)
            raise
        self._dispatcher_name = dispatcher

    def go_live(self, dispatcher: str) -> None:
        """Go on with threads when what was rehearsed on a clock of its own is over."""
        self._dispatcher.release(self._actors, self._setup.start_timeout)
        self.reception.go_live()
        self._hand_over(_DISPATCHERS[dispatcher](self._setup))
        self._dispatcher_name = dispatcher

    def _hand_over(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._conductor.sequential = dispatcher.sequential
        self._conductor.visit = self._cast.visited_by(dispatcher)
        dispatcher.start(self._actors, self._setup.start_timeout)

    def stop(self, grace: float) -> list[str]:
        """Stop everyone; give the names of those whose threads had to be abandoned.

        Args:
            grace: seconds for all of them together.

        Raises:
            LostLetterError: a letter has gone astray, which is a fault of the kernel.
        """
        self.reception.stop()
        late = self._dispatcher.stop(self._actors, grace)
        abandoned = self._abandoned = list(dict.fromkeys([*self._abandoned, *late]))
        if not abandoned:
            mailboxes = [host.actor_inbox for host in self._hosts.values()]
            check_law([*mailboxes, self._correspondence.counted], self._setup.dead_letters)
            others = (one for one in self._actors if not isinstance(one, AgentActor))
            check_law(one.actor_inbox for one in others)
        if abandoned:
            log.warning("agents.abandoned", count=len(abandoned), agents=abandoned[:10])
        return abandoned


def _comes(reply: Future[None], countdown: Countdown) -> bool:
    try:
        wait_for(reply, "", countdown.left())
    except AskTimeoutError:
        return False
    except (AskError, StoppedError):
        pass  # it failed at something, or is out: there is nothing more to wait for
    return True


def _surprise_of(host: AgentActor) -> float | None:
    # Another agent may sit there now: one that was restarted.
    surprise: float | None = getattr(host.agent, "surprise", None)
    return surprise
