"""Whether a plug-in of memory keeps to its contract: strategies, clean-ups, embeddings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from ..memory.candidates import Candidates
from ..memory.cleanup import Cleanup, choose, find_cleanup
from ..memory.compact import pack
from ..memory.consolidation import Consolidation, Strategy
from ..memory.embedding import CheckedEmbedding, Embedding
from ..memory.hand_over import HandOver
from ..memory.item import Item
from ..memory.strategies.catalogue import strategy as find_strategy
from ..models.experience import Experience
from .rules import require

_LENGTHS = (1, 2, 33)
_PAUSES = (1, 3)


def check_strategy(kind: str | Strategy, life: Sequence[Experience] | None = None) -> None:
    """Hold a consolidation strategy to what the memory supervisor needs of it.

    Its drafts name every experience of the window once, and are the same each time and wherever
    the work is interrupted.

    Args:
        life: experiences of the sort that it is for; by default of small whole numbers.

    Raises:
        AssertionError: it breaks a rule; the message says which.
        UnknownNameError, PluginError: there is no such strategy.
    """
    named = find_strategy(kind)
    lived = life or [_lived(n) for n in range(max(_LENGTHS))]
    for length in {*_LENGTHS, len(lived)}:
        window = [pack(n, one) for n, one in enumerate(lived[:length], 1)]
        results = [_made(named.call, named.name, window, pause) for pause in (None, *_PAUSES)]
        rule = "gives other items when it is interrupted or called again"
        require(all(one == results[0] for one in results), named.name, rule)


def _lived(number: int) -> Experience:
    done = number % 3
    return Experience(number, number % 7, done, done, "acted", 0.5 * done, False, False)


def _made(call: Strategy, name: str, window: list[bytes], pause: int | None) -> list[Any]:
    work = Consolidation(HandOver("agent-1", 1, 1, 1, window), call, name)
    while not work.work(_after(pause)):
        pass
    if work.error is not None:
        raise AssertionError(f"{name}: {work.error}") from work.error
    return [_form(item) for item in work.items]


def _after(steps: int | None) -> Callable[[], bool]:
    left = iter(range((steps or 10**9) - 1))
    return lambda: next(left, None) is None


def _form(item: Item) -> tuple[Any, ...]:
    return item.id, item.kind, item.text, item.members, item.importance, repr(item.content)


def check_cleanup(kind: str | Cleanup) -> None:
    """Hold a clean-up to what a memory needs of it.

    It gives at least as many as are to go, each once and only of those it may choose from, the
    same each time.

    Raises:
        AssertionError: it breaks a rule; the message says which.
        UnknownNameError, PluginError: there is no such clean-up.
    """
    cleanup = find_cleanup(kind)
    name = str(getattr(cleanup, "__name__", type(cleanup).__name__))
    for length in _LENGTHS:
        entries = [pack(n, _lived(n), importance=1 + n % 4) for n in range(1, length + 1)]
        for count in {1, length // 2 or 1, length}:
            try:
                once, again = (choose(cleanup, Candidates(entries), count, 100) for _ in range(2))
            except Exception as error:  # whatever the clean-up raises breaks the rule
                raise AssertionError(f"{name}: {error}") from error
            require(list(once) == list(again), name, "chooses others when it is asked again")
            require(len(once) >= count, name, f"gives {len(once)} of the {count} that are to go")


def check_embedding(
    embedding: Embedding, texts: Iterable[str] = ("a word", "two words", "")
) -> None:
    """Hold an embedding to what recall needs of it.

    One vector of finite numbers for each text, always of the same length, whoever else is in
    the list.

    Raises:
        AssertionError: it breaks a rule; the message says which.
    """
    name = str(getattr(embedding, "__name__", type(embedding).__name__))
    given = list(texts)
    try:
        CheckedEmbedding(embedding)(given)
        together = np.asarray(embedding(given), np.float64)
        alone = [np.asarray(embedding([text]), np.float64)[0] for text in given]
    except Exception as error:  # whatever the embedding raises breaks the rule
        raise AssertionError(f"{name}: {error}") from error
    same = all(
        a.shape == b.shape and np.allclose(a, b, atol=1e-5)
        for a, b in zip(together, alone, strict=True)
    )
    require(same, name, "gives a text another vector in other company")
