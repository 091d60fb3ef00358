"""What every test of actors may ask for."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest


@pytest.fixture
def let_go() -> Iterator[threading.Event]:
    """What those wait for whom a test holds."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads change places as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)
