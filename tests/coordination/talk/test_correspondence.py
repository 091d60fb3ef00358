"""What is said with the answers of a round is heard before the next, or not at all."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import pytest
from antiphon.clock import ManualClock
from antiphon.coordination.absence import News
from antiphon.coordination.call import RoundCall
from antiphon.coordination.outcome import Status
from antiphon.coordination.round import Round
from antiphon.coordination.talk import correspondence as correspondence_module
from antiphon.coordination.talk.correspondence import Correspondence
from antiphon.coordination.talk.mail import Bounds, Reason, Refused
from antiphon.models.board import Board
from antiphon.models.outbox import OUTSIDE, Outbox, Parcel, Phase
from antiphon.testing import RecordingRef

MEMBERS = dict.fromkeys("abc").keys()
Said = tuple[Parcel, ...]


def told(
    to: str, *words: Any, sender: str = "a", round: int = 1, phase: Phase = Phase.ACT
) -> tuple[str, Said]:
    outbox = Outbox(sender, round=round, phase=phase)
    for word in words:
        outbox.tell(to, word)
    return sender, outbox.take()


def outside(*words: Any, to: str = "a") -> Said:
    return told(to, *words, sender=OUTSIDE)[1]


def opened(talk: Correspondence, round: int, called: str = "abc") -> dict[str, list[Any]]:
    mail = talk.open(round, lambda: set(called))
    return {agent_id: [p.payload for p in parcels] for agent_id, parcels in mail.items()}


def all_as(how: Status) -> dict[str, Status]:
    return dict.fromkeys("abc", how)


ACTED = all_as(Status.ACTED)


def test_what_came_with_an_action_is_heard_once_before_the_next_round() -> None:
    talk = Correspondence(MEMBERS)
    talk.close([told("b", 1, 2), told("b", 3, sender="c")], ACTED)
    assert opened(talk, 2) == {"b": [1, 2, 3]}
    assert opened(talk, 3) == {}


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        (Status.TIMED_OUT, Refused.LATE),
        (Status.CRASHED, Refused.CRASHED),
        (Status.REJECTED, Refused.REJECTED),
        (Status.DOWN, Refused.CRASHED),
    ],
)
def test_what_came_without_an_action_that_counts_is_counted_and_not_heard(
    how: Status, reason: Refused
) -> None:
    talk = Correspondence(MEMBERS)
    talk.close([told("b", 1, 2)], all_as(how))
    assert opened(talk, 2) == {}
    assert talk.statistics().exchange.refused == {reason: 2}


def test_what_was_said_between_rounds_does_not_hang_on_the_action() -> None:
    talk = Correspondence(MEMBERS)
    said = [
        (sender, (*told(to, f"{phase.name} {sender}", sender=sender, phase=phase)[1],))
        for sender, to in (("a", "b"), ("b", "a"))
        for phase in Phase
        if phase is not Phase.DEATH  # in which nobody says anything
    ]
    talk.close(said, {"a": Status.ACTED, "b": Status.REJECTED})
    assert opened(talk, 2) == {
        "a": ["RECEIVE b", "EPISODE_ENDED b"],
        "b": ["RECEIVE a", "ACT a", "EPISODE_ENDED a"],
    }


def test_what_comes_back_late_is_counted_and_what_was_not_heard_waits() -> None:
    talk = Correspondence(MEMBERS)
    talk.close([told("b", 1), told("c", 2)], ACTED)
    mail = talk.open(2, lambda: set("abc"))
    talk.close([told("b", 3, round=2)], ACTED)
    talk.come_back("b", told("a", "too late", sender="b")[1], mail["b"])
    assert opened(talk, 3) == {"b": [1, 3]}
    assert talk.statistics().exchange.refused == {Refused.LATE: 1}


def test_who_is_not_called_hears_it_all_when_it_is() -> None:
    talk = Correspondence(MEMBERS)
    for round in (1, 2):
        talk.close([told("b", round), told("c", round, sender="b")], ACTED)
        assert opened(talk, round + 1, "ac") == {"c": [round]}
    assert talk.statistics().held == 2
    talk.close([told("b", 3)], ACTED)
    assert opened(talk, 4) == {"b": [1, 2, 3]}
    assert talk.statistics().held == 0


def test_what_is_kept_for_one_who_is_away_is_heard_before_what_comes_with_its_call() -> None:
    talk = Correspondence(MEMBERS)
    talk.enter(outside("while away", to="b"), 1)
    for agent_id, parcels in talk.let_in(2).items():
        talk.keep(agent_id, parcels)
    talk.close([told("b", 1)], ACTED)
    assert opened(talk, 2, "ac") == {}
    assert opened(talk, 3) == {"b": ["while away", 1]}


def test_nobody_asks_who_is_called_where_there_is_nothing_to_hear() -> None:
    talk = Correspondence(MEMBERS)
    assert talk.open(1, lambda: pytest.fail("nobody needs to know")) == {}
    talk.close([told(OUTSIDE, 1)], ACTED)
    assert talk.open(2, lambda: pytest.fail("nobody needs to know")) == {}


def test_outside_is_heard_at_once_and_what_agents_said_keeps_its_time() -> None:
    talk = Correspondence(MEMBERS)
    talk.close([told("b", "inside")], ACTED)
    talk.enter(outside(1, 2, to="b"), 1)
    assert {i: [p.payload for p in ps] for i, ps in talk.let_in(2).items()} == {"b": [1, 2]}
    assert talk.let_in(2) == {}
    assert opened(talk, 2) == {"b": ["inside"]}


def test_what_was_heard_is_told_once_and_of_a_silent_round_there_is_nothing() -> None:
    talk = Correspondence(MEMBERS)
    talk.close([told("b", 1), told("ghost", 2, sender="b")], ACTED)
    talk.enter(outside(3), 1)
    talk.let_in(2)
    talk.open(2, lambda: set("abc"))
    heard = talk.take_heard()
    assert [(d.round, list(d.inboxes), len(d.dead)) for d in heard] == [
        (2, ["a"], 0),
        (2, ["b"], 1),
    ]
    assert talk.take_heard() == ()
    talk.let_in(3)
    talk.open(3, lambda: set("abc"))
    talk.close([], ACTED)
    assert talk.take_heard() == ()


def test_a_round_in_which_mail_only_waits_on_is_silent() -> None:
    talk = Correspondence(MEMBERS)
    talk.close([told("b", 1)], ACTED)
    assert opened(talk, 2, "ac") == {}
    talk.take_heard()
    assert opened(talk, 3, "ac") == {}
    assert talk.take_heard() == ()


def test_what_is_for_outside_is_nobodys_mail() -> None:
    talk = Correspondence(MEMBERS)
    talk.close([told(OUTSIDE, "hello"), told("b", 1, sender="b")], ACTED)
    assert opened(talk, 2) == {"b": [1]}
    (heard,) = talk.take_heard()
    assert [p.payload for p in heard.inboxes[OUTSIDE]] == ["hello"]
    assert talk.statistics().held == 0


def test_the_board_is_shown_when_the_next_round_opens_and_only_if_it_is_another() -> None:
    shown: list[Board] = []
    talk = Correspondence(MEMBERS, show=shown.append)
    outbox = Outbox("a", round=1)
    outbox.put("k", 1)
    talk.close([("a", outbox.take()), told("b", 1)], ACTED)
    assert shown == []
    opened(talk, 2)
    assert [(dict(board), board.version) for board in shown] == [({"k": 1}, 1)]
    talk.close([told("b", 2)], ACTED)
    opened(talk, 3)
    assert len(shown) == 1
    assert talk.statistics().board.written == 1


def test_who_is_unknown_is_warned_of_once_a_round_and_all_are_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    talk = Correspondence(MEMBERS)
    for round in (1, 2):
        talk.close([told("ghost", 1, 2, round=round), told("spook", 3, sender="b")], ACTED)
        opened(talk, round + 1)
    assert caplog.text.count("event=messages.undelivered") == 2
    words = "round=2 count=3 reason=unknown id=a:1:act:0 receivers=['ghost']"
    assert words in caplog.text
    assert talk.statistics().exchange.dead == {Reason.UNKNOWN: 6}


def test_its_bounds_are_those_that_were_given() -> None:
    talk = Correspondence(MEMBERS, bounds=Bounds(per_sender=2, per_receiver=3))
    talk.close([told("b", *range(9)), told("b", *"xyz", sender="c")], ACTED)
    assert opened(talk, 2) == {"b": [0, 1, "x"]}


# An answer and the close of its round that cross


def crossing(*, finished: float) -> tuple[RoundCall, RecordingRef]:
    """A visitor's answer is written; before the visitor looks again, the round is closed."""
    clock, coordinator = ManualClock(100.0), RecordingRef()
    round = Round(1, ["a", "b"], opened=100.0, timeout=1.0)
    call = RoundCall(
        round, {}, coordinator, episode=0, observations=[0, 0], news=News({}, {}), clock=clock
    )
    call.send(lambda call, indices: None)
    call.slots.started[0] = 100.0
    call.slots.actions[0] = "left"
    call.say(0, told("b", "word")[1])
    call.slots.finished[0] = finished
    call.close()
    call.return_late(0)
    return call, coordinator


