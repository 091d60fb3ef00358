"""Quorums that meet read what was written last, and others do not."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.testing import check_protocol
from antiphon.tests.examples.loading import is_short, load
from antiphon.tests.society.cast import DISPATCHERS

own_protocol: Any = load("own_protocol")


@pytest.mark.parametrize("dispatcher", DISPATCHERS)
@pytest.mark.parametrize("needed", [4, 6])
def test_more_than_half_of_the_votes_never_read_what_is_old(needed: int, dispatcher: str) -> None:
    assert own_protocol.stale_reads(needed, writes=25, dispatcher=dispatcher) == 0


@pytest.mark.parametrize("needed", [1, 2, 3])
def test_half_of_the_votes_or_fewer_miss_a_write_now_and_then(needed: int) -> None:
    assert own_protocol.stale_reads(needed, dispatcher="inline") > 0


def test_one_with_many_votes_makes_a_quorum_with_few() -> None:
    votes = own_protocol.Votes(own_protocol.VOTES, 4)
    assert votes.enough([], ["oslo", "rome"])
    assert not votes.enough([], ["rome", "lima", "kyiv"])
    check_protocol(votes)


def test_the_example_prints_where_the_stale_reads_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert is_short("own_protocol")
    own_protocol.main()
    lines = capsys.readouterr().out.splitlines()
    stale = [int(line.split(":")[1].split()[0]) for line in lines]
    assert [bool(count) for count in stale] == [True] * 3 + [False] * 4
