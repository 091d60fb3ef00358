"""Who may run an actor, where threads are shared."""

from __future__ import annotations

import threading
import time

_PAUSE = 0.001
_NEVER = threading.Event()


class Turn(list[None]):
    """A token: whoever takes it out runs the actor, and puts it back.

    As a lock that is hardly ever waited for; taking from a list and putting back is as atomic as
    taking a lock, and a fifth of the price, which is paid once for each agent in each round.
    """

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__((None,))

    def acquire(self, *, timeout: float = 0.0) -> bool:
        """Take it, if it is there; whether it was.

        Args:
            timeout: seconds to look for it again and again; for handing actors over, where
                whoever has it is about to let go.
        """
        end = time.monotonic() + timeout if timeout else 0.0
        while True:
            try:
                self.pop()
            except IndexError:
                if time.monotonic() >= end:
                    return False
                _NEVER.wait(_PAUSE)
            else:
                return True

    def release(self) -> None:
        """Put it back; for whoever took it."""
        self.append(None)

    def locked(self) -> bool:
        """Whether somebody has it."""
        return not self
