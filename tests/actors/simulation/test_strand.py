"""One of all strands runs at a time, and only while somebody waits for it."""

from __future__ import annotations

import signal
import threading
from typing import Any

import pytest
from antiphon.actors.simulation.hold import Hold
from antiphon.actors.simulation.strand import Strand

FUSE = 10.0
OWNER = object()


def here() -> Strand:
    strand = Strand.here(OWNER)
    assert strand is not None
    return strand


def test_it_runs_until_it_pauses_and_goes_on_where_it_was() -> None:
    said = []

    def call() -> None:
        for number in range(3):
            said.append(number)
            here().pause()

    strand = Strand(call, OWNER)
    for number in range(3):
        strand.go_on()
        assert said == list(range(number + 1))
        assert strand.is_alive()
    strand.go_on()
    assert not strand.is_alive()


def test_strands_take_turns_and_may_have_others_go_on() -> None:
    said = []

    def inner() -> None:
        said.append("inner")
        here().pause()
        said.append("inner again")

    within = Strand(inner, OWNER)

    def outer() -> None:
        within.go_on()
        said.append("outer")
        here().pause()
        said.append("outer again")

    strand = Strand(outer, OWNER)
    strand.go_on()
    within.go_on()
    strand.go_on()
    assert said == ["inner", "outer", "inner again", "outer again"]


@pytest.mark.parametrize("error", [ValueError("why"), SystemExit(3), KeyboardInterrupt()])
def test_what_it_raises_is_raised_in_whoever_had_it_go_on(error: BaseException) -> None:
    def call() -> None:
        here().pause()
        raise error

    strand = Strand(call, OWNER)
    strand.go_on()
    with pytest.raises(type(error)) as caught:
        strand.go_on()
    assert caught.value is error
    assert not strand.is_alive()


def test_to_others_it_is_a_thread_like_any() -> None:
    found: list[Any] = []

    def call() -> None:
        found.extend([Strand.here(OWNER), Strand.here(object())])

    strand = Strand(call, OWNER)
    strand.go_on()
    assert found == [strand, None]
    assert Strand.here(OWNER) is None


def test_where_the_system_gives_no_thread_the_caller_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeError, match="can't start"):
        Strand(int, OWNER).go_on()


# Ctrl-C in the middle


def test_one_that_comes_to_a_stop_is_at_rest_when_ctrl_c_goes_on(
    interrupted: threading.Event,
) -> None:
    said = []

    def call() -> None:
        signal.raise_signal(signal.SIGINT)
        assert interrupted.wait(FUSE)
        here().pause()
        said.append("on")

    strand = Strand(call, OWNER)
    with pytest.raises(KeyboardInterrupt):
        strand.go_on()
    strand.go_on()
    assert said == ["on"]


def test_one_that_does_not_is_given_up_and_may_touch_nothing_more(
    interrupted: threading.Event,
) -> None:
    let_go, touched = threading.Event(), []

    def call() -> None:
        signal.raise_signal(signal.SIGINT)
        assert let_go.wait(FUSE)
        Strand.here(OWNER)
        touched.append("much")

    strand = Strand(call, OWNER)
    with pytest.raises(KeyboardInterrupt):
        strand.go_on()
    let_go.set()
    strand.join(FUSE)
    assert touched == []


# The lock


def test_a_hold_keeps_threads_out_and_lets_strands_in() -> None:
    hold, said = Hold(OWNER), []
    came = threading.Event()

    def outsider() -> None:
        came.set()
        with hold:
            said.append("outsider")

    def call() -> None:
        with hold, hold:
            said.append("strand")

    thread = threading.Thread(target=outsider)
    with hold, hold:
        thread.start()
        assert came.wait(FUSE)
        Strand(call, OWNER).go_on()
        said.append("holder")
    thread.join(FUSE)
    assert said == ["strand", "holder", "outsider"]


def test_a_strand_of_somebody_else_is_kept_out() -> None:
    hold, said = Hold(OWNER), []

    def call() -> None:
        with hold:
            said.append("stranger")

    stranger = Strand(call, object())
    with hold:
        stranger.start()
        said.append("holder")
    stranger.join(FUSE)
    assert said == ["holder", "stranger"]
