"""Members that are answered for together: by whom, when, and what becomes of who is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from antiphon.actors.future import Future
from antiphon.actors.mailbox import BLANK, Letter
from antiphon.actors.messages import Perceive
from antiphon.clock import ManualClock
from antiphon.coordination.actions import ActionCheck
from antiphon.coordination.call import Gathering, RoundCall
from antiphon.coordination.coordinator import GRACE, Coordinator
from antiphon.coordination.fallback import drop
from antiphon.coordination.joint_action import Rules
from antiphon.coordination.orders import AbandonRound, StartRound, WhoIsBusy
from antiphon.coordination.outcome import Outcome, Status
from antiphon.errors import StoppedError
from antiphon.models.experience import Experience
from antiphon.testing import RecordingRef

TIMEOUT = 1.0
ACTED, TIMED_OUT, CRASHED, DOWN = Status.ACTED, Status.TIMED_OUT, Status.CRASHED, Status.DOWN


class Choir:
    """A crowd that answers with the round's number and notes whom it was asked for."""

    def __init__(self, clock: ManualClock) -> None:
        self.calls: list[list[str]] = []
        self.lived: dict[str, list[tuple[int, ...]]] = {}
        self.takes = 0.0
        self.then: Callable[[], None] = lambda: None
        self.refuses: dict[str, Exception] = {}
        self._clock = clock

    def act(
        self, seats: Sequence[Any], observations: Sequence[Any], lived: Any, ids: Sequence[str]
    ) -> list[Any]:
        self.calls.append(list(ids))
        self._clock.advance(self.takes)
        self.then()
        for agent_id, own in zip(ids, lived, strict=True):
            self.lived.setdefault(agent_id, []).append(tuple(one.round for one in own))
        return [
            self.refuses.get(agent_id, seen)
            for agent_id, seen in zip(ids, observations, strict=True)
        ]


class Singer:
    """A host that is answered for by the choir, and knows whether it still waits."""

    keeps = False

    def __init__(self, name: str, crowd: Choir) -> None:
        self.name = name
        self.crowd = crowd
        self.seat = name
        self.waits = False

    @property
    def seated(self) -> Any:
        return self

    def keep(self, round: int, episode: int) -> None:
        raise AssertionError("it has nothing to keep")

    def resume(self) -> None:
        self.waits = False


class Desk:
    """A coordinator and its members' hosts, all in one thread's hand."""

    def __init__(
        self, members: str = "abc", *, sequential: bool = False, call: type | None = None
    ) -> None:
        self.clock = ManualClock(100.0)
        self.choir = Choir(self.clock)
        self.refs = {name: RecordingRef(name) for name in members}
        self.hosts = {name: Singer(name, self.choir) for name in members}
        self.actor = Coordinator(
            self.refs, ActionCheck({}), sequential=sequential, clock=self.clock
        )

    def start(
        self,
        round: int = 1,
        *,
        timeout: float = TIMEOUT,
        batch_size: int | None = None,
        previous: Mapping[str, Experience] | None = None,
    ) -> Future[Outcome]:
        reply: Future[Outcome] = Future()
        rules = Rules(timeout, batch_size, drop, metrics=True)
        seen = dict.fromkeys(self.refs, round)
        self.actor.handle(Letter(StartRound(round, 0, seen, previous or {}, rules, reply)))
        return reply

    def pump(self) -> None:
        while (letter := self.actor.actor_inbox.get(0)) is not BLANK:
            self.actor.handle(letter)

    def call(self, name: str) -> Perceive:
        return self.refs[name].of(Perceive)[-1]

    def join(self, *names: str) -> None:
        for name in names:
            call, host = self.call(name), self.hosts[name]
            host.waits = True
            call.reply_to.gather(call.index, host)

    def act(self, name: str) -> None:
        call, now = self.call(name), self.clock.now()
        call.reply_to.accept(call.index, call.reply_to.round, now, now)

    def wait(self, seconds: float) -> None:
        """Let time pass, in steps of a fifth of the grace, and the coordinator look."""
        until = self.clock.now() + seconds
        while (left := until - self.clock.now()) > 1e-9:
            self.clock.advance(min(GRACE / 5, left))
            self.pump()
            wake_at = self.actor.wake_at
            if wake_at is not None and self.clock.now() >= wake_at:
                self.actor.wake()
            self.pump()

    def busy(self) -> list[str]:
        answer: Future[list[str]] = Future()
        self.actor.handle(Letter(WhoIsBusy(), answer))
        return answer.get(timeout=0)

    @property
    def waiting(self) -> set[str]:
        return {name for name, host in self.hosts.items() if host.waits}


