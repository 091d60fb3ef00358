"""Which values a setting takes, and that a society with another is never founded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import antiphon as ap
import pytest
from antiphon.errors import SettingsError
from antiphon.settings import choice, flag, number, optional, whole


@pytest.mark.parametrize("key", ["pool_minimum", "pool_initial"])
def test_a_society_with_a_pool_of_more_threads_than_its_most_is_never_founded(key: str) -> None:
    settings: dict[str, Any] = {"dispatcher": "pooled", "pool_maximum": 2, key: 3}
    with pytest.raises(SettingsError, match=f"'{key}' .*must be <= pool_maximum, which is 2"):
        ap.Society(**settings)


@pytest.mark.parametrize(
    ("key", "bad"),
    [
        ("pool_minimum", 0),
        ("pool_initial", 0),
        ("pool_maximum", 0),
        ("pool_threshold", 0),
        ("pool_interval", 0),
        ("pool_patience", 0),
        ("heard_per_sender", 0),
        ("heard_per_round", 0),
        ("mailbox_capacity", 0),
        ("overflow", "spill"),
        ("on_crash", "restrat"),
        ("delivery", "late"),
        ("max_restarts", -1),
        ("restart_window", 0),
        ("backoff", -1),
        ("backoff_limit", 0.5),
        ("snapshot_interval", 0),
    ],
)
def test_a_society_with_a_bad_value_is_never_founded(key: str, bad: Any) -> None:
    with pytest.raises(SettingsError, match=f"'{key}' .*must be .*, got "):
        ap.Society(**{key: bad})


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        (flag, ["true", "No", "1", True], ["maybe", None, 2]),
        (number(above=0), ["3", 0.5, 1], [0, -1, "nan", float("inf"), True, None, "x"]),
        (number(least=0), [0, "0"], [-0.1]),
        (whole(least=1), ["3", 1, 2.0], [0, 1.5, "1.5", True, None, float("nan"), float("inf")]),
        (choice("a", "b"), ["a"], ["A", None, 1]),
        (optional(whole(least=1)), [None, "None", "none", "", "4"], ["0", "no"]),
    ],
)
def test_a_rule_takes_the_good_and_refuses_the_bad(
    rule: Callable[[Any], Any], good: list[Any], bad: list[Any]
) -> None:
    for value in good:
        rule(value)
    for value in bad:
        with pytest.raises(ValueError, match="got"):
            rule(value)


def test_a_refused_word_suggests_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"'dispatcher' .*did you mean 'threaded'\?"):
        ap.Society(dispatcher="thraded")
