"""Who says what becomes of an agent that failed."""

from __future__ import annotations

import pytest
from antiphon.actors.care.directive import Directive, Failure, always, by_type

RESUME, RESTART, STOP, ESCALATE = Directive


def failed(error: BaseException) -> Failure:
    return Failure("a-1", 3, error, ())


@pytest.mark.parametrize("directive", Directive)
def test_one_answer_for_all(directive: Directive) -> None:
    strategy = always(directive)
    assert {strategy(failed(e)) for e in (ValueError(), SystemExit())} == {directive}


def test_a_directive_is_known_by_its_word() -> None:
    assert [Directive(word) for word in ("resume", "restart", "stop", "escalate")] == [*Directive]


@pytest.mark.parametrize(
    ("error", "directive"),
    [
        (KeyError(), STOP),
        (IndexError(), RESUME),
        (LookupError(), RESUME),
        (SystemExit(), ESCALATE),
        (ValueError(), RESTART),
    ],
)
def test_of_the_types_that_fit_the_nearest_holds(
    error: BaseException, directive: Directive
) -> None:
    listed = {LookupError: RESUME, KeyError: STOP, SystemExit: ESCALATE}
    assert by_type(listed, otherwise=RESTART)(failed(error)) is directive


def test_what_is_listed_later_changes_nothing() -> None:
    listed: dict[type[BaseException], Directive] = {KeyError: STOP}
    strategy = by_type(listed, otherwise=RESTART)
    listed[KeyError] = RESUME
    assert strategy(failed(KeyError())) is STOP


@pytest.mark.parametrize("kind", [ValueError("an error"), "ValueError", int])
def test_what_cannot_be_raised_cannot_be_listed(kind: object) -> None:
    with pytest.raises(TypeError, match="by exception type, got"):
        by_type({kind: STOP}, otherwise=RESTART)  # type: ignore[dict-item]