def lived(round: int) -> Experience:
    return Experience(round, None, round, round, "acted", 1.0, False, False)


def outcome_of(desk: Desk, reply: Future[Outcome]) -> Outcome:
    desk.pump()
    return reply.get(timeout=0)


def test_the_last_of_those_in_flight_answers_for_all_in_one_call() -> None:
    desk = Desk()
    reply = desk.start()
    desk.join("b", "a")
    assert desk.choir.calls == []
    desk.join("c")
    assert desk.choir.calls == [["b", "a", "c"]]
    assert desk.waiting == set()
    outcome = outcome_of(desk, reply)
    assert outcome.actions == {"a": 1, "b": 1, "c": 1}
    assert outcome.status == dict.fromkeys("abc", ACTED)
    assert desk.busy() == []


def test_one_that_acts_by_itself_is_waited_for_like_any_other() -> None:
    desk = Desk()
    reply = desk.start()
    desk.join("a", "b")
    desk.act("c")
    assert desk.choir.calls == [["a", "b"]]
    assert outcome_of(desk, reply).status == dict.fromkeys("abc", ACTED)


@pytest.mark.parametrize(
    ("word", "how"),
    [
        (lambda call: call.reply_to.fail(call.index, ValueError(), 100.0, 100.0), CRASHED),
        (lambda call: call.reply_to.lose(call.index, StoppedError()), DOWN),
        (lambda call: call.reply_to.skip(call.index), TIMED_OUT),
    ],
    ids=["crashed", "dead", "unread"],
)
def test_nobody_is_waited_for_who_will_not_come(word: Any, how: Status) -> None:
    desk = Desk()
    reply = desk.start()
    desk.join("a", "b")
    word(desk.call("c"))
    assert desk.choir.calls == [["a", "b"]]
    outcome = outcome_of(desk, reply)
    assert outcome.status == {"a": ACTED, "b": ACTED, "c": how}


@pytest.mark.parametrize("batch_size", [1, 2, 3])
def test_only_those_that_were_let_out_are_waited_for(batch_size: int) -> None:
    desk = Desk("abcde")
    reply = desk.start(batch_size=batch_size)
    batches = ["abcde"[k : k + batch_size] for k in range(0, 5, batch_size)]
    for batch in batches:
        assert [name for name in "abcde" if desk.refs[name].told][-len(batch) :] == [*batch]
        desk.join(*batch)
    desk.pump()
    assert desk.choir.calls == [[*batch] for batch in batches]
    assert reply.get(timeout=0).status == dict.fromkeys("abcde", ACTED)


def test_a_straggler_delays_nobody_beyond_the_grace() -> None:
    desk = Desk()
    reply = desk.start()
    desk.join("a", "b")
    desk.wait(2 * GRACE + GRACE / 2)
    assert desk.choir.calls == [["a", "b"]]
    assert desk.waiting == set()
    desk.wait(0.5)
    assert not reply.is_set()
    desk.act("c")
    outcome = outcome_of(desk, reply)
    assert outcome.status == dict.fromkeys("abc", ACTED)
    assert outcome.latencies["a"] < 3 * GRACE < 0.5 <= outcome.latencies["c"]


def test_one_that_hangs_costs_itself_its_answer_and_nobody_else() -> None:
    desk = Desk()
    reply = desk.start()
    desk.join("a", "b")
    desk.wait(TIMEOUT)
    outcome = outcome_of(desk, reply)
    assert outcome.status == {"a": ACTED, "b": ACTED, "c": TIMED_OUT}
    assert desk.busy() == ["c"]
    again = desk.start(2)
    desk.join("b", "a")  # and it is not waited for when it was not called
    assert desk.choir.calls[1:] == [["b", "a"]]
    assert outcome_of(desk, again).status == {"a": ACTED, "b": ACTED, "c": Status.BUSY}


