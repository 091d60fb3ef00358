"""The contract of hosts: a breach is an AssertionError that names host and rule."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..actors.address import Address
from ..actors.agent_actor import AgentActor, Seat
from ..actors.messages import Deliver, EpisodeEnded, Perceive, Question
from ..actors.threaded import ThreadedDispatcher
from ..errors import AntiphonError
from ..models.agent import Agent, Context
from ..models.experience import Experience
from .recording import Answer, RecordingCall
from .rules import by_raising, require


def check_actor(host: type[AgentActor], *, timeout: float = 5.0) -> None:
    """Hold a host to the contract of ``AgentActor``; give nothing, or the first breach.

    Args:
        timeout: seconds after which an answer counts as missing.

    Raises:
        AssertionError: it breaks a rule; the message names host and rule.
    """
    name = getattr(host, "__name__", repr(host))
    is_host = isinstance(host, type) and issubclass(host, AgentActor)
    require(is_host, name, "a host is a subclass of AgentActor")
    for check in _HOST_RULES:
        with _hosted(host, name, timeout) as stage:
            check(stage)


_SEEN = np.arange(3.0)
_SEEN.flags.writeable = False
_HANDED = "an action is handed to the round"
_LIVED = tuple(Experience(n, _SEEN, 1, 1, "acted", float(n), False, False) for n in (1, 2, 3))


class _Probe(Agent):
    """Does what it is told to, and keeps what it was called with."""

    def __init__(self) -> None:
        self.raises: BaseException | None = None
        self.seeds: list[int | None] = []
        self.contexts: list[Context] = []
        self.heard: list[tuple[Any, str]] = []
        self.ended: list[Context] = []

    def reset(self, seed: int | None = None) -> None:
        self.seeds.append(seed)

    def act(self, observation: Any, context: Context) -> Any:
        self.contexts.append(context)
        if self.raises is not None:
            raise self.raises
        return 1

    def receive(self, message: Any, sender: str, context: Context) -> None:
        self.heard.append((message, sender))

    def answer(self, question: Any, sender: str, context: Context) -> Any:
        return {"asked": question}

    def episode_ended(self, context: Context) -> None:
        self.ended.append(context)


@dataclass(slots=True)
class _Stage:
    """One running host, and everything that was made for it."""

    name: str
    timeout: float
    actor: AgentActor
    dispatcher: ThreadedDispatcher
    probes: list[_Probe]
    makers: list[int]
    """The idents of the threads that made them."""

    @property
    def probe(self) -> _Probe:
        return self.probes[0]

    def call(self, index: int = 0, **options: Any) -> RecordingCall:
        call = RecordingCall(observation=_SEEN, experiences=_LIVED, **options)
        Address(self.actor).tell(Perceive(call, index))
        return call

    def answer_to(self, call: RecordingCall) -> Answer:
        """Give the one answer to a call."""
        rule = "every call has exactly one outcome"
        came = call.wait_answered(self.timeout)
        require(came, self.name, rule, f"none within {self.timeout:g} s")
        self.settle()
        answers = ", ".join(answer.how for answer in call.answers)
        require(len(call.answers) == 1, self.name, rule, f"there were {answers}")
        return call.answers[0]

    def settle(self) -> None:
        """Wait until everything that was told has been handled."""
        with suppress(AntiphonError):
            Address(self.actor).ask(Question("settled", "outside"), self.timeout)


@contextmanager
def _hosted(host: type[AgentActor], name: str, timeout: float) -> Iterator[_Stage]:
    probes: list[_Probe] = []
    makers: list[int] = []

    def create() -> Agent:
        probes.append(_Probe())
        makers.append(threading.get_ident())
        return probes[-1]

    seat = Seat("agent-1", create, seed=7)
    dispatcher = ThreadedDispatcher()
    try:
        stage = _Stage(name, timeout, host(seat), dispatcher, probes, makers)
        dispatcher.start([stage.actor], timeout)
    except Exception as error:  # its constructor is run here, and is its author's
        rule = "a host starts from a seat alone, and makes its agent in on_start"
        raise by_raising(name, rule, error) from error
    try:
        yield stage
    finally:
        dispatcher.stop([stage.actor], timeout)


def _makes_one_agent_on_its_own_thread(stage: _Stage) -> None:
    made = len(stage.probes)
    require(made == 1, stage.name, "a host makes one agent, in on_start", f"it made {made}")
    apart = stage.makers[0] != threading.get_ident()
    require(apart, stage.name, "the agent is made on the actor's own thread")


def _hands_the_action_to_the_round(stage: _Stage) -> None:
    answer = stage.answer_to(stage.call(index=3))
    if answer.how == "fail":
        # The agent has not: it is the host that raised.
        raise by_raising(stage.name, _HANDED, answer.value) from answer.value
    require(answer.how == "accept", stage.name, _HANDED, answer.how)
    require(answer.index == 3, stage.name, "an answer goes to the member's own slot")
    timed = 0.0 < answer.started <= answer.finished
    require(timed, stage.name, "started and finished are the clock's")


def _tells_the_agent_what_it_lived(stage: _Stage) -> None:
    stage.answer_to(stage.call())
    told = [(*context.missed, context.previous) for context in stage.probe.contexts]
    rule = "the agent hears its experiences once, oldest first"
    require(len(told) == 1 and told[0] == _LIVED, stage.name, rule)


def _contains_what_the_agent_raises(stage: _Stage) -> None:
    for raised in (ValueError("from act"), SystemExit("from act")):
        for probe in stage.probes:
            probe.raises = raised
        answer = stage.answer_to(stage.call())
        rule = "what act raises is its outcome, and nobody else's"
        require(answer.how == "fail", stage.name, rule, f"{raised!r} became {answer.how}")
    for probe in stage.probes:
        probe.raises = None
    answer = stage.answer_to(stage.call())
    goes_on = answer.how == "accept" and len(stage.probes) == 1
    require(goes_on, stage.name, "after a crash the same agent goes on")


def _drops_expired_calls(stage: _Stage) -> None:
    for call in (stage.call(deadline=0.0), stage.call(over=True)):
        answer = stage.answer_to(call)
        require(answer.how == "skip", stage.name, "an expired call is dropped unread", answer.how)
    require(not stage.probe.contexts, stage.name, "an expired call is dropped unread")


def _resets_once_an_episode(stage: _Stage) -> None:
    for episode in (0, 0, 1, 1):
        stage.answer_to(stage.call(episode=episode))
    seeds = stage.probe.seeds
    once = len(seeds) == 2 and seeds[0] != seeds[1] and None not in seeds
    require(once, stage.name, "each episode is one reset with a seed of its own", f"{seeds}")


def _passes_messages_on(stage: _Stage) -> None:
    address = Address(stage.actor)
    address.tell(Deliver(1, "hello", "agent-2"))
    address.tell(EpisodeEnded(1, _LIVED))
    try:
        answer = address.ask(Question("how many", "outside"), stage.timeout)
    except AntiphonError as error:
        raise by_raising(stage.name, "questions reach answer", error) from error
    require(answer == {"asked": "how many"}, stage.name, "questions reach answer")
    heard = stage.probe.heard == [("hello", "agent-2")]
    require(heard, stage.name, "messages reach receive, once")
    ends = [context.previous for context in stage.probe.ended]
    require(ends == [_LIVED[-1]], stage.name, "an episode's end reaches episode_ended, once")


def _ends_when_told_to(stage: _Stage) -> None:
    left = stage.dispatcher.stop([stage.actor], stage.timeout)
    require(not left, stage.name, f"a host stops within {stage.timeout:g} s")
    call = stage.call()
    lost = [answer.how for answer in call.answers] == ["lose"]
    require(lost, stage.name, "calls to a stopped host are lost, once")


_HOST_RULES: tuple[Callable[[_Stage], None], ...] = (
    _makes_one_agent_on_its_own_thread,
    _hands_the_action_to_the_round,
    _tells_the_agent_what_it_lived,
    _contains_what_the_agent_raises,
    _drops_expired_calls,
    _resets_once_an_episode,
    _passes_messages_on,
    _ends_when_told_to,
)
