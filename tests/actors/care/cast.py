"""Supervisors as the tests make them, and what fails under them."""

from __future__ import annotations

from antiphon.actors.care.directive import Directive, Strategy, always
from antiphon.actors.care.groups import Groups
from antiphon.actors.care.supervision import SupervisionRules, Supervisor

RESUME, RESTART, STOP, ESCALATE = Directive
IDS = ["a", "b", "c", "d", "e"]
ERROR = ValueError("no")


def at_once(**rules: int) -> SupervisionRules:
    return SupervisionRules(**{"backoff": 0, **rules})


def supervisor(
    strategy: Strategy | Directive = RESTART,
    *groups: str,
    rules: SupervisionRules | None = None,
    seed: int = 7,
) -> Supervisor:
    if isinstance(strategy, Directive):
        strategy = always(strategy)
    return Supervisor(strategy, rules or at_once(), seed=seed, groups=Groups(groups))


def failed(agent_ids: str, error: BaseException = ERROR) -> dict[str, BaseException]:
    return dict.fromkeys(agent_ids, error)