def test_as_long_as_others_join_nobody_is_answered_for() -> None:
    desk = Desk("abcdefg")
    desk.start()
    for name in "abcdef":
        desk.join(name)
        desk.wait(GRACE * 4 / 5)
        assert desk.choir.calls == []
    desk.wait(2 * GRACE)
    assert desk.choir.calls == [[*"abcdef"]]
    desk.join("g")
    assert desk.choir.calls[1:] == [["g"]]


def test_those_who_join_after_the_grace_are_gathered_anew() -> None:
    desk = Desk("abcde")
    reply = desk.start()
    desk.join("a")
    desk.wait(3 * GRACE)
    desk.join("b", "c")
    desk.wait(3 * GRACE)
    assert desk.choir.calls == [["a"], ["b", "c"]]
    desk.join("d", "e")
    assert desk.choir.calls[2:] == [["d", "e"]]
    assert outcome_of(desk, reply).status == dict.fromkeys("abcde", ACTED)


def test_all_are_answered_for_in_time_however_many_still_join() -> None:
    desk = Desk("abcdefgh")
    desk.choir.takes = GRACE / 2
    desk.start()
    desk.join(*"abcdefgh")  # now it is known how long an answer takes
    desk.pump()
    reply = desk.start(2, timeout=4 * GRACE)
    opened = desk.clock.now()
    for name in "abc":
        desk.join(name)
        desk.wait(GRACE * 4 / 5)
    assert len(desk.choir.calls) == 1
    desk.wait(GRACE * 4 / 5)
    assert desk.choir.calls[1:] == [["a", "b", "c"]]
    assert desk.clock.now() < opened + 4 * GRACE
    desk.choir.takes = 0.0
    desk.join("d")  # from now on nobody waits for anybody
    assert desk.choir.calls[2:] == [["d"]]
    desk.wait(GRACE)
    outcome = outcome_of(desk, reply)
    assert [outcome.status[name] for name in "abcdefgh"] == [ACTED] * 4 + [TIMED_OUT] * 4


def test_a_round_that_is_shorter_than_the_grace_is_no_longer_for_that() -> None:
    desk = Desk()
    desk.choir.takes = GRACE / 20
    desk.start()
    desk.join(*"abc")
    desk.pump()
    reply = desk.start(2, timeout=GRACE)
    desk.join("a", "b")
    desk.wait(GRACE * 0.92)
    assert desk.choir.calls[1:] == [["a", "b"]]
    desk.wait(GRACE)
    outcome = outcome_of(desk, reply)
    assert outcome.status == {"a": ACTED, "b": ACTED, "c": TIMED_OUT}
    assert outcome.elapsed < GRACE * 5 / 4


def test_those_who_wait_when_the_round_is_over_are_answered_too_late() -> None:
    desk = Desk()
    reply = desk.start(previous={"a": lived(0)})
    desk.join("a", "b")
    desk.clock.advance(TIMEOUT + 0.1)
    desk.actor.wake()
    outcome = reply.get(timeout=0)
    assert outcome.status == dict.fromkeys("abc", TIMED_OUT)
    assert desk.choir.calls == [["a", "b"]]
    assert desk.waiting == set()
    desk.pump()
    assert desk.busy() == ["c"]
    following = desk.start(2, previous={"a": lived(1), "b": lived(1)})
    desk.join("a", "b")
    outcome = outcome_of(desk, following)
    assert (outcome.late, outcome.status["a"]) == (2, ACTED)
    assert desk.choir.lived == {"a": [(0,), (1,)], "b": [(), (1,)]}


def test_who_joins_when_the_round_is_over_is_answered_at_once_and_late() -> None:
    desk = Desk()
    reply = desk.start()
    desk.act("a")
    desk.act("b")
    desk.wait(TIMEOUT)
    assert outcome_of(desk, reply).status["c"] is TIMED_OUT
    desk.join("c")
    assert desk.choir.calls == [["c"]]
    assert desk.waiting == set()
    desk.pump()
    assert desk.busy() == []
    following = desk.start(2)
    desk.join(*"abc")
    assert outcome_of(desk, following).late == 1


