"""Stopping some actors while the others go on."""

from __future__ import annotations

from collections.abc import Sequence

import pykka

from ..clock import Clock
from .actor import Actor


def part_with(actors: Sequence[Actor], clock: Clock, grace: float) -> list[str]:
    """Stop these ahead of their backlogs; give the names of those that did not end in time.

    For actors that a dispatcher runs, whichever it is; not from inside one of them, which
    would wait for itself.

    Args:
        clock: by which they live; a simulated one passes while they are waited for.
        grace: seconds for all of them together; who is not back by then is abandoned.
    """
    end = clock.now() + grace
    # All are told before the first is waited for, and by a letter that overtakes all that waits:
    # so whoever runs them hears of it, and time passes in which an answer can come.
    stops = [actor.actor_ref.stop(block=False) for actor in actors]
    late = []
    for actor, stop in zip(actors, stops, strict=True):
        try:
            stop.get(timeout=max(0.0, end - clock.now()))
        except pykka.Timeout:
            actor.abandon()
            # Whoever is in it finds this when it comes back, and then it ends.
            actor.actor_inbox.wake()
            late.append(actor.name)
        else:
            # It answers before its mailbox is closed, which takes no longer than it takes.
            actor.ended.wait(grace)
    return late
