"""What records keeps all that it was told, in order."""

from __future__ import annotations

from collections.abc import Callable

from antiphon.testing import RecordingCall, RecordingRef


def test_a_recording_ref_keeps_what_it_was_told_in_order() -> None:
    ref = RecordingRef("agent-1")
    for message in (1, "two", 3):
        ref.tell(message)
    assert ref.of(int) == [1, 3]
    assert ref.take() == [1, "two", 3]
    assert ref.told == []


def test_a_recording_call_keeps_duplicates() -> None:
    call = RecordingCall(round=4)
    assert not call.wait_answered(0.0)
    error = ValueError()
    answers: list[Callable[[], None]] = [
        lambda: call.accept(0, 7, 1.0, 2.0),
        lambda: call.fail(0, error, 1.0, 2.0),
        lambda: call.lose(1, error),
        lambda: call.skip(2),
    ]
    for answer in answers:
        answer()
    assert call.wait_answered(0.0)
    assert [(a.index, a.how, a.value) for a in call.answers] == [
        (0, "accept", 7),
        (0, "fail", error),
        (1, "lose", error),
        (2, "skip", None),
    ]
