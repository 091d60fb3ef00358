"""Where messages to an actor go."""

from __future__ import annotations

from typing import Any

import pykka
from pykka._envelope import Envelope

from ..errors import AskError, AskTimeoutError, ForkedError, StoppedError
from ..forks import here
from .actor import Actor
from .failures import describe
from .future import Future
from .mailbox import Mailbox


class Address:
    """Tells an actor things, dead or alive: what nobody reads is handed back by its mailbox.

    ``ActorRef.tell`` asks first whether the actor lives and raises if not, which costs time
    and still leaves a gap; here there is one path.
    """

    __slots__ = ("_home", "_mailbox", "name")

    def __init__(self, actor: Actor) -> None:
        self._mailbox: Mailbox = actor.actor_inbox
        self.name: str = actor.name
        self._home = here()

    def tell(self, message: Any) -> None:
        """Put a message into the mailbox; never blocks.

        Raises:
            ForkedError: the actor lives in the parent of this process.
        """
        # As Home.check, without the price of a call.
        if self._home.left:
            raise ForkedError(self.name)
        self._mailbox.put(Envelope(message))

    def ask(self, message: Any, timeout: float) -> Any:
        """Put a message into the mailbox and wait for its answer.

        Args:
            timeout: in seconds.

        Raises:
            AskTimeoutError: no answer came in time.
            StoppedError: the actor has stopped.
            AskError: it raised; the error is chained.
            ForkedError: it lives in the parent of this process.
        """
        self._home.check(self.name)
        future: Future[Any] = Future()
        self.forward(message, future)
        return wait_for(future, self.name, timeout)

    def forward(self, message: Any, reply: Future[Any]) -> None:
        """Put a message into the mailbox, to be answered to whoever has this future."""
        self._mailbox.put(Envelope(message, reply))


def wait_for(reply: Future[Any], name: str, timeout: float) -> Any:
    """Wait for what an actor answers; errors as ``Address.ask``.

    Args:
        name: the actor's, for the errors.
    """
    try:
        return reply.get(timeout=timeout)
    except pykka.Timeout:
        raise AskTimeoutError(f"{name} did not answer within {timeout:g} s") from None
    except pykka.ActorDeadError:
        raise StoppedError(f"{name} has stopped") from None
    except (AskError, AskTimeoutError, StoppedError):
        raise
    except Exception as error:  # whatever the other side's handler has raised
        raise AskError(f"{name} raised {describe(error)}") from error
