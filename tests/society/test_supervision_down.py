"""What one that is down is told and asked, and what it lives through, waits for the new one."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.errors import DownError
from antiphon.tests.society.supervised_cast import Fate, Mortal, everywhere, play, society_of


@everywhere
def test_what_it_is_told_while_it_is_down_the_new_one_hears_in_order(dispatcher: str) -> None:
    with society_of(Fate("a act 2"), dispatcher, backoff=1) as society:
        play(society, 2)
        society.tell("a", "one")
        assert play(society)["a"] == ["down"]
        society.broadcast("two")
        society.tell("a", "three")
        play(society)
        assert society.ask("a", "heard") == ["one", "two", "three"]
        assert society.ask("b", "heard") == ["two"]


@everywhere
@pytest.mark.parametrize("struck", [["a act 2"], ["a act 2", "a create 2"]])
def test_what_others_tell_it_from_the_round_on_in_which_it_fails_the_new_one_hears(
    struck: list[str], dispatcher: str
) -> None:
    class Talks(Mortal):
        def act(self, observation: Any, context: Any) -> int:
            if self.name == "b":
                context.tell("a", context.round)
            return super().act(observation, context)

    with society_of(Fate(*struck), dispatcher, kind=Talks, backoff=1) as society:
        play(society, 8)
        # What was said in round 1 was heard before the failure.
        assert society.ask("a", "heard") == [2, 3, 4, 5, 6, 7]


@everywhere
def test_whoever_asks_one_that_is_down_hears_why_and_for_how_long(dispatcher: str) -> None:
    with society_of(Fate("a act 2"), dispatcher, backoff=1) as society:
        play(society, 2)
        with pytest.raises(DownError, match="a is down until round 4: ValueError: a act 2") as down:
            society.ask("a", "acts")
        assert down.value.until == 4
        play(society, 2)
        assert society.ask("a", "acts") == 1


@everywhere
def test_what_passed_while_it_was_down_it_is_told_when_it_is_back(dispatcher: str) -> None:
    with society_of(Fate("a act 3"), dispatcher, backoff=1) as society:
        play(society, 6)
        assert society.ask("a", "lived") == [3, 4, 5]
        assert society.ask("b", "lived") == [1, 2, 3, 4, 5]