def test_an_answer_that_crosses_the_close_and_counts_keeps_what_was_said_with_it() -> None:
    call, coordinator = crossing(finished=100.5)
    assert call.slots.status(0) is Status.ACTED  # type: ignore[attr-defined]
    assert [(who, [p.payload for p in said]) for who, said in call.take_said()] == [("a", ["word"])]
    assert coordinator.told == []


def test_an_answer_that_crosses_the_close_too_late_takes_it_along() -> None:
    call, coordinator = crossing(finished=101.5)
    assert call.slots.status(0) is Status.TIMED_OUT  # type: ignore[attr-defined]
    talk = Correspondence(MEMBERS)
    for returned in coordinator.told:
        talk.come_back(returned.agent_id, returned.said, returned.mail)
    talk.close(call.take_said(), all_as(Status.TIMED_OUT))
    assert opened(talk, 2) == {}
    assert talk.statistics().exchange.refused == {Refused.LATE: 1}


# One rule taken out


class AcceptsTheLate(Correspondence):
    def come_back(self, agent_id: str, said: Sequence[Parcel], mail: Sequence[Parcel]) -> None:
        self._accept(said, None)
        self.give_back(agent_id, mail)


class LosesMailThatComesBack(Correspondence):
    def come_back(self, agent_id: str, said: Sequence[Parcel], mail: Sequence[Parcel]) -> None:
        super().come_back(agent_id, said, ())


