"""Lanes give each sender its turn; what they know of shares is what a count would show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

import hypothesis.strategies as st
import pytest
from antiphon.actors.mail.dead_letters import DeadLetters, Reason
from antiphon.actors.mail.handling import THE_KERNEL, sender_of
from antiphon.actors.mail.lanes import Lanes
from antiphon.actors.mail.mailbox_rules import UNBOUNDED, MailboxRules
from antiphon.actors.mail.overflow import DROP_OLDEST, OVERFLOWS
from antiphon.actors.mail.shares import Shares
from antiphon.actors.mailbox import Letter
from antiphon.tests.actors.letter_box import Call, Halt, Note, Sight, notes
from hypothesis import given


def filled(*messages: object, rules: MailboxRules = UNBOUNDED) -> Lanes:
    lanes = Lanes(rules)
    for message in messages:
        assert lanes.add(Letter(message)) is None
    return lanes


def taken(lanes: Lanes) -> list[object]:
    messages = []
    while (letter := lanes.take()) is not None:
        messages.append(letter.message)
    return messages


def test_each_lane_gives_one_letter_in_turn_and_control_goes_before() -> None:
    lanes = filled(*notes("a", range(3)), *notes("b", range(2)), Call("k"), Halt("h"))
    assert taken(lanes) == [
        Halt("h"),
        Note("a", 0),
        Note("b", 0),
        Call("k"),
        Note("a", 1),
        Note("b", 1),
        Note("a", 2),
    ]
    assert lanes.is_empty()


def test_whoever_comes_anew_has_its_turn_after_those_who_wait() -> None:
    lanes = filled(*notes("a", range(3)), *notes("b", range(3)))
    assert lanes.take() is not None
    lanes.add(Letter(Note("c")))
    assert [m.sender for m in taken(lanes) if isinstance(m, Note)] == list("bacbab")


def test_lanes_tell_what_is_in_them_and_how_much_room_there_is() -> None:
    lanes = filled(Note("a"), Halt("h"), Call("k"), Note("b"), rules=MailboxRules(3))
    assert (lanes.waiting(), lanes.room) == (4, 1)
    messages = [letter.message for letter in lanes.letters()]
    assert messages == [Halt("h"), Note("a"), Call("k"), Note("b")]
    taken(lanes)
    assert (lanes.waiting(), lanes.room) == (0, 3)


def test_a_newer_one_takes_the_place_after_what_its_sender_has_sent_meanwhile() -> None:
    lanes = filled(Note("a", 0), Sight("a", 1), Note("a", 2), Note("b", 3))
    for number in (4, 5):
        gone = lanes.add(Letter(Sight("a", number)))
        assert gone is not None
        outdated = Sight("a", 1 if number == 4 else 4)
        assert (gone.letter.message, gone.reason) == (outdated, Reason.CONFLATED)
    assert taken(lanes) == [Note("a", 0), Note("b", 3), Note("a", 2), Sight("a", 5)]


def test_the_newest_that_had_to_go_is_forgotten() -> None:
    lanes = filled(Sight("a", 0), rules=MailboxRules(1, DROP_OLDEST))
    gone = lanes.add(Letter(Note("a", 1)))
    assert gone is not None
    assert gone.reason is Reason.DROPPED_OLDEST
    gone = lanes.add(Letter(Sight("a", 2)))
    assert gone is not None
    assert gone.letter.message == Note("a", 1)
    assert taken(lanes) == [Sight("a", 2)]


def test_the_kernels_letters_make_room_for_nobody() -> None:
    lanes = filled(Call("k", 1), Call("k", 2), Note("a"), rules=MailboxRules(1))
    gone = lanes.add(Letter(Note("b")))
    assert gone is not None
    assert gone.letter.message == Note("b")


def test_rules_say_what_is_wrong_with_them() -> None:
    with pytest.raises(ValueError, match="capacity must be >= 1 or None, got 0"):
        MailboxRules(0)
    assert MailboxRules(7, dead_letters=DeadLetters()).room == 7


def test_each_policy_has_a_reason_of_its_own() -> None:
    assert sorted(str(o.reason) for o in OVERFLOWS.values()) == [
        "dropped_newest",
        "dropped_oldest",
        "refused",
    ]


def test_nobody_can_send_as_the_kernel() -> None:
    assert sender_of(Call("x")) is THE_KERNEL
    assert sender_of(Note("the kernel")) == "the kernel"


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abcd")), max_size=80), st.text("abcd"))
def test_shares_are_what_a_count_would_show(changes: list[tuple[bool, str]], before: str) -> None:
    lanes: dict[Hashable, str] = {s: s * before.count(s) for s in before}
    shares = Shares(lanes)
    counts = Counter(before)
    for more, sender in changes:
        if more:
            counts[sender] += 1
            shares.raised(sender, counts[sender])
        elif counts[sender]:
            counts[sender] -= 1
            shares.lowered(sender, counts[sender])
        most = max(counts.values(), default=0)
        if most:
            largest = [s for s in counts if counts[s] == most]
            assert shares.largest(sender) == sender or counts[sender] < most
            assert shares.largest("nobody") in largest
    assert sum(map(len, shares._senders.values())) == len(+counts)
