"""How a society's actors are run: everything that is settled before the first of them starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

from ..actors.care.directive import Directive, Strategy, always
from ..actors.care.groups import Groups
from ..actors.care.supervision import SupervisionRules, Supervisor
from ..actors.mail.dead_letters import DeadLetters
from ..actors.mail.mailbox_rules import MailboxRules
from ..actors.mail.overflow import OVERFLOWS
from ..actors.once import OncePerRound
from ..actors.simulated import SimulatedDispatcher
from ..actors.workers.pool import PoolLimits
from ..clock import Clock
from ..settings import SocietySettings
from .talk.mail import Bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What an ensemble needs to know beside who plays."""

    seed: int
    dispatcher: str
    clock: Clock
    start_timeout: float
    """Seconds that all starts together may take."""
    limits: PoolLimits
    simulation: SimulatedDispatcher | None
    """What runs the actors, where ``dispatcher`` is "simulated"."""
    supervisor: Supervisor
    snapshot_interval: int | None
    """In rounds; None where nobody is ever built from a snapshot."""
    delivery: str
    """When agents hear each other: "ordered" or "immediate"."""
    bounds: Bounds
    mailboxes: MailboxRules
    dead_letters: DeadLetters
    warnings: OncePerRound = field(default_factory=OncePerRound)

    @classmethod
    def of(
        cls,
        settings: SocietySettings,
        clock: Clock,
        *,
        strategy: Strategy | None = None,
        together: Sequence[Sequence[str]] = (),
        simulation: SimulatedDispatcher | None = None,
    ) -> Self:
        """Read it from the settings.

        Args:
            strategy: what becomes of who failed, in place of ``on_crash``.
            together: groups of ids that are restarted when one of them is.
        """
        dead_letters = DeadLetters()
        restarts = strategy is not None or settings.on_crash != "resume"
        return cls(
            seed=settings.seed,
            dispatcher=settings.dispatcher if simulation is None else "simulated",
            clock=clock,
            start_timeout=settings.start_timeout,
            limits=_pool_limits(settings),
            simulation=simulation,
            supervisor=_supervisor(settings, strategy, Groups(together)),
            snapshot_interval=settings.snapshot_interval if restarts else None,
            delivery=settings.delivery,
            bounds=Bounds(settings.heard_per_sender, settings.heard_per_round),
            mailboxes=MailboxRules(
                settings.mailbox_capacity, OVERFLOWS[settings.overflow], dead_letters
            ),
            dead_letters=dead_letters,
        )


def _supervisor(settings: SocietySettings, strategy: Strategy | None, groups: Groups) -> Supervisor:
    rules = SupervisionRules(
        max_restarts=settings.max_restarts,
        restart_window=settings.restart_window,
        backoff=settings.backoff,
        backoff_limit=settings.backoff_limit,
    )
    chosen = strategy or always(Directive(settings.on_crash))
    return Supervisor(chosen, rules, seed=settings.seed, groups=groups)


def _pool_limits(settings: SocietySettings) -> PoolLimits:
    return PoolLimits(
        minimum=settings.pool_minimum,
        initial=settings.pool_initial,
        maximum=settings.pool_maximum,
        threshold=settings.pool_threshold,
        interval=settings.pool_interval,
        patience=settings.pool_patience,
    )
