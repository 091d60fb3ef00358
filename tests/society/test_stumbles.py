"""What becomes of what an agent was to hear when it raises between two calls."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.actors.care.directive import Directive, always
from antiphon.society import Society
from antiphon.tests.society.cast import DISPATCHERS, Ring
from antiphon.tests.society.supervised_cast import (
    IDS,
    Fate,
    Mortal,
    Reborn,
    acted,
    play,
    society_of,
)

everywhere = pytest.mark.parametrize("dispatcher", sorted({*DISPATCHERS, "simulated"}))
WORDS = ["one", "two", "three", "four"]


class Teller(Reborn):
    """One of whom b tells a four words in round 2."""

    def act(self, observation: Any, context: Any) -> int:
        if self.name == "b" and context.round == 2:
            for word in WORDS:
                context.tell("a", word)
        return super().act(observation, context)


@everywhere
@pytest.mark.parametrize(
    ("settings", "fared", "heard"),
    [
        # The one that is called next is another, and hears what the first did not.
        ({"backoff": 0}, ["crashed", "acted"], ["three", "four"]),
        ({"backoff": 1}, ["crashed", "down"], ["three", "four"]),
        ({"strategy": always(Directive.RESUME)}, ["crashed", "acted"], WORDS),
        # Nothing is decided, and there is nothing to wait for.
        ({"on_crash": "resume"}, ["acted", "acted"], WORDS),
    ],
)
def test_what_is_behind_a_message_that_raises_is_heard_when_it_is_decided_by_whom(
    settings: dict[str, Any], fared: list[str], heard: list[str], dispatcher: str
) -> None:
    fate = Fate("a receive 2")
    with society_of(fate, dispatcher, kind=Teller, **settings) as society:
        play(society, 2)
        assert [s.value for s in (play_one(society), play_one(society))] == fared
        play(society, 2)
        assert society.ask("a", "heard") == heard
    # The second raises, and is heard by nobody again.
    assert fate.calls["a"].count("receive") == len(WORDS)


def play_one(society: Society) -> Any:
    return society.step(dict.fromkeys(IDS)).status["a"]


@everywhere
@pytest.mark.parametrize("strategy", [None, always(Directive.RESUME)])
def test_what_is_told_after_a_message_that_raised_waits_as_well(
    strategy: Any, dispatcher: str
) -> None:
    with society_of(Fate("a receive 1"), dispatcher, strategy=strategy) as society:
        play(society)
        society.tell("a", "poison")
        society.tell("a", "bread")
        assert play(society)["a"] == ["crashed"]
        society.tell("a", "wine")
        assert play(society)["a"] == ["acted"]
        heard = society.ask("a", "heard")
        assert heard == (["bread", "wine"] if strategy is None else ["poison", "bread", "wine"])


@everywhere
def test_each_of_several_that_raise_costs_a_call_and_none_is_lost(dispatcher: str) -> None:
    fate = Fate("a receive 1", "a receive 3")
    with society_of(fate, dispatcher, kind=Teller, strategy=always(Directive.RESUME)) as society:
        assert play(society, 6)["a"] == ["acted", "acted", "crashed", "crashed", "acted", "acted"]
        assert society.ask("a", "heard") == WORDS


@everywhere
def test_its_mail_waits_when_it_raised_before_its_call(dispatcher: str) -> None:
    fate = Fate("a answer 1")
    with society_of(fate, dispatcher, kind=Teller) as society:
        play(society, 2)
        with pytest.raises(Exception, match="a answer 1"):
            society.ask("a", "acts")
        assert play(society, 2)["a"] == ["crashed", "acted"]
        assert society.ask("a", "heard") == WORDS


def lived(society: Society) -> Any:
    return society.ask("a", "lived")


@everywhere
@pytest.mark.parametrize(
    "struck", [["a receive 1"], ["a act 2", "a create 2"], ["a act 2", "a set_state 1"]]
)
def test_a_call_that_failed_before_its_act_tells_what_it_was_to_tell_the_next_time(
    struck: list[str], dispatcher: str
) -> None:
    fate = Fate(*struck)
    with society_of(fate, dispatcher, kind=Teller, snapshot_interval=1) as society:
        assert play(society, 6)["a"].count("crashed") == len(struck)
        told = lived(society)
        # Of the first life nothing is left but what it lived.
        assert told == list(range(told[0], 6))
        assert told[0] <= 2


@everywhere
def test_its_mail_waits_when_it_cannot_enter_its_episode(dispatcher: str) -> None:
    fate, world = Fate("a reset 2"), Ring(length=2)
    with society_of(fate, dispatcher, kind=Teller, environment=world) as society:
        society.run(4)
        assert society.ask("a", "heard") == WORDS


def fail(society: Society, method: str) -> None:
    if method == "receive":
        society.tell("a", "a bad word")
        play(society)
    else:
        with pytest.raises(Exception, match=method):
            society.ask("a", "acts")


@everywhere
@pytest.mark.parametrize("method", ["receive", "answer"])
@pytest.mark.parametrize("on_crash", ["resume", "restart"])
def test_what_raises_between_two_calls_is_counted_whatever_becomes_of_it(
    on_crash: str, method: str, dispatcher: str
) -> None:
    with society_of(Fate(f"a {method} 1"), dispatcher, on_crash=on_crash) as society:
        play(society)
        assert society.health().kernel.failures == {}
        fail(society, method)
        health = society.health()
        assert health.kernel.failures == {"a": 1}
        assert health.to_dict()["failures"] == {"a": 1}


@everywhere
def test_resumed_it_acts_in_the_round_in_which_it_raised_at_a_message(dispatcher: str) -> None:
    kind: type[Mortal] = Teller
    with society_of(Fate("a receive 1"), dispatcher, kind=kind, on_crash="resume") as society:
        assert play(society, 4) == acted(4)