def test_one_that_ends_while_it_waits_is_down_and_nobody_answers_for_it() -> None:
    desk = Desk()
    reply = desk.start()
    desk.join("a", "b")
    call = desk.call("a")
    call.reply_to.leave(call.index, StoppedError("a"))
    desk.join("c")
    assert desk.choir.calls == [["b", "c"]]
    outcome = outcome_of(desk, reply)
    assert outcome.status == {"a": DOWN, "b": ACTED, "c": ACTED}


def test_one_that_ends_last_lets_the_others_go() -> None:
    desk = Desk()
    reply = desk.start()
    desk.join("a", "b")
    desk.choir.calls.clear()
    call = desk.call("b")
    desk.act("c")
    assert desk.choir.calls == [["a", "b"]]
    call.reply_to.leave(call.index, StoppedError("b"))  # too late to say so
    assert outcome_of(desk, reply).status == dict.fromkeys("abc", ACTED)


def test_one_that_ends_while_it_is_being_answered_for_has_its_answer() -> None:
    desk = Desk()
    reply = desk.start()
    desk.join("a", "b")
    call = desk.call("a")
    desk.choir.then = lambda: call.reply_to.leave(call.index, StoppedError("a"))
    desk.join("c")
    outcome = outcome_of(desk, reply)
    assert outcome.status == dict.fromkeys("abc", ACTED)


def test_one_whose_observation_is_bad_has_crashed_and_the_others_act() -> None:
    desk = Desk()
    reply = desk.start()
    desk.choir.refuses["b"] = ValueError("nonsense")
    desk.join(*"abc")
    outcome = outcome_of(desk, reply)
    assert outcome.status == {"a": ACTED, "b": CRASHED, "c": ACTED}
    assert str(outcome.errors["b"]) == "nonsense"


def test_a_crowd_that_cannot_answer_crashes_its_agents_and_closes_the_round() -> None:
    desk = Desk()
    reply = desk.start()

    def breaks() -> None:
        raise MemoryError("no room")

    desk.choir.then = breaks
    desk.join(*"abc")
    assert outcome_of(desk, reply).status == dict.fromkeys("abc", CRASHED)
    assert desk.waiting == set()


def test_each_is_charged_with_its_share_of_the_time() -> None:
    desk = Desk("abcd")
    reply = desk.start()
    desk.choir.takes = 0.4
    desk.join(*"abcd")
    outcome = outcome_of(desk, reply)
    assert list(outcome.act_seconds.values()) == pytest.approx([0.1] * 4)


def test_word_of_a_gathering_in_a_closed_round_is_ignored() -> None:
    desk = Desk()
    reply = desk.start()
    desk.join(*"abc")
    outcome_of(desk, reply)
    desk.start(2)
    wake_at = desk.actor.wake_at
    desk.actor.handle(Letter(Gathering(1)))
    assert desk.actor.wake_at == wake_at


def test_the_coordinator_is_told_once_for_all_that_wait() -> None:
    desk = Desk("abcdef")
    desk.start()
    desk.join(*"abcde")
    told = []
    while (letter := desk.actor.actor_inbox.get(0)) is not BLANK:
        told.append(letter.message)
    assert told == [Gathering(1)]


# Ctrl-C, which comes inline only, where everyone has time of its own


def test_ctrl_c_while_they_are_answered_for_leaves_nobody_waiting() -> None:
    desk = Desk(sequential=True)
    reply = desk.start(previous={"a": lived(0)})

    def interrupt() -> None:
        raise KeyboardInterrupt

    desk.choir.then = interrupt
    desk.join("a", "b")
    with pytest.raises(KeyboardInterrupt):
        desk.join("c")
    desk.choir.then = lambda: None
    desk.actor.handle(Letter(AbandonRound()))
    assert desk.waiting == set()
    assert reply.get(timeout=0).status == dict.fromkeys("abc", TIMED_OUT)
    assert desk.busy() == []
    following = desk.start(2, previous={"a": lived(1), "b": lived(1)})
    desk.join(*"abc")
    assert outcome_of(desk, following).status == dict.fromkeys("abc", ACTED)
    # What they were not told then they are told now, once and in order.
    assert desk.choir.lived == {"a": [(0, 1)], "b": [(1,)], "c": [()]}


