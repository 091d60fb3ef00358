"""A summary by a language model: one call for a window, and bounds on what is said."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.memory.consolidation import Consolidated, Consolidation, Failed
from antiphon.memory.consolidations import Consolidations
from antiphon.memory.strategies.summary import Summary
from antiphon.tests.memory.consolidating import conversed, handed, lived


class Model:
    """Says the same whatever it is asked."""

    def __init__(self, answer: Any = "  It talked a lot. ") -> None:
        self.answer = answer
        self.prompts: list[str] = []

    def __call__(self, prompt: str) -> Any:
        self.prompts.append(prompt)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def outcome(summary: Summary, *life: Any) -> Any:
    work = Consolidation(handed(*life), summary, "summary")
    work.finish()
    return work.result(0)


def test_a_window_becomes_one_text_that_stands_for_all_of_it() -> None:
    result = outcome(Summary(Model()), *conversed(50))
    assert isinstance(result, Consolidated)
    (item,) = result.items
    assert (item.kind, item.text, item.count) == ("summary", "It talked a lot.", 50)
    assert item.members == ((1, 50),)
    assert len(item.samples) == 1
    assert result.ratio < 0.1


def test_the_model_is_called_once_for_each_window() -> None:
    model = Model()
    work = Consolidations(lambda made: Consolidation(made, Summary(model), "summary"), "summary")
    for number in range(1, 11):
        work.take(handed(*conversed(50, seed=number), number=number, round=number, due=number))
        while work.unfinished:
            work.work(lambda: False)
        work.collect(number)
    statistics = work.statistics()
    assert len(model.prompts) == statistics.calls == 10
    assert len(model.prompts) <= statistics.experiences / 50


def test_a_prompt_tells_each_kind_once_with_its_count_in_lived_order() -> None:
    model = Model()
    life = [lived(n, "good morning", "talk") for n in range(20)]
    outcome(Summary(model), *life, lived(21, "thank\nyou", "listen"), *life[:3])
    lines = model.prompts[0].splitlines()[2:]
    assert lines == [
        "- 23 times: saw good morning; did talk",
        "- once: saw thank you; did listen",
    ]


def test_a_prompt_is_never_longer_than_it_may_be_and_says_what_it_leaves_out() -> None:
    model = Model()
    outcome(Summary(model, longest_prompt=1000), *conversed(400))
    (prompt,) = model.prompts
    assert 600 < len(prompt) <= 1000
    assert prompt.splitlines()[-1].endswith("more kinds of experience are left out)")


def test_a_text_is_never_longer_than_it_may_be() -> None:
    result = outcome(Summary(Model("x" * 10_000), longest_text=100), *conversed(50))
    assert result.items[0].text == "x" * 100


@pytest.mark.parametrize("answer", [None, "", "  ", 7, b"bytes", RuntimeError("no answer")])
def test_a_model_that_gives_no_text_fails_the_hand_over(answer: Any) -> None:
    result = outcome(Summary(Model(answer)), *conversed(50))
    assert isinstance(result, Failed)


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"longest_text": 0}, "longest_text must be >= 1"),
        ({"longest_prompt": 100}, "longest_prompt"),
    ],
)
def test_bounds_that_make_no_sense_are_refused(options: dict[str, int], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        Summary(Model(), **options)
    with pytest.raises(TypeError, match="complete must be callable"):
        Summary("gpt")  # type: ignore[arg-type]
