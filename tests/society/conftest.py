"""What every test of a society may ask for."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest


@pytest.fixture
def let_go() -> Iterator[threading.Event]:
    """What hung agents wait for."""
    event = threading.Event()
    yield event
    event.set()
