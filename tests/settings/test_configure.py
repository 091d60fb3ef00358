"""What may change while a society runs changes from the next round, or not at all."""

from __future__ import annotations

from typing import Any

import antiphon as ap
import pytest
from antiphon.errors import SettingsError
from antiphon.tests.settings.cast import Probe


def test_what_may_change_at_run_time_holds_from_the_next_round() -> None:
    with ap.Society(timeout=5) as society:
        society.add(Probe, do=lambda _, context: context.time_left() > 10)
        assert society.step({"probe-1": None}).actions == {"probe-1": False}
        society.configure(timeout=50)
        assert society.step({"probe-1": None}).actions == {"probe-1": True}
        assert society.source("timeout") == "keyword"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"seed": 3}, "cannot change once the society exists"),
        ({"timeout": -1}, "must be a finite number > 0, got -1"),
        ({"timeuot": 1}, "did you mean 'timeout'"),
        ({"on_missing": "default"}, "default_action"),
        ({"max_workers": 2, "batch_size": 3}, "a second time"),
    ],
)
def test_a_refused_change_leaves_all_as_it_was(change: dict[str, Any], why: str) -> None:
    with ap.Society(ap.GridWorld(size=5), timeout=5) as society:
        society.add("random", n=1)
        society.start()
        before = society.settings
        with pytest.raises(SettingsError, match=why):
            society.configure(**change)
        assert society.settings is before
        assert society.run(2).outcomes == {"acted": 2}
