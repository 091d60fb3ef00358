"""Pauses double up to a limit, are drawn from their second half, and can be drawn again."""

from __future__ import annotations

from antiphon.actors.care.backoff import Backoff
from hypothesis import given
from hypothesis import strategies as st

seeds = st.integers(0, 2**32)
names = st.sampled_from(["a-1", "a-2", "trader.7"])


@given(
    backoff=st.builds(Backoff, seeds, first=st.integers(0, 50), limit=st.integers(0, 200)),
    name=names,
    attempt=st.integers(1, 10**6),
    number=st.integers(1, 10**6),
)
def test_a_pause_is_at_least_half_of_the_doubled_one_and_never_past_the_limit(
    backoff: Backoff, name: str, attempt: int, number: int
) -> None:
    # Ten doublings of anything are past every limit here.
    longest = min(backoff.limit, backoff.first * 2 ** min(attempt - 1, 10))
    assert longest / 2 <= backoff.rounds(name, attempt, number) <= longest


@given(seed=seeds, name=names)
def test_every_pause_in_the_second_half_is_drawn(seed: int, name: str) -> None:
    backoff = Backoff(seed, 8, 32)
    drawn = {backoff.rounds(name, 1, number) for number in range(1, 200)}
    assert drawn == {4, 5, 6, 7, 8}


def test_the_longest_pauses_double_and_stay_at_the_limit() -> None:
    backoff = Backoff(7, 3, 20)
    assert [backoff.longest(attempt) for attempt in range(1, 7)] == [3, 6, 12, 20, 20, 20]


def test_no_pause_is_no_pause() -> None:
    assert {Backoff(7, 0, 32).rounds("a-1", n, n) for n in range(1, 50)} == {0}
    assert {Backoff(7, 4, 0).rounds("a-1", n, n) for n in range(1, 50)} == {0}


def draws(seed: int, name: str) -> list[int]:
    return [Backoff(seed, 1000, 1000).rounds(name, 1, number) for number in range(1, 20)]


@given(seed=seeds)
def test_a_seed_and_a_name_draw_the_same_again_and_others_draw_otherwise(seed: int) -> None:
    assert draws(seed, "a-1") == draws(seed, "a-1")
    assert draws(seed, "a-1") != draws(seed, "a-2")
    assert draws(seed, "a-1") != draws(seed + 1, "a-1")
    assert len(set(draws(seed, "a-1"))) > 1


def test_the_draws_of_a_seed_are_these() -> None:
    # They are part of every recorded run: one that changes here, changes there.
    backoff = Backoff(7, 8, 64)
    assert [backoff.rounds("a-1", n, n) for n in range(1, 6)] == [7, 13, 17, 44, 34]
