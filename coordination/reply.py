"""What whoever called for a round is told when it has closed."""

from __future__ import annotations

from ..actors.care.decision import Decision
from ..actors.care.directive import Directive
from ..actors.failures import describe
from ..errors import EscalatedError, PluginError, RoundIncompleteError
from .joint_action import missing
from .orders import StartRound
from .outcome import Outcome


def reply(message: StartRound, outcome: Outcome, broken: BaseException | None) -> None:
    """Answer with the outcome, or with why that is not to be gone on with.

    Args:
        broken: what the round's protocol raised, if it did.
    """
    absent = missing(outcome) if message.rules.fallback is None else []
    escalated = [d for d in outcome.decisions if d.directive is Directive.ESCALATE]
    if escalated:
        message.fail(_escalated(escalated[0]))
    elif broken is not None:
        message.fail(_broken(message.rules.protocol, broken))
    elif absent:
        message.fail(RoundIncompleteError(outcome.round, absent, outcome))
    else:
        message.reply_to.set(outcome)


def _escalated(decision: Decision) -> EscalatedError:
    error = EscalatedError(decision.agent_id, decision.round, decision.reason)
    error.__cause__ = decision.error
    return error


def _broken(protocol: object, error: BaseException) -> PluginError:
    broken = PluginError(f"{protocol}", f"enough() raised {describe(error)}")
    broken.__cause__ = error
    return broken
