"""From a closed round to one joint action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..models.experience import Experience
from ..models.frozen import frozen
from .actions import ActionCheck
from .fallback import DROP, Fallback
from .outcome import Outcome, Status
from .round import Round, Slot


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for one round; settings that may change from round to round."""

    timeout: float
    batch_size: int | None
    fallback: Fallback | None
    """None: a missing action is an error."""
    metrics: bool


def conclude(
    round: Round,
    check: ActionCheck,
    rules: Rules,
    previous: Mapping[str, Experience],
    *,
    now: float,
    late: int,
) -> Outcome:
    """Check what came, fill what did not, and say how it went for each member."""
    intended = {s.agent_id: frozen(s.action) for s in round.slots if s.status is Status.ACTED}
    errors: dict[str, BaseException] = {
        s.agent_id: s.error for s in round.slots if s.error is not None
    }
    status = {s.agent_id: s.status or Status.TIMED_OUT for s in round.slots}
    for agent_id, why in check.rejections(intended).items():
        status[agent_id] = Status.REJECTED
        errors[agent_id] = ValueError(f"action of {agent_id}: {why}")
    actions = {
        agent_id: intended[agent_id]
        if how is Status.ACTED
        else _stand_in(rules.fallback, agent_id, previous)
        for agent_id, how in status.items()
    }
    answered = [s for s in round.slots if s.started] if rules.metrics else []
    return Outcome(
        round=round.number,
        actions={agent_id: a for agent_id, a in actions.items() if a is not DROP},
        status=status,
        errors=errors,
        intended=intended,
        latencies={s.agent_id: s.finished - s.called for s in answered},
        act_seconds=_act_seconds(answered),
        elapsed=now - round.opened,
        late=late + round.late,
    )


def missing(outcome: Outcome) -> list[str]:
    """Give the ids that did not act, sorted."""
    return sorted(i for i, how in outcome.status.items() if how is not Status.ACTED)


def _stand_in(fallback: Fallback | None, agent_id: str, previous: Mapping[str, Experience]) -> Any:
    return DROP if fallback is None else fallback(agent_id, previous.get(agent_id))


def _act_seconds(answered: list[Slot]) -> dict[str, float]:
    return {s.agent_id: s.finished - s.started for s in answered}
