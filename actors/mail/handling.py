"""What a mailbox needs to know of a message: whether it may wait, and for whom."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Final

from pykka.messages import _ActorStop

THE_KERNEL: Final = object()
"""Who sends what is the kernel's; nobody can call themselves that."""


@dataclass(frozen=True, slots=True)
class Handling:
    """How mailboxes treat the messages of one type; the type has it as ``handling``.

    What a type does not say is as in ``PLAIN``.
    """

    control: bool = False
    """It is read before all that waits, and there is always room for it."""
    kernel: bool = False
    """There is always room for it. All such messages are read in one order, as if of one
    sender, in turn with the messages of others."""
    signed: bool = False
    """It has a ``sender``, a string. All messages without one count as of one sender."""
    newest_only: bool = False
    """Of one sender's messages of this type, and with one ``topic`` if it has any, nobody
    reads any but the last."""

    def sender_of(self, message: Any) -> Hashable:
        """Give whose turn in a mailbox such a message takes; None for those without a name."""
        if self.kernel:
            return THE_KERNEL
        if self.signed:
            sender = getattr(message, "sender", None)
            return sender if isinstance(sender, str) else None
        return None


PLAIN: Final = Handling()
CONTROL: Final = Handling(control=True)
KERNEL: Final = Handling(kernel=True)
SIGNED: Final = Handling(signed=True)
NEWEST: Final = Handling(signed=True, newest_only=True)


def handling_of(message: Any) -> Handling:
    """Give what a message's type says of itself."""
    kind = type(message)
    if kind is _ActorStop:
        return CONTROL
    handling = getattr(kind, "handling", PLAIN)
    # Anybody's message may have something else by this name.
    return handling if type(handling) is Handling else PLAIN


def sender_of(message: Any) -> Hashable:
    """Give whose turn in a mailbox a message takes; None for those without a name."""
    return handling_of(message).sender_of(message)
