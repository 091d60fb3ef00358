"""Generated lives of a round, and a witness who knows by other means how each must end."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from antiphon.coordination.outcome import Status
from antiphon.coordination.round import Round
from hypothesis import strategies as st

OPENED = 100.0
TIMEOUT = 1.0
DEADLINE = OPENED + TIMEOUT
IDS = tuple("abcdefg")


@dataclass(frozen=True)
class Plan:
    """One generated life of a round."""

    members: int
    busy: frozenset[int]
    batch_size: int | None
    own_time: bool
    events: list[tuple[str, int, float, float]]
    """What happens, to whom (among those it can happen to), after how long, after how much work."""


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    members = draw(st.sampled_from([0, 1, 2, 3, 5, len(IDS)]))
    everyone = st.integers(0, max(0, members - 1))
    kinds = ["call", "accept", "fail", "lose", "skip", "again", "close"]
    weights = ["call", "accept", "accept", *kinds]
    event = st.tuples(
        st.sampled_from(weights),
        st.integers(0, 6),
        st.sampled_from([0.0, 0.0, 0.1, 0.5]),
        st.sampled_from([0.0, 0.1, TIMEOUT, TIMEOUT + 0.1]),
    )
    return Plan(
        members,
        draw(st.frozensets(everyone, max_size=members)) if members else frozenset(),
        draw(st.sampled_from([None, 1, 2, 3])),
        draw(st.booleans()),
        draw(st.lists(event, max_size=30)),
    )


class Witness:
    """Watches a round from outside and knows, by other means, what it has to say."""

    def __init__(self, kind: type[Round], plan: Plan) -> None:
        self.plan = plan
        self.now = OPENED
        self.round = kind(
            1,
            IDS[: plan.members],
            opened=OPENED,
            timeout=TIMEOUT,
            busy={IDS[i] for i in plan.busy},
            batch_size=plan.batch_size,
            own_time=plan.own_time,
        )
        self.called: list[int] = []
        self.expected: dict[int, Status] = {}
        self.actions: dict[int, int] = {}
        self.skipped: list[int] = []
        self.late = 0
        self.closed = False

    def live(self) -> None:
        for kind, pick, after, work in self.plan.events:
            self.now += after
            if kind == "call":
                self.call()
            elif kind == "close":
                self.close()
            elif kind == "again":
                for member in self.expected:
                    self.report_again(member)
            elif waiting := [i for i in self.called if i not in self.expected]:
                self.report(kind, waiting[pick % len(waiting)], work)
                self.call()
        self.close()
        self.check_the_end()

    def call(self) -> None:
        calls = list(self.round.call_next(self.now))
        left = [
            i for i in range(self.plan.members) if i not in self.plan.busy and i not in self.called
        ]
        free = (self.plan.batch_size or self.plan.members) - len(self.called) + len(self.expected)
        assert calls == ([] if self.closed else left[:free])
        assert all(self.round.called[i] == self.now for i in calls)
        self.called += calls

    def report(self, kind: str, member: int, work: float) -> None:
        started, finished = self.now - work, self.now
        in_time = work <= TIMEOUT if self.plan.own_time else finished <= DEADLINE
        settled = self.say(kind, member, started, finished)
        assert settled is not self.closed
        if self.closed:
            return
        in_word = {"accept": Status.ACTED, "fail": Status.CRASHED, "lose": Status.DOWN}
        timed = kind in ("accept", "fail")
        late = timed and not in_time
        self.late += late
        self.skipped += [member] if kind == "skip" else []
        self.expected[member] = Status.TIMED_OUT if late or kind == "skip" else in_word[kind]
        if self.expected[member] is Status.ACTED:
            self.actions[member] = member * 10

    def report_again(self, member: int) -> None:
        for kind in ("accept", "fail", "lose", "skip"):
            assert not self.say(kind, member, self.now, self.now)

    def say(self, kind: str, member: int, started: float, finished: float) -> bool:
        match kind:
            case "accept":
                return self.round.accept(member, member * 10, started, finished)
            case "fail":
                return self.round.fail(member, ValueError(), started, finished)
            case "lose":
                return self.round.lose(member, ValueError())
        return self.round.skip(member)

    def close(self) -> None:
        if self.closed:
            with pytest.raises(RuntimeError):
                self.round.close()
            return
        waited_for = set(range(self.plan.members)) - self.plan.busy - set(self.expected)
        assert self.round.filled is (not waited_for)
        silent = [i for i in sorted(self.called) if i not in self.expected]
        # With time of its own nobody can be at work when the round closes.
        if self.plan.own_time:
            self.skipped += silent
            silent = []
        assert self.round.close() == [IDS[i] for i in silent]
        self.closed = True

    def check_the_end(self) -> None:
        self.call()
        for member in self.called:
            # Every reply that is still to come is late now.
            assert not self.say("accept", member, OPENED, OPENED)
        for member in range(self.plan.members):
            busy = member in self.plan.busy
            rest = Status.BUSY if busy else Status.TIMED_OUT
            assert self.round.status(member) is self.expected.get(member, rest)
            assert self.round.actions[member] == self.actions.get(member)
        uncalled = set(range(self.plan.members)) - self.plan.busy - set(self.called)
        assert sorted(self.round.unread) == sorted({*self.skipped, *uncalled})
        assert self.round.late == self.late
