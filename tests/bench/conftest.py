"""What the tests of benches have in common: collecting garbage costs them little."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def _what_was_there_before_is_left_alone() -> Iterator[None]:
    # The harness collects garbage before each repeat, and other tests leave millions of objects.
    gc.freeze()
    yield
    gc.unfreeze()
