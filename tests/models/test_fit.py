"""A model is held against the spaces of its place before it lives there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.errors import ModelError
from antiphon.models.agent import Place
from antiphon.models.factored.model import FactoredModel
from antiphon.models.fit import check_fit, check_model
from antiphon.models.generative import GenerativeModel
from gymnasium.spaces import Box, Discrete, MultiDiscrete

PLAIN = GenerativeModel.deterministic([np.eye(3)], [[0, 1, 2], [1, 2, 0]])
FACTORED = FactoredModel([np.full((4, 2, 2), 0.25)], [np.eye(2)[:, :, None].repeat(3, 2)] * 2)


def place(observations: Any, actions: Any) -> Place:
    return Place("a", None, observations, actions)


@pytest.mark.parametrize(
    "spaces",
    [
        (Discrete(3), Discrete(2)),
        (MultiDiscrete([3]), Discrete(2)),
        (Box(0, 1), Box(0, 1)),
        (None, None),
    ],
)
def test_what_fits_and_what_says_nothing_is_let_pass(spaces: tuple[Any, Any]) -> None:
    check_model(PLAIN, place(*spaces))


@pytest.mark.parametrize(
    ("model", "spaces", "rule"),
    [
        (PLAIN, (Discrete(3), Discrete(3)), "B has 2 actions from 0, the action space 3 from 0"),
        (PLAIN, (Discrete(3), Discrete(2, start=1)), "B has 2 actions from 0"),
        (PLAIN, (Discrete(4), Discrete(2)), r"A has \(3,\) outcomes, the observation .* \(4,\)"),
        (PLAIN, (Discrete(3, start=1), Discrete(2)), "A has outcomes from 0, the space from 1"),
        (FACTORED, (Discrete(4), MultiDiscrete([3, 2])), r"B moves factors by \(3, 3\) actions"),
        (
            FACTORED,
            (Discrete(4), MultiDiscrete([3, 3], start=[0, 1])),
            "B has actions from 0, the space from 0, 1",
        ),
        (
            FACTORED,
            (MultiDiscrete([4], start=[2]), None),
            "A has outcomes from 0, the space from 2",
        ),
    ],
)
def test_what_does_not_fit_is_refused_by_name(
    model: Any, spaces: tuple[Any, Any], rule: str
) -> None:
    with pytest.raises(ModelError, match=rf"^agent 'a': {rule}"):
        check_model(model, place(*spaces))


def test_actions_of_one_factor_begin_with_0_too() -> None:
    check_fit((3,), (4,), place(Discrete(4), Discrete(3)))
    with pytest.raises(ModelError, match="B has actions from 0, the space from 1"):
        check_fit((3,), (4,), place(Discrete(4), Discrete(3, start=1)))
