"""From a long list of choices that fails to a short and plain one that does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

Fails = Callable[[Sequence[int]], Sequence[int] | None]
"""Takes a list of choices; gives the choices made of it if they fail, else None."""


def shrink(choices: Sequence[int], fails: Fails, *, patience: int) -> list[int]:
    """Leave out choices and make them plainer, as long as what is left fails.

    Args:
        patience: how many lists to try at most.
    """
    best = _stripped(choices)
    tries = 0
    candidates = _plainer(best)
    while tries < patience and (candidate := next(candidates, None)) is not None:
        tries += 1
        made = fails(candidate)
        if made is not None and _rank(found := _stripped(made)) < _rank(best):
            best = found
            candidates = _plainer(best)
    return best


def _rank(choices: list[int]) -> tuple[int, list[int]]:
    return len(choices), choices


def _stripped(choices: Sequence[int]) -> list[int]:
    """Leave out what is chosen anyway when a list is used up."""
    end = len(choices)
    while end and choices[end - 1] == 0:
        end -= 1
    return list(choices[:end])


def _plainer(choices: list[int]) -> Iterator[list[int]]:
    """Give lists that are a little plainer, those first that would gain most."""
    size = len(choices)
    while size:
        # From the end: what comes later depends on what came before.
        for start in range(len(choices) - size, -1, -size):
            yield choices[:start] + choices[start + size :]
            if any(choices[start : start + size]):
                yield choices[:start] + [0] * size + choices[start + size :]
        size //= 2
    for index, choice in enumerate(choices):
        for lower in sorted({choice // 2, choice - 1} - {0, -1}):
            yield [*choices[:index], lower, *choices[index + 1 :]]
