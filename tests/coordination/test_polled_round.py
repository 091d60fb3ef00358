"""A round with a protocol, by hand: what fills a slot before, within and after enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from antiphon.clock import ManualClock
from antiphon.coordination.absence import News
from antiphon.coordination.call import RoundCall
from antiphon.coordination.notices import Returned, RoundFilled
from antiphon.coordination.outcome import Status
from antiphon.coordination.polled_round import PolledRound
from antiphon.coordination.protocol import CoordinationProtocol, First, Quorum
from antiphon.coordination.talk.correspondence import Correspondence
from antiphon.coordination.talk.mail import Refused
from antiphon.errors import StoppedError
from antiphon.models.outbox import Kind, Parcel, Phase
from antiphon.testing import RecordingRef

ACTED, UNNEEDED, CRASHED = Status.ACTED, Status.UNNEEDED, Status.CRASHED
IDS = list("abcd")


def opened(protocol: CoordinationProtocol | None = None, **options: Any) -> PolledRound:
    settings: dict[str, Any] = {"opened": 0.0, "timeout": 10.0, "counts": lambda *_: True}
    round = PolledRound(1, IDS, protocol=protocol or First(2), **{**settings, **options})
    round.call_next(0.0)
    return round


def statuses(round: PolledRound) -> list[Status | None]:
    return [round.status(index) for index in range(len(round.members))]


class Listens:
    """Never has enough, and keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[tuple[str, ...], tuple[str, ...]]] = []

    def enough(self, called: Sequence[str], came: Sequence[str]) -> bool:
        self.told.append((tuple(called), tuple(came)))
        return False


def test_it_is_filled_when_enough_have_acted_and_the_rest_are_unneeded() -> None:
    round = opened()
    round.accept(2, 1, 0.0, 1.0)
    assert not round.filled
    round.accept(0, 1, 0.0, 2.0)
    assert round.filled
    assert round.close() == ["b", "d"]
    assert statuses(round) == [ACTED, UNNEEDED, ACTED, UNNEEDED]
    assert round.late == 0


def test_enough_that_came_in_time_counts_though_word_of_it_comes_after_the_deadline() -> None:
    round = opened()
    round.accept(0, 1, 0.0, 1.0)
    round.skip(3)  # it found the deadline passed
    round.accept(2, 1, 0.0, 11.0)
    round.fail(1, ValueError(), 0.0, 11.0)
    assert statuses(round) == [ACTED, *[Status.TIMED_OUT] * 3]
    late = opened()
    for slot in (3, 2):
        late.skip(slot)
    late.accept(1, 1, 0.0, 9.0)
    late.accept(0, 1, 0.0, 2.0)
    assert late.filled
    for one in (round, late):
        assert one.close() == []
    assert statuses(late) == [ACTED, ACTED, UNNEEDED, UNNEEDED]
    assert statuses(round) == [ACTED, *[Status.TIMED_OUT] * 3], "of two that were needed one came"
    assert (round.late, late.late) == (2, 0)


def test_who_answered_too_late_was_not_needed_where_enough_came_in_time() -> None:
    round = opened()
    round.accept(0, 1, 0.0, 1.0)
    round.accept(2, 1, 0.0, 11.0)
    round.accept(1, 1, 0.0, 9.0)
    assert round.close() == ["d"]
    assert statuses(round) == [ACTED, ACTED, UNNEEDED, UNNEEDED]
    assert round.late == 0


def test_who_answers_between_enough_and_the_close_is_unneeded_and_not_at_work() -> None:
    round = opened()
    error = ValueError()
    round.accept(0, 1, 0.0, 1.0)
    round.accept(1, 1, 0.0, 1.0)
    assert round.accept(2, 1, 0.0, 1.0)
    assert round.fail(3, error, 0.0, 1.0)
    assert not round.accept(2, 1, 0.0, 1.0), "twice"
    assert round.close() == []
    assert statuses(round) == [ACTED, ACTED, UNNEEDED, UNNEEDED]
    assert round.actions[2] is None
    assert round.errors == {3: error}
    assert round.late == 0


def test_failures_late_answers_and_the_dead_are_no_answers() -> None:
    listens = Listens()
    round = opened(listens)
    round.fail(0, ValueError(), 0.0, 1.0)
    round.lose(1, StoppedError())
    round.accept(2, 1, 0.0, 11.0)
    round.accept(3, 1, 0.0, 2.0)
    assert listens.told == [(("a", "b", "c", "d"), ("d",))]
    round.close()
    assert statuses(round) == [CRASHED, Status.DOWN, Status.TIMED_OUT, ACTED]


def test_an_action_that_is_not_legal_is_no_answer() -> None:
    round = opened(First(1), counts=lambda agent_id, action: action != "bad")
    round.accept(0, "bad", 0.0, 1.0)
    assert not round.filled
    round.accept(1, "good", 0.0, 1.0)
    assert round.filled


def test_a_share_is_of_those_that_are_called() -> None:
    round = opened(Quorum(0.5), busy=["a"], down={"b": StoppedError()})
    round.accept(3, 1, 0.0, 1.0)
    assert round.filled
    round.close()
    assert statuses(round) == [Status.BUSY, Status.DOWN, UNNEEDED, ACTED]