class HearsAllWhateverCameOfIt(Correspondence):
    def _accept(self, parcels: Sequence[Parcel], refused: Refused | None) -> None:
        super()._accept(parcels, None)


class WholeOrNothing(Correspondence):
    """What was said between rounds goes with the action, too."""

    def _accept(self, parcels: Sequence[Parcel], refused: Refused | None) -> None:
        if refused is None:
            super()._accept(parcels, None)


class InsideBeforeItsTime(Correspondence):
    def let_in(self, round: int) -> Any:
        return correspondence_module._for_agents(self._note(self._exchange.deliver(round)))


class CallsEverybody(Correspondence):
    def open(self, round: int, called: Any) -> Any:
        return super().open(round, lambda: MEMBERS)


class ShowsTheBoardAtOnce(Correspondence):
    def close(self, said: Any, status: Any) -> None:
        said = list(said)
        self._show(self._blackboard.apply([p for _, ps in said for p in ps if p.kind == "put"]))
        super().close(said, status)


class TellsAgain(Correspondence):
    def take_heard(self) -> Any:
        return tuple(self._heard)


MUTANTS: list[tuple[type[Correspondence], Any]] = [
    (AcceptsTheLate, test_what_comes_back_late_is_counted_and_what_was_not_heard_waits),
    (LosesMailThatComesBack, test_what_comes_back_late_is_counted_and_what_was_not_heard_waits),
    (HearsAllWhateverCameOfIt, test_what_was_said_between_rounds_does_not_hang_on_the_action),
    (WholeOrNothing, test_what_was_said_between_rounds_does_not_hang_on_the_action),
    (InsideBeforeItsTime, test_outside_is_heard_at_once_and_what_agents_said_keeps_its_time),
    (CallsEverybody, test_who_is_not_called_hears_it_all_when_it_is),
    (
        ShowsTheBoardAtOnce,
        test_the_board_is_shown_when_the_next_round_opens_and_only_if_it_is_another,
    ),
    (TellsAgain, test_what_was_heard_is_told_once_and_of_a_silent_round_there_is_nothing),
]


@pytest.mark.parametrize(("mutant", "caught_by"), MUTANTS)
def test_a_rule_taken_out_is_caught(
    mutant: type, caught_by: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "Correspondence", mutant)
    with pytest.raises(AssertionError):
        caught_by()
