"""From a closed round to one joint action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..actors.actor import describe
from ..models.experience import Experience
from ..models.frozen import frozen
from .actions import ActionCheck
from .fallback import DROP, Fallback
from .outcome import Outcome, Status
from .round import Round, Slot

_PLAIN = frozenset({int, float, str})


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
    intended, bad = _answers(round.slots)
    errors: dict[str, BaseException] = {
        s.agent_id: s.error for s in round.slots if s.error is not None
    }
    status = {s.agent_id: s.status or Status.TIMED_OUT for s in round.slots}
    for agent_id, why in {**bad, **check.rejections(intended)}.items():
        status[agent_id] = Status.REJECTED
        errors[agent_id] = ValueError(f"action of {agent_id}: {why}")
    joint = (
        (i, intended[i] if how is Status.ACTED else _stand_in(rules.fallback, i, previous))
        for i, how in status.items()
    )
    answered = [s for s in round.slots if s.started] if rules.metrics else []
    return Outcome(
        round=round.number,
        actions={agent_id: action for agent_id, action in joint if action is not DROP},
        status=status,
        errors=errors,
        intended=intended,
        latencies={s.agent_id: s.finished - s.called for s in answered},
        act_seconds={s.agent_id: s.finished - s.started for s in answered},
        elapsed=now - round.opened,
        late=late + round.late,
    )


def missing(outcome: Outcome) -> list[str]:
    """Give the ids that did not act, sorted."""
    return sorted(i for i, how in outcome.status.items() if how is not Status.ACTED)


def _answers(slots: Sequence[Slot]) -> tuple[dict[str, Any], dict[str, str]]:
    """Give what was answered, and the reason for each answer that cannot even be kept."""
    intended: dict[str, Any] = {}
    bad: dict[str, str] = {}
    for slot in slots:
        if slot.status is Status.ACTED:
            try:
                action = slot.action
                intended[slot.agent_id] = action if type(action) in _PLAIN else frozen(action)
            except Exception as error:  # noqa: BLE001  an answer may be of any type and hold itself
                bad[slot.agent_id] = f"cannot be kept: {describe(error)}"
    return intended, bad


def _stand_in(fallback: Fallback | None, agent_id: str, previous: Mapping[str, Experience]) -> Any:
    return DROP if fallback is None else fallback(agent_id, previous.get(agent_id))
