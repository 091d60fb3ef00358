"""How long each member took, worked out when somebody asks."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from antiphon.coordination.outcome import Status
from antiphon.coordination.round import Round
from antiphon.coordination.spans import Spans, seconds_of


def test_a_span_is_the_time_between_two_moments() -> None:
    spans = Spans(["a", "b"], [1.0, 2.0], [1.5, 4.0])
    assert dict(spans) == {"a": 0.5, "b": 2.0}
    assert (spans["b"], len(spans), list(spans)) == (2.0, 2, ["a", "b"])
    assert repr(spans) == "{'a': 0.5, 'b': 2.0}"


def test_who_has_not_both_moments_has_no_span() -> None:
    spans = Spans(["a", "b", "c"], [1.0, None, 1.0], [None, 2.0, 1.0])
    assert dict(spans) == {"c": 0.0}
    assert "a" not in spans
    assert spans.get("b") is None
    with pytest.raises(KeyError, match="a"):
        spans["a"]


def test_without_members_there_are_none() -> None:
    assert (dict(Spans()), len(Spans()), bool(Spans())) == ({}, 0, False)


def test_they_compare_with_any_mapping_and_can_be_copied() -> None:
    spans = Spans(["a"], [1.0], [3.0])
    assert spans == {"a": 2.0}
    assert spans == Spans(["a"], [0.0], [2.0])
    assert spans != {"a": 1.0}
    assert copy.deepcopy(spans) == spans
    assert pickle.loads(pickle.dumps(spans)) == spans


@pytest.mark.parametrize("kind", [Spans, dict])
def test_seconds_come_in_the_order_of_the_round_and_are_nan_for_who_has_none(kind: type) -> None:
    spans = Spans(["b", "a", "c"], [1.0, None, 1.0], [1.5, 2.0, 4.0])
    given = spans if kind is Spans else dict(spans)
    seconds = seconds_of(given, ["b", "a", "c"])
    assert (seconds.dtype, seconds[[0, 2]].tolist()) == (np.float64, [0.5, 3.0])
    assert np.isnan(seconds[1])


def test_where_no_times_are_kept_everybodys_are_nan() -> None:
    assert np.isnan(seconds_of(Spans(), ["a", "b"])).tolist() == [True, True]


def test_lists_of_unequal_length_are_a_fault() -> None:
    with pytest.raises(ValueError, match="shorter"):
        len(Spans(["a", "b"], [1.0], [1.0]))


def test_what_visitors_write_after_the_close_changes_no_span() -> None:
    round = Round(1, ["a", "b"], opened=0.0, timeout=9.0)
    visited = round.started, round.finished
    for index in round.call_all():
        round.started[index] = 1.0
    round.finished[0] = 2.0
    round.close()
    spans = Spans(round.members, round.started, round.finished)
    for times in visited:
        times[0] = times[1] = 8.0
    assert spans == {"a": 1.0}
    assert round.status(1) is Status.TIMED_OUT
