"""Interviews with one rule taken out, each of which a test falls on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from antiphon.actors.messages import Question
from antiphon.actors.talk.interview import Interviews
from antiphon.errors import AskDeadlockError, AskError
from antiphon.models.agent import OneMoment
from antiphon.tests.actors.talk import room
from antiphon.tests.actors.talk import test_interview as interviews
from antiphon.tests.actors.talk import test_interview_rings as rings


class ForgetsWhoAsked(Interviews):
    """Nobody looks at who asks whom already."""

    asked = 0

    def ask(self, agent_id: str, moment: Any, to: str, question: Any, timeout: float) -> Any:
        self.asked += 1
        if self.asked > 100:
            raise AskError("endless")
        moment = OneMoment(moment.round, moment.deadline)
        return super().ask(agent_id, moment, to, question, timeout)


class NamesTheLastAlone(Interviews):
    """The path is not named."""

    def ask(self, agent_id: str, moment: Any, to: str, question: Any, timeout: float) -> Any:
        try:
            return super().ask(agent_id, moment, to, question, timeout)
        except AskDeadlockError as error:
            raise AskDeadlockError(error.path[:2]) from None


class Disturbs(Interviews):
    """The agent itself answers."""

    def ask(self, agent_id: str, moment: Any, to: str, question: Any, timeout: float) -> Any:
        host = self._hosts[to]
        return host.answer_here(Question(question, agent_id))


MUTANTS: list[tuple[type[Interviews], Callable[..., None], tuple[str, ...]]] = [
    (ForgetsWhoAsked, rings.test_a_ring_is_refused_with_its_path, ("ab", "bab")),
    (NamesTheLastAlone, rings.test_a_ring_is_refused_with_its_path, ("ab", "bab")),
    (Disturbs, interviews.test_nobody_is_disturbed_by_being_asked, ()),
    (Disturbs, interviews.test_the_answer_is_the_same_whoever_was_called_first, ()),
]


@pytest.mark.parametrize(("mutant", "caught_by", "arguments"), MUTANTS)
def test_a_rule_taken_out_is_caught(
    mutant: type, caught_by: Any, arguments: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "Interviews", mutant)
    with pytest.raises((AssertionError, AskError)):
        caught_by(*arguments)
