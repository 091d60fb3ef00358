"""Room for calls that nest deeper than one thread's stack."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from ..future import Future

T = TypeVar("T")


def on_a_fresh_stack(call: Callable[[], T]) -> T:
    """Make a call on a thread of its own and wait for it; only one of the two ever runs.

    Raises:
        RuntimeError: the system gives no thread for it.
        BaseException: whatever the call raises.
    """
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set(call())
        except BaseException as error:  # the caller's to hear, whatever it is
            done.set_exception((type(error), error, error.__traceback__))

    threading.Thread(target=run, name="fresh-stack", daemon=True).start()
    result: T = done.get()
    return result
