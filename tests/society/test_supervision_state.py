"""With what state one that failed comes back, and what if it cannot."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.errors import RestartError, StateError
from antiphon.tests.society.cast import Ring
from antiphon.tests.society.supervised_cast import (
    IDS,
    Fate,
    Mortal,
    Mute,
    Reborn,
    acted,
    everywhere,
    play,
    society_of,
    without_pictures,
)


@everywhere
@pytest.mark.parametrize(
    ("kind", "interval", "acts"), [(Reborn, 2, 5), (Reborn, 10, 1), (Mortal, 2, 1)]
)
def test_its_state_is_that_of_the_last_snapshot_if_there_is_one(
    kind: type[Mortal], interval: int, acts: int, dispatcher: str
) -> None:
    with society_of(Fate("a act 6"), dispatcher, kind=kind, snapshot_interval=interval) as society:
        play(society, 7)
        # Of rounds 5 and 6 nothing is left; in round 7 it acts once.
        assert society.ask("a", "acts") == acts
        assert society.ask("b", "acts") == 7


@everywhere
@pytest.mark.parametrize(
    ("struck", "interval", "revived"),
    [
        # Its state is of the first episode; it has entered the second, or is yet to enter it.
        (6, 4, ["create", "reset", "set_state", "reset"]),
        (4, 2, ["create", "reset", "set_state", "reset"]),
        # Its state is of the second.
        (7, 5, ["create", "reset", "set_state"]),
    ],
)
def test_it_enters_the_episode_that_the_others_are_in(
    struck: int, interval: int, revived: list[str], dispatcher: str
) -> None:
    fate = Fate(f"a act {struck}")
    rules: dict[str, Any] = {"environment": Ring(length=4), "snapshot_interval": interval}
    with society_of(fate, dispatcher, **rules) as society:
        society.run(8)
        # A stop goes ahead of what waits; who has answered has heard that the episode is over.
        for agent_id in IDS:
            society.ask(agent_id, "acts")
    lives = [*["act"] * 4, "episode_ended", "reset", *["act"] * 4, "episode_ended", "answer"]
    assert without_pictures(fate.calls["b"]) == ["create", "reset", *lives]
    calls = without_pictures(fate.calls["a"])
    begins = calls.index("create", 1)
    assert calls[begins : begins + len(revived) + 1] == [*revived, "act"]
    assert calls.count("reset") == 1 + (struck > 4) + revived.count("reset")


@everywhere
def test_its_random_stream_goes_on_where_it_was(dispatcher: str) -> None:
    calm, struck = Fate(), Fate("a act 3", "a act 4")
    for fate in (calm, struck):
        with society_of(fate, dispatcher, snapshot_interval=2) as society:
            play(society, 6)
    assert struck.drawn == calm.drawn
    assert len(set(struck.drawn["a"])) == 6


@everywhere
@pytest.mark.parametrize("error", [None, SystemExit(3)])
@pytest.mark.parametrize("call", ["create 2", "reset 2", "set_state 1"])
def test_one_that_cannot_be_built_anew_has_failed_again(
    call: str, error: BaseException | None, dispatcher: str
) -> None:
    fate = Fate("a act 3", f"a {call}", error=error)
    with society_of(fate, dispatcher, snapshot_interval=2) as society:
        assert play(society, 3)["a"][-1] == "crashed"
        outcome = society.step(dict.fromkeys(IDS))
        assert outcome.status == {"a": "crashed", "b": "acted", "c": "acted"}
        if error is None:
            assert isinstance(outcome.errors["a"], RestartError)
            assert outcome.errors["a"].step == call.split(maxsplit=1)[0]
        assert play(society, 2) == acted(2)
        assert society.ask("a", "acts") == 4


@everywhere
def test_one_that_fails_at_what_waited_for_it_hears_the_rest_the_next_time(
    dispatcher: str,
) -> None:
    # What is said at once waits with its host; otherwise it comes with the next call.
    fate = Fate("a act 1", "a receive 1")
    with society_of(fate, dispatcher, delivery="immediate") as society:
        play(society)
        society.tell("a", "poison")
        society.tell("a", "bread")
        assert play(society, 3)["a"] == ["crashed", "acted", "acted"]
        assert society.ask("a", "heard") == ["bread"]


@everywhere
def test_one_that_cannot_give_its_state_has_failed_in_that_call(dispatcher: str) -> None:
    fate = Fate("a get_state 2")
    with society_of(fate, dispatcher, kind=Mute, snapshot_interval=2) as society:
        play(society, 3)
        outcome = society.step(dict.fromkeys(IDS))
        assert outcome.status == {"a": "crashed", "b": "acted", "c": "acted"}
        assert isinstance(outcome.errors["a"], StateError)
        # Its third act again, from the snapshot of round 2.
        assert society.step({"a": None}).actions == {"a": 3}


@everywhere
def test_a_state_that_is_none_is_named_and_the_last_good_one_stays(dispatcher: str) -> None:
    class Odd(Reborn):
        def get_state(self) -> Any:
            state = super().get_state()
            return state if self.acts < 4 else {**state, "odd": object()}

    with society_of(Fate(), dispatcher, kind=Odd, snapshot_interval=2) as society:
        play(society, 3)
        outcome = society.step({"a": None})
        assert "state['odd'] must be a JSON value" in str(outcome.errors["a"])
        play(society)
        assert society.ask("a", "acts") == 3
