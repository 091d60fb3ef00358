"""Whatever raises in an agent, and however often, the others do not notice."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from antiphon.errors import AskError, StoppedError
from antiphon.society import Society
from antiphon.tests.society.cast import Dice, Ring, Witness
from antiphon.tests.society.supervised_cast import Fate, Mortal, Mute, Reborn, everywhere
from antiphon.tests.society.test_harm import hold_others_to_a_control_run


def with_a_mortal_villain(fate: Fate, kind: type[Mortal], dispatcher: str) -> Witness:
    """Play one among dice; it is told and asked something after every step."""

    def talk(step: Any) -> None:
        society.tell("villain", step.number)
        with suppress(AskError, StoppedError):
            society.ask("villain", "acts")

    witness = Witness(talk)
    others = [f"other-{n}" for n in range(5)]
    world = Ring([*others[:2], "villain", *others[2:]], length=9)
    rules: dict[str, Any] = {"on_crash": "restart", "backoff": 1, "snapshot_interval": 3}
    with Society(world, seed=3, tables=False, dispatcher=dispatcher, **rules) as society:
        society.add(kind, ids=["villain"], fate=fate)
        society.add(Dice)
        society.run(14, progress=witness)
    return witness


@everywhere
@pytest.mark.parametrize("nth", [1, 3])
@pytest.mark.parametrize(
    "method",
    ["act", "receive", "answer", "episode_ended", "get_state", "set_state", "create", "reset"],
)
def test_whatever_raises_in_an_agent_and_however_often_the_others_do_not_notice(
    method: str, nth: int, dispatcher: str
) -> None:
    # Its first life begins well, and ends soon, so that there is a second.
    first = nth + (method in ("create", "reset"))
    struck = [f"villain {method} {n}" for n in range(first, 40, nth)]
    kind = Mute if method == "get_state" else Reborn
    witness = with_a_mortal_villain(Fate("villain act 4", *struck), kind, dispatcher)
    assert "down" in {row[2] for row in witness.rows("villain")}
    hold_others_to_a_control_run(witness, 14, dispatcher)
