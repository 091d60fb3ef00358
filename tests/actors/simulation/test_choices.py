"""Choices, drawn or recorded, are within what there is to choose from."""

from __future__ import annotations

import pytest
from antiphon.actors.simulation.choices import RecordedChoices, SeededChoices


def test_risks_come_about_as_often_as_they_say() -> None:
    choices = SeededChoices(1)
    drawn = [choices.weigh((0.1, 0.0, 0.3)) for _ in range(5000)]
    shares = [drawn.count(number) / 5000 for number in range(4)]
    assert shares[2] == 0.0
    assert shares == pytest.approx([0.6, 0.1, 0.0, 0.3], abs=0.03)


def test_recorded_choices_never_choose_what_is_not_there() -> None:
    choices = RecordedChoices([7, 9, 2, 5])
    assert choices.pick(3) == 1
    assert choices.pick(1) == 0
    assert choices.pick(2) == 1
    assert choices.weigh((0.5, 0.0)) == 0
    assert choices.weigh((0.5, 0.5)) == 2
    assert choices.pick(5) == 0
    assert choices.made == [1, 1, 0, 2, 0]