def test_with_time_of_their_own_nobody_has_to_hurry() -> None:
    desk = Desk(sequential=True)
    desk.start()
    desk.join("a")
    desk.wait(2 * TIMEOUT)
    assert desk.choir.calls == [["a"]]  # after the grace
    desk.join("b")
    desk.clock.advance(2 * TIMEOUT)
    desk.act("c")
    assert desk.choir.calls == [["a"], ["b"]]


# One rule taken out


class ForgetsWhoLeft(RoundCall):
    """Whoever is dead is answered for all the same."""

    def leave(self, index: int, error: BaseException) -> None:
        if index in self._gathered:
            self.lose(index, error)


class WaitsForNobody(RoundCall):
    def gather(self, index: int, host: Any) -> None:
        with self._lock:
            self._gathered[index] = host
            self._came += 1
            ready = self._take_gathered(at_once=True)
        self._answer(ready)


class WaitsForThoseNotCalled(RoundCall):
    def _take_gathered(self, *, at_once: bool = False) -> Any:
        if not (at_once or self._hurries or len(self._gathered) >= self._round._open_slots):
            return {}
        gathered, self._gathered = self._gathered, {}
        return gathered


class AnswersWithoutTaking(RoundCall):
    """Whoever has been answered for is so once more."""

    def _take_gathered(self, *, at_once: bool = False) -> Any:
        return dict(self._gathered) if super()._take_gathered(at_once=at_once) else {}


class LeavesTheRest(RoundCall):
    def answer_rest(self) -> None:
        pass


class NeverQuiet(RoundCall):
    def answer_if_quiet(self) -> bool:
        return bool(self._gathered)


class AlwaysQuiet(RoundCall):
    def answer_if_quiet(self) -> bool:
        self._had_come = self._came
        return super().answer_if_quiet()


class NeverHurries(RoundCall):
    def answer_now(self) -> None:
        super().answer_now()
        self._hurries = False


class TellsNobody(RoundCall):
    def gather(self, index: int, host: Any) -> None:
        with self._lock:
            self._gathered[index] = host
            ready = self._take_gathered(at_once=self.over)
        self._answer(ready)


class NoResume(RoundCall):
    def _answer(self, gathered: Any) -> None:
        resumes = [host.resume for host in gathered.values()]
        for host in gathered.values():
            host.resume = lambda: None
        super()._answer(gathered)
        assert resumes is not None


class ForgottenByCtrlC(RoundCall):
    def _answer(self, gathered: Any) -> None:
        try:
            super()._answer(gathered)
        except KeyboardInterrupt:
            self._gathered = {}
            raise


class NotAnsweredWhenOver(RoundCall):
    def gather(self, index: int, host: Any) -> None:
        if self.over:
            self._gathered[index] = host
        else:
            super().gather(index, host)


CHECKS = [
    test_the_last_of_those_in_flight_answers_for_all_in_one_call,
    lambda: test_only_those_that_were_let_out_are_waited_for(2),
    test_a_straggler_delays_nobody_beyond_the_grace,
    test_as_long_as_others_join_nobody_is_answered_for,
    test_all_are_answered_for_in_time_however_many_still_join,
    test_those_who_wait_when_the_round_is_over_are_answered_too_late,
    test_who_joins_when_the_round_is_over_is_answered_at_once_and_late,
    test_one_that_ends_while_it_waits_is_down_and_nobody_answers_for_it,
    test_ctrl_c_while_they_are_answered_for_leaves_nobody_waiting,
]


@pytest.mark.parametrize(
    "mutant",
    [
        ForgetsWhoLeft,
        WaitsForNobody,
        WaitsForThoseNotCalled,
        AnswersWithoutTaking,
        LeavesTheRest,
        NeverQuiet,
        AlwaysQuiet,
        NeverHurries,
        TellsNobody,
        NoResume,
        ForgottenByCtrlC,
        NotAnsweredWhenOver,
    ],
)
def test_a_protocol_with_one_rule_taken_out_is_caught(
    mutant: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("antiphon.coordination.coordinator.RoundCall", mutant)
    assert any(fails(check) for check in CHECKS)


def fails(check: Callable[[], None]) -> bool:
    try:
        check()
    except (AssertionError, RuntimeError, TimeoutError, IndexError):
        return True
    return False
