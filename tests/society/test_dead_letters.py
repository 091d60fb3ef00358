"""What nobody reads can be heard of, read and counted from outside."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.actors.mail.dead_letters import Reason
from antiphon.models.agent import Agent, Context
from antiphon.society import Society
from antiphon.tests.society.cast import DISPATCHERS


class Deaf(Agent):
    def act(self, observation: Any, context: Context) -> int:
        return 1


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
def test_whoever_listens_hears_of_what_finds_no_reader(dispatcher: str) -> None:
    heard: list[Any] = []
    with Society(dispatcher=dispatcher) as society:
        society.add(Deaf, ids=["a"])
        society.dead_letters.listen(heard.append)
        society.tell("a", "hello")
        society.step({"a": 0})
        assert [letter.reason for letter in heard] == [Reason.UNDELIVERABLE]
        assert society.dead_letters.statistics().counts[Reason.UNDELIVERABLE] == 1
