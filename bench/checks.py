"""What rounds of the benches' agents must come to; each check says what is wrong, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..coordination.outcome import Outcome, Status
from .agents import number_of

Answer = Callable[[int], Any]
"""What an agent makes of the sum of its number and the round's."""


def unchanged(value: int) -> int:
    """Answer like an ``Adder`` or a ``Sleeper``."""
    return value


def check_outcomes(n: int, answer: Answer, rounds: int, outcomes: Sequence[Outcome]) -> str:
    """Hold the outcomes of a society of n agents against so many rounds, numbered from 0."""
    first = outcomes[0].round if outcomes else 0
    if [outcome.round for outcome in outcomes] != list(range(first, first + rounds)):
        return f"asked for {rounds} rounds in a row, got {[o.round for o in outcomes]}"
    for number, outcome in enumerate(outcomes):
        acted = sum(status is Status.ACTED for status in outcome.status.values())
        if (acted, len(outcome.latencies), len(outcome.act_seconds)) != (n, n, n):
            return f"round {outcome.round}: {outcome.counts} of {n} agents"
        if len(outcome.actions) != n:
            return f"round {outcome.round}: {len(outcome.actions)} actions of {n} agents"
        if any(action != answer(number + number_of(i)) for i, action in outcome.actions.items()):
            return f"round {outcome.round}: somebody has another agent's action"
    return ""


def check_answers(n: int, answer: Answer, rounds: int, answers: Sequence[Sequence[Any]]) -> str:
    """Hold the answers of agents 1 to n against so many rounds, numbered from 0."""
    expected = [[answer(number + agent) for agent in range(1, n + 1)] for number in range(rounds)]
    return "" if answers == expected else "the answers are not those expected"
