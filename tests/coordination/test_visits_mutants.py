"""Visitors and rounds with one line changed, each of which shows where they cross."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest
from antiphon.actors.workers.sweep import Sweep
from antiphon.coordination.call import RoundCall
from antiphon.coordination.coordinator import Coordinator
from antiphon.coordination.round import Round
from antiphon.tests.actors.stepping import caught_by
from antiphon.tests.coordination.visiting import stop_the_close, stop_the_visitor


def changed(function: Any, changes: Mapping[str, str]) -> Any:
    """Give a function with some of its lines replaced by others."""
    old = textwrap.dedent(inspect.getsource(function)).splitlines()
    assert all([line.strip() for line in old].count(change) == 1 for change in changes)
    new = ["from __future__ import annotations"]
    for line in old:
        text = line.strip()
        indent = line[: len(line) - len(text)]
        new += [indent + instead for instead in changes.get(text, text).splitlines()]
    source = "\n".join(new)
    made: dict[str, Any] = {}
    exec(compile(source, inspect.getfile(function), "exec"), function.__globals__, made)
    return made[function.__name__]


@dataclass(frozen=True)
class Mutant:
    owner: type
    method: str
    changes: Mapping[str, str]


ACTS = "actions[index] = act(observation, context)"
KEPT = "if references(context) > _OURS:"
SAYS = "call.say(index, context.take_said())"
FINISHES = "finished[index] = begun = now()"
MUTANTS = {
    "finished is written before the action": Mutant(
        Sweep,
        "_visit_some",
        {
            ACTS: "answer = act(observation, context)",
            FINISHES: f"{FINISHES}\nactions[index] = answer",
        },
    ),
    "it is said only after the answer is written": Mutant(
        Sweep,
        "_visit_some",
        {
            "if context._outbox is not None:": FINISHES,
            SAYS: "",
            "context._outbox = None": "",
            FINISHES: f"if context._outbox is not None:\n    {SAYS}\n    context._outbox = None",
        },
    ),
    "started is written after the look": Mutant(
        Sweep,
        "_visit_some",
        {
            "started[index] = begun": "",
            KEPT: f"started[index] = begun\n{KEPT}",
        },
    ),
    "nobody looks again when the answer is written": Mutant(
        Sweep, "_visit_some", {"call.return_late(last)": "pass"}
    ),
    "over is set after the copies": Mutant(
        RoundCall,
        "close",
        {
            "self.over = True": "ended = self._round.close()",
            "return self._round.close()": "self.over = True\nreturn ended",
        },
    ),
    "the copies are made in the other order": Mutant(
        Round,
        "_leave_visitors_behind",
        {
            "self.finished = list(self.finished)": "self.started = list(self.started)",
            "self.started = list(self.started)": "self.finished = list(self.finished)",
        },
    ),
    "nothing is copied": Mutant(
        Round,
        "_leave_visitors_behind",
        {
            "self.finished = list(self.finished)": "",
            "self.actions = list(self.actions)": "",
            "self.started = list(self.started)": "pass",
        },
    ),
    "who counts is late all the same": Mutant(
        RoundCall, "return_late", {"if not counts:": "if True:"}
    ),
    "what nobody waited for is kept twice": Mutant(
        Coordinator, "_welcome", {"mail: Sequence[Parcel] = ()": "mail = message.mail"}
    ),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_protocol_with_one_rule_taken_out_is_caught(
    mutant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, method = MUTANTS[mutant].owner, MUTANTS[mutant].method
    mutated = changed(getattr(owner, method), MUTANTS[mutant].changes)
    monkeypatch.setattr(owner, method, mutated)
    plays = ["all answer in time"]
    assert caught_by(stop_the_visitor, plays) or caught_by(partial(stop_the_close, every=8), plays)
