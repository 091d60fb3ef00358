"""What waits for those who are not called: all of it, in order, and nobody's for another's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from antiphon.actors.mail.counts import check_law
from antiphon.actors.mail.dead_letters import DeadLetters, Reason
from antiphon.actors.mail.mailbox_rules import MailboxRules
from antiphon.actors.mail.overflow import OVERFLOWS
from antiphon.coordination.talk import pigeonhole
from antiphon.coordination.talk.pigeonholes import Pigeonholes
from antiphon.errors import LostLetterError
from antiphon.models.outbox import Kind, Parcel, Phase


def said(words: str, sender: str = "s") -> list[Parcel]:
    return [Parcel(sender, 1, Phase.ACT, n, Kind.TELL, payload=w) for n, w in enumerate(words)]


def words(parcels: Sequence[Parcel]) -> str:
    return "".join(parcel.payload for parcel in parcels)


def handed_out(holes: Pigeonholes, inboxes: dict[str, list[Parcel]], called: str) -> dict[str, str]:
    mail = holes.sort(inboxes, set(called))
    return {agent_id: words(parcels) for agent_id, parcels in mail.items()}


def test_who_is_called_hears_and_the_others_mail_waits_for_them() -> None:
    holes = Pigeonholes()
    assert handed_out(holes, {"a": said("12"), "b": said("3")}, "a") == {"a": "12"}
    assert len(holes) == 1
    assert handed_out(holes, {"b": said("4")}, "a") == {}
    assert handed_out(holes, {"a": said("6"), "b": said("5")}, "ab") == {"a": "6", "b": "345"}
    assert len(holes) == 0
    assert handed_out(holes, {}, "ab") == {}


def test_of_what_is_only_of_use_until_there_is_newer_one_of_each_topic_waits() -> None:
    holes = Pigeonholes()
    for n in range(9):
        news = Parcel("s", n, Phase.ACT, 0, Kind.NEWEST, f"topic/{n % 2}", payload=str(n))
        holes.keep("a", [news, *said("w")])
    assert len(holes) == 2 + 9
    assert holes.outdated == 7
    assert handed_out(holes, {}, "a") == {"a": "wwwwwww7w8w"}


def test_nothing_waits_for_one_that_is_out_for_good() -> None:
    holes = Pigeonholes()
    holes.keep("a", said("12"))
    holes.forget("a")
    holes.keep("a", said("3"))
    holes.give_back("a", said("4"))
    assert (len(holes), holes.forgotten) == (0, 4)
    assert handed_out(holes, {}, "a") == {}


def test_what_is_given_back_is_heard_before_all_that_came_since() -> None:
    holes = Pigeonholes()
    holes.keep("a", said("34"))
    holes.give_back("a", said("12"))
    assert handed_out(holes, {"a": said("5")}, "a") == {"a": "12345"}
    holes.give_back("a", said("1"))
    assert handed_out(holes, {}, "a") == {"a": "1"}


def bounded(capacity: int, overflow: str = "drop_oldest") -> tuple[Pigeonholes, DeadLetters]:
    """Give holes for so many each, and where is recorded what nobody hears."""
    dead = DeadLetters()
    return Pigeonholes(MailboxRules(capacity, OVERFLOWS[overflow], dead)), dead


def test_past_the_capacity_the_oldest_go_and_are_counted() -> None:
    holes, _ = bounded(3)
    holes.keep("a", said("12"))
    holes.keep("a", said("345"))
    assert (holes.forgotten, len(holes)) == (2, 3)
    assert handed_out(holes, {}, "a") == {"a": "345"}
    holes.give_back("a", said("12345"))
    assert handed_out(holes, {}, "a") == {"a": "345"}
    assert holes.forgotten == 4


@pytest.mark.parametrize(
    ("overflow", "stays"), [("refuse", "123"), ("drop_newest", "127"), ("drop_oldest", "567")]
)
def test_who_goes_is_who_would_go_in_a_mailbox(overflow: str, stays: str) -> None:
    holes, dead = bounded(3, overflow)
    for word in "1234567":
        holes.keep("a", said(word))
    assert handed_out(holes, {}, "a") == {"a": stays}
    reason = OVERFLOWS[overflow].reason
    assert {r: n for r, n in dead.statistics().counts.items() if n} == {reason: 4}
    (*_, last) = dead.last()
    assert (last.receiver, last.sender, last.message.kind) == ("a", "s", Kind.TELL)


def test_a_flood_goes_before_what_others_said_however_old() -> None:
    holes, _ = bounded(6)
    holes.keep("a", [*said("xy", "modest"), *said("z", "shy")])
    for _ in range(5):
        holes.keep("a", said("12345678", "flooder"))
    assert handed_out(holes, {}, "a") == {"a": "xyz678"}
    assert holes.forgotten == 5 * 8 - 3


def test_of_several_who_flood_each_keeps_its_latest() -> None:
    holes, _ = bounded(5)
    holes.keep("a", [*said("1234", "b"), *said("5", "c"), *said("6789", "d")])
    assert handed_out(holes, {}, "a") == {"a": "34589"}


def test_word_of_a_death_takes_no_room_and_gives_way_to_nobody() -> None:
    holes, dead = bounded(1)
    deaths = [Parcel(who, 1, Phase.DEATH, 0, Kind.DIED, payload=who) for who in "xyz"]
    holes.keep("a", [deaths[0], *said("12"), deaths[1]])
    holes.keep("a", [*said("3"), deaths[2]])
    assert handed_out(holes, {}, "a") == {"a": "xy3z"}
    assert dead.statistics().total == 2


def test_where_there_is_no_room_the_newest_still_takes_its_olders_place() -> None:
    def news(word: str, topic: str, number: int) -> Parcel:
        return Parcel("s", number, Phase.ACT, 0, Kind.NEWEST, topic, payload=word)

    holes, dead = bounded(3, "refuse")
    holes.keep("a", [*said("1"), news("o", "oil", 1), news("g", "gas", 1), *said("2")])
    holes.keep("a", [news("O", "oil", 2), news("G", "gas", 2), news("X", "oil", 3)])
    assert handed_out(holes, {}, "a") == {"a": "1GX"}
    assert holes.outdated == dead.statistics().counts[Reason.CONFLATED] == 3
    assert dead.statistics().counts[Reason.REFUSED] == 1


@pytest.mark.parametrize("overflow", sorted(OVERFLOWS))
def test_what_is_put_in_is_handed_out_or_dead_or_still_there(overflow: str) -> None:
    holes, dead = bounded(4, overflow)
    news = [Parcel("s", n, Phase.ACT, 0, Kind.NEWEST, "t", payload=str(n)) for n in range(4)]
    holes.keep("a", [*said("123"), news[0], *said("4567", "z")])
    holes.keep("b", [news[0]])
    holes.sort({"b": [news[1]], "c": said("89")}, {"b"})
    holes.give_back("b", said("12345"))
    holes.take_from("s", "a")
    holes.keep("d", said("12"))
    holes.forget("d")
    holes.keep("d", said("3"))
    counts = holes.counts()
    assert (counts.lost, counts.queued, len(holes)) == (
        0,
        len(holes),
        sum(holes.waiting().values()),
    )
    assert min(counts.handled, counts.dead, counts.queued) > 0
    check_law([holes], dead)


class Loses(Pigeonholes):
    def _pop(self, agent_id: str) -> list[Parcel]:
        return super()._pop(agent_id)[1:]


class BuriesInSilence(Pigeonholes):
    def _bury(self, agent_id: str, gone: Any) -> None:
        super()._bury(agent_id, [])


@pytest.mark.parametrize("mutant", [Loses, BuriesInSilence])
def test_one_that_gets_lost_breaks_the_law(mutant: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "Pigeonholes", mutant)
    with pytest.raises((AssertionError, LostLetterError)):
        test_what_is_put_in_is_handed_out_or_dead_or_still_there("drop_oldest")


def test_those_who_are_called_hear_all_though_others_mail_waits() -> None:
    holes, _ = bounded(3)
    holes.keep("b", said("1"))
    assert handed_out(holes, {"a": said("123456")}, "a") == {"a": "123456"}
    holes.keep("a", said("123"))
    assert handed_out(holes, {"a": said("4567")}, "a") == {"a": "1234567"}
    assert holes.forgotten == 0


def test_what_is_handed_out_is_not_the_senders_list() -> None:
    inbox = said("12")
    holes = Pigeonholes()
    holes.sort({"a": inbox}, set())
    holes.keep("a", said("3"))
    assert words(inbox) == "12"


# One rule taken out


class ForgetsWhatIsGivenBack(Pigeonholes):
    def give_back(self, agent_id: str, parcels: Sequence[Parcel]) -> None:
        pass


class GivesBackBehindTheLater(Pigeonholes):
    def give_back(self, agent_id: str, parcels: Sequence[Parcel]) -> None:
        self.keep(agent_id, parcels)


class KeepsNothing(Pigeonholes):
    def keep(self, agent_id: str, parcels: Sequence[Parcel]) -> None:
        pass


class KeepsForTheCalledToo(Pigeonholes):
    """What is cut for those who are away is cut for all."""

    def sort(self, inboxes: Any, called: Any) -> Any:
        for agent_id, parcels in inboxes.items():
            self.keep(agent_id, parcels)
        return super().sort({}, called)


MUTANTS: list[tuple[type[Pigeonholes], Callable[..., None]]] = [
    (ForgetsWhatIsGivenBack, test_what_is_given_back_is_heard_before_all_that_came_since),
    (GivesBackBehindTheLater, test_what_is_given_back_is_heard_before_all_that_came_since),
    (KeepsNothing, test_who_is_called_hears_and_the_others_mail_waits_for_them),
]


@pytest.mark.parametrize(("mutant", "caught_by"), MUTANTS)
def test_a_rule_taken_out_is_caught(
    mutant: type, caught_by: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "Pigeonholes", mutant)
    with pytest.raises((AssertionError, KeyError)):
        caught_by()


def test_a_limit_for_those_who_are_called_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "Pigeonholes", KeepsForTheCalledToo)
    with pytest.raises(AssertionError):
        test_those_who_are_called_hear_all_though_others_mail_waits()


def test_a_flood_that_displaces_others_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    class Unfair(pigeonhole.Shares):
        def largest(self, preferred: Any) -> Any:
            return min(next(iter(self._senders.values())))

    monkeypatch.setattr(pigeonhole, "Shares", Unfair)
    with pytest.raises(AssertionError):
        test_a_flood_goes_before_what_others_said_however_old()
