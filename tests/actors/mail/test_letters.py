"""Letters are found and taken one by one, though others change the queue meanwhile."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, SupportsIndex

import pytest
from antiphon.actors.mail.letters import BLANK, Letter, copy_of, count_blanks, take_behind_blanks

X, Y = Letter("x"), Letter("y")


class Disturbed(deque[Letter]):
    """A queue that changes when somebody looks at one of its places for the nth time."""

    def __init__(
        self, letters: Iterable[Letter], place: int, nth: int, change: Callable[[Any], object]
    ) -> None:
        super().__init__(letters)
        self._place = place
        self._looks = nth
        self._change = change

    def __getitem__(self, at: SupportsIndex) -> Letter:  # type: ignore[override]
        if int(at) == self._place:
            self._looks -= 1
            if self._looks == 0:
                self._change(self)
        return super().__getitem__(at)


class Shaky(deque[Letter]):
    """A queue that changes the first time that somebody goes through it."""

    shaken = False

    def __iter__(self) -> Iterator[Letter]:
        if not self.shaken:
            self.shaken = True
            raise RuntimeError("deque mutated during iteration")
        return super().__iter__()


@pytest.mark.parametrize("blanks", [0, 1, 2, 5])
def test_the_first_letter_behind_the_blanks_is_taken_out(blanks: int) -> None:
    letters = deque([BLANK] * blanks + [X, BLANK, Y])
    assert count_blanks(letters) == blanks
    assert take_behind_blanks(letters) is X
    assert take_behind_blanks(letters) is Y
    assert take_behind_blanks(letters) is None
    assert list(letters) == [BLANK] * (blanks + 1)


@pytest.mark.parametrize(("place", "nth"), [(0, 1), (1, 1), (1, 2), (2, 1), (2, 2)])
def test_it_is_still_the_first_if_the_front_goes_meanwhile(place: int, nth: int) -> None:
    letters = Disturbed([BLANK, BLANK, X, Y], place, nth, deque.popleft)
    assert take_behind_blanks(letters) is X
    assert list(letters) == [BLANK, Y]


@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("place", [1, 2])
def test_a_letter_that_somebody_else_takes_out_is_not_taken(place: int, nth: int) -> None:
    def takes_x(letters: deque[Letter]) -> None:
        letters.remove(X)

    letters = Disturbed([BLANK, BLANK, X, Y], place, nth, takes_x)
    assert take_behind_blanks(letters) is Y
    letters = Disturbed([BLANK, BLANK, X], place, nth, deque.clear)
    assert take_behind_blanks(letters) is None


def test_a_queue_that_changes_while_it_is_copied_is_copied_again() -> None:
    assert copy_of(Shaky([X, Y])) == (X, Y)