def test_whoever_skips_its_call_then_is_unneeded_and_unread() -> None:
    round = opened(First(1))
    round.accept(0, 1, 0.0, 1.0)
    round.skip(3)
    assert round.close() == ["b", "c"]
    assert (round.status(3), round.unread) == (UNNEEDED, [3])


def test_whom_a_batch_had_not_reached_is_unneeded_and_free() -> None:
    round = PolledRound(
        1, IDS, protocol=First(1), counts=lambda *_: True, opened=0.0, timeout=9.0, batch_size=2
    )
    assert round.call_next(0.0) == range(2)
    round.accept(0, 1, 0.0, 1.0)
    assert round.close() == ["b"]
    assert round.unread == [2, 3]
    assert statuses(round) == [ACTED, UNNEEDED, UNNEEDED, UNNEEDED]


def test_the_deadline_comes_first_where_it_does() -> None:
    round = opened()
    round.accept(0, 1, 0.0, 1.0)
    round.close()
    assert statuses(round) == [ACTED, *[Status.TIMED_OUT] * 3]


def test_it_is_patient_with_those_who_answer_within_so_long() -> None:
    round = opened(patience=0.5)
    round.accept(0, 1, 0.0, 1.0)
    round.accept(1, 1, 0.0, 2.0)
    assert (round.until, round.filled) == (2.5, False)
    round.accept(2, 1, 0.0, 2.5)
    round.accept(3, 1, 0.0, 2.6)
    assert round.close() == []
    assert statuses(round) == [ACTED, ACTED, ACTED, UNNEEDED]


def test_whoever_is_missing_when_its_patience_ends_is_unneeded() -> None:
    round = opened(patience=0.5)
    round.accept(0, 1, 0.0, 1.0)
    round.accept(1, 1, 0.0, 2.0)
    assert round.close() == ["c", "d"]
    assert statuses(round) == [ACTED, ACTED, UNNEEDED, UNNEEDED]


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit("no")])
def test_a_protocol_that_raises_ends_the_round_and_is_not_asked_again(
    error: BaseException,
) -> None:
    class Raises:
        def enough(self, called: Sequence[str], came: Sequence[str]) -> bool:
            raise error

    round = opened(Raises())
    round.accept(0, 1, 0.0, 1.0)
    assert (round.filled, round.broken) == (True, error)
    round.accept(1, 1, 0.0, 1.0)
    assert statuses(round)[:2] == [ACTED, UNNEEDED]


def parcel(sender: str) -> Parcel:
    return Parcel(sender, 1, Phase.ACT, 0, Kind.BROADCAST, payload="heard")


def call_of(round: PolledRound) -> tuple[RoundCall, RecordingRef]:
    coordinator = RecordingRef()
    refs = dict.fromkeys(IDS, RecordingRef())
    news = News({})
    call = RoundCall(
        round,
        refs,
        coordinator,
        episode=0,
        observations=[None] * 4,
        news=news,
        clock=ManualClock(),
    )
    return call, coordinator


def test_word_goes_out_once_and_an_answer_given_twice_takes_nothing_along() -> None:
    call, coordinator = call_of(opened(First(1)))
    call.say(0, [parcel("a")])
    call.accept(0, 1, 0.0, 1.0)
    assert call.over
    call.accept(0, 1, 0.0, 1.0)
    call.accept(1, 1, 0.0, 1.0)
    call.skip(2)
    assert len(coordinator.of(RoundFilled)) == 1
    call.close()
    assert list(call.take_said()) == [("a", (parcel("a"),))]


def test_who_is_back_after_the_close_is_known_to_be_unneeded() -> None:
    call, coordinator = call_of(opened(First(1)))
    call.accept(0, 1, 0.0, 1.0)
    assert call.close() == ["b", "c", "d"]
    call.accept(1, 1, 0.0, 1.0)
    call.skip(2)
    returned = coordinator.of(Returned)
    assert [(one.agent_id, one.unneeded, one.late) for one in returned] == [
        ("b", True, True),
        ("c", True, False),
    ]


def test_those_who_wait_to_be_answered_for_are_let_go_when_there_are_enough() -> None:
    class Waits:
        resumed = False

        def resume(self) -> None:
            self.resumed = True

    answered: list[tuple[int, ...]] = []
    call, coordinator = call_of(opened(First(1)))
    waiting: Any = Waits()
    call._answer = lambda gathered: answered.append(tuple(gathered))  # type: ignore[method-assign]
    call.gather(1, waiting)
    call.accept(0, 1, 0.0, 1.0)
    assert answered[-1] == (1,)
    assert len(coordinator.of(RoundFilled)) == 1


def test_what_came_with_an_unneeded_answer_is_not_heard() -> None:
    words = Correspondence({"a", "b"})
    words.close([("a", [parcel("a")]), ("b", [parcel("b")])], {"a": ACTED, "b": UNNEEDED})
    words.come_back("b", [parcel("b")], (), unneeded=True)
    heard = words.open(2, lambda: {"a", "b"})
    assert {name: [one.sender for one in inbox] for name, inbox in heard.items()} == {"b": ["a"]}
    assert words.statistics().exchange.refused == {Refused.UNNEEDED: 2}
