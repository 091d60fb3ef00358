"""What tests of sweeps share: a round's slots, agents to visit, and Ctrl-C at any instruction."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from math import inf
from types import FrameType
from typing import Any, Self

from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.workers.sweep import Sweep
from antiphon.clock import Clock, SystemClock
from antiphon.models.agent import Agent, Context
from antiphon.testing import RecordingCall

FUSE = 10.0


class Does(Agent):
    def __init__(self, act: Callable[[Any], Any]) -> None:
        self._act = act
        self.seeds = 0

    def act(self, observation: Any, context: Context) -> Any:
        return self._act(observation)

    def reset(self, seed: int | None = None) -> None:
        self.seeds += 1


class SweptRecorder(RecordingCall):
    """A round's slots, and what a visitor says besides."""

    polled = False

    def __init__(self, members: int, **options: Any) -> None:
        super().__init__(**options)
        self.mail: Any = {}
        self.observations = list(range(members))
        self.actions: list[Any] = [None] * members
        self.started: list[float | None] = [None] * members
        self.finished: list[float | None] = [None] * members
        self.posted: list[int] = []
        self.late: list[int] = []
        self.settled: list[int] = []

    @property
    def slots(self) -> SweptRecorder:
        return self

    def mail_of(self, agent_id: str) -> Any:
        return self.mail.get(agent_id, ())

    def observation_of(self, index: int) -> Any:
        return self.observations[index]

    def post(self, index: int) -> None:
        self.posted.append(index)

    def settle(self, count: int, finished: float = inf) -> None:
        self.settled.append(count)

    def return_late(self, index: int) -> None:
        self.late.append(index)

    def of(self, how: str) -> list[int]:
        return [answer.index for answer in self.answers if answer.how == how]


class Interrupts:
    """Raises KeyboardInterrupt at the nth place in some functions where Python lets signals in."""

    def __init__(self, functions: Sequence[Any], nth: int) -> None:
        self._codes = {function.__code__ for function in functions}
        self._left = nth
        self.raised = False

    def __enter__(self) -> Self:
        sys.settrace(self._trace)
        return self

    def __exit__(self, *exc: object) -> None:
        sys.settrace(None)

    def _trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code not in self._codes:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and not self.raised:
            self._left -= 1
            if self._left < 0:
                self.raised = True
                raise KeyboardInterrupt
        return self._trace


def hosts_of(
    count: int, act: Callable[[Any], Any] = lambda seen: seen * 10, clock: Clock | None = None
) -> list[AgentActor]:
    seats = [
        Seat(f"agent-{n}", lambda: Does(act), clock=clock or SystemClock()) for n in range(count)
    ]
    hosts = [AgentActor(seat) for seat in seats]
    for host in hosts:
        assert host.begin()
    return hosts


def sweep(
    call: SweptRecorder,
    hosts: Sequence[AgentActor],
    indices: Sequence[int] | None = None,
    *,
    kind: type[Sweep] = Sweep,
    again: Callable[[Sweep], None] = lambda sweep: None,
    slow: Callable[[AgentActor], None] = lambda host: None,
) -> Sweep:
    indices = range(len(hosts)) if indices is None else indices
    return kind(call, hosts, indices, clock=hosts[0].clock, again=again, slow=slow)


def visit_at_once(work: Sweep, visitors: int = 6) -> None:
    """Let so many threads take turns at it, until nobody is left."""

    def help_out() -> None:
        while work.left:
            work.take_turn()

    helpers = [threading.Thread(target=help_out) for _ in range(visitors)]
    for helper in helpers:
        helper.start()
    for helper in helpers:
        helper.join(FUSE)
