"""What is said of, and done with, whatever somebody's code raises in the kernel."""

from __future__ import annotations

import threading


def describe(error: BaseException) -> str:
    """Give one line that names the error."""
    try:
        text = str(error)
    except BaseException as trouble:
        if is_ctrl_c(trouble):
            raise
        # An agent's error is an agent's code: that its __str__ raises too is no news.
        text = "it cannot be printed"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def is_ctrl_c(error: BaseException) -> bool:
    """Whether it is the user who wants to stop, and not an agent's idea."""
    # Only the main thread is interrupted, and there actors run inline: the user means us.
    return (
        isinstance(error, KeyboardInterrupt)
        and threading.current_thread() is threading.main_thread()
    )
