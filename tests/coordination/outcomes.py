"""Outcomes made by hand, for what takes them in."""

from __future__ import annotations

from collections.abc import Mapping

from antiphon.coordination.outcome import Outcome, Status

ANSWERED = (Status.ACTED, Status.CRASHED, Status.REJECTED)


def outcome_of(
    number: int,
    status: Mapping[str, Status],
    *,
    seconds: Mapping[str, float] | float = 0.001,
    elapsed: float = 0.01,
    timed: bool = True,
    errors: Mapping[str, BaseException] | None = None,
) -> Outcome:
    """A round in which those who answered took so long."""
    given = seconds if isinstance(seconds, Mapping) else dict.fromkeys(status, seconds)
    spent = {i: given[i] for i, how in status.items() if how in ANSWERED} if timed else {}
    return Outcome(
        round=number,
        actions=dict.fromkeys(status, 0),
        status=status,
        errors=errors or {},
        intended={i: 0 for i, how in status.items() if how is Status.ACTED},
        latencies=spent,
        act_seconds=spent,
        elapsed=elapsed,
        late=0,
    )


def all_acted(number: int, *ids: str, seconds: float = 0.001) -> Outcome:
    return outcome_of(number, dict.fromkeys(ids, Status.ACTED), seconds=seconds)
