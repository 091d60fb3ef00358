"""From a closed round to one joint action."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..actors.failures import describe
from ..models.experience import Experience
from ..models.frozen import frozen
from .actions import ActionCheck
from .fallback import DROP, Fallback, drop
from .outcome import Outcome, Status
from .protocol import CoordinationProtocol
from .round import Round
from .spans import Spans

_PLAIN = frozenset({int, float, str})


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for one round; settings that may change from round to round."""

    timeout: float
    batch_size: int | None
    fallback: Fallback | None
    """None: a missing action is an error."""
    metrics: bool
    gc_interval: int = 0
    """Rounds between two collections of garbage; 0 leaves them to Python."""
    protocol: CoordinationProtocol | None = None
    """None: the round waits for everybody."""
    patience: float = 0.0
    """Seconds for which it goes on once the protocol has enough."""


class AllActed:
    """The statuses of a round in which everybody acted, for the next one with these members."""

    __slots__ = ("_ids", "_statuses")

    def __init__(self) -> None:
        self._ids: Sequence[str] = ()
        self._statuses: dict[str, Status] = {}

    def of(self, ids: Sequence[str]) -> dict[str, Status]:
        """Give them by id, to be changed at will: to copy a dict is quicker than to make one."""
        if ids != self._ids:
            self._ids, self._statuses = ids, dict.fromkeys(ids, Status.ACTED)
        return self._statuses.copy()


def conclude(
    round: Round,
    check: ActionCheck,
    rules: Rules,
    previous: Mapping[str, Experience],
    *,
    acted: AllActed,
    now: float,
    late: int,
) -> Outcome:
    """Check what came, fill what did not, and say how it went for each member."""
    ids = round.members
    status = acted.of(ids)
    intended, bad = _kept(_answers(round, status))
    status.update((ids[index], how) for index, how in round.ends.items())
    rejected = {**bad, **check.rejections(intended)}
    status.update(dict.fromkeys(rejected, Status.REJECTED))
    absent = [*(ids[index] for index in sorted(round.ends)), *rejected]
    none = Spans()
    return Outcome(
        round=round.number,
        actions=_executed(intended, absent, rules.fallback, previous),
        status=status,
        errors=_errors(round, rejected) if round.errors or rejected else {},
        intended=intended,
        latencies=Spans(ids, round.called, round.finished) if rules.metrics else none,
        act_seconds=Spans(ids, round.started, round.finished) if rules.metrics else none,
        elapsed=now - round.opened,
        late=late + round.late,
    )


def missing(outcome: Outcome) -> list[str]:
    """Give the ids that did not act, sorted."""
    if list(outcome.status.values()).count(Status.ACTED) == len(outcome.status):
        return []
    return sorted(i for i, how in outcome.status.items() if how is not Status.ACTED)


def is_legal(check: ActionCheck, agent_id: str, action: Any) -> bool:
    """Whether one answer can be executed as it came."""
    kept, bad = _kept({agent_id: action})
    return not bad and not check.rejections(kept)


def _answers(round: Round, by_id: Mapping[str, Any]) -> dict[str, Any]:
    """Give what those who acted have answered.

    Args:
        by_id: anything that has the members for its keys, in their order.
    """
    # A dict with all its keys is quicker to copy and fill anew than to be grown key by key.
    answers = dict(by_id)
    answers.update(zip(round.members, round.actions, strict=False))  # two lists of one round
    for index in round.ends:
        del answers[round.members[index]]
    return answers


def _errors(round: Round, rejected: Mapping[str, str]) -> dict[str, BaseException]:
    """Give why members failed, in the members' order, whichever failed first."""
    ids = round.members
    errors = {ids[index]: round.errors[index] for index in sorted(round.errors)}
    if not rejected:
        return errors
    errors.update((i, ValueError(f"action of {i}: {why}")) for i, why in rejected.items())
    return {agent_id: errors[agent_id] for agent_id in ids if agent_id in errors}


def _kept(answers: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Give the answers as nobody can change them, and why some cannot even be kept."""
    if _PLAIN.issuperset(map(type, answers.values())):
        return answers, {}
    intended: dict[str, Any] = {}
    bad: dict[str, str] = {}
    for agent_id, action in answers.items():
        try:
            intended[agent_id] = action if type(action) in _PLAIN else frozen(action)
        except Exception as error:  # noqa: BLE001  an answer may be of any type and hold itself
            bad[agent_id] = f"cannot be kept: {describe(error)}"
    return intended, bad


def _executed(
    intended: Mapping[str, Any],
    absent: Collection[str],
    fallback: Fallback | None,
    previous: Mapping[str, Experience],
) -> Mapping[str, Any]:
    """Give the joint action: what acted, and a stand-in for who did not."""
    present = intended
    if not intended.keys().isdisjoint(absent):
        gone = set(absent)
        present = {
            agent_id: action for agent_id, action in intended.items() if agent_id not in gone
        }
    if not absent or fallback is None or fallback is drop:
        return present
    stand_ins = ((agent_id, fallback(agent_id, previous.get(agent_id))) for agent_id in absent)
    return {**present, **{i: action for i, action in stand_ins if action is not DROP}}
