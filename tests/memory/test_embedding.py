from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from antiphon.errors import PluginError
from antiphon.memory.embedding import CheckedEmbedding, HashingEmbedding
from antiphon.tests.memory.odd import OddError

TEXTS = ["saw a wolf by the river", "went north", "ÄPFEL für 3.50", "", "\ud800 river \x00 🙂"]


def test_an_embedding_is_the_same_in_every_process() -> None:
    code = (
        "from antiphon.memory.embedding import HashingEmbedding as H;"
        f"print(H()({TEXTS!r}).tobytes().hex())"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed},
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert told[0] == told[1] == HashingEmbedding()(TEXTS).tobytes().hex()


def test_texts_that_share_words_are_nearer_than_texts_that_do_not() -> None:
    wolf, wolves, market = CheckedEmbedding(HashingEmbedding())(
        ["a wolf came to the river", "at the river were wolves", "sold two apples at noon"]
    )
    assert wolf @ wolves > wolf @ market + 0.2


def test_the_order_of_numbers_is_heard() -> None:
    ahead, back, again = CheckedEmbedding(HashingEmbedding())(
        ["position 3 4 5", "position 5 4 3", "position 3 4 5"]
    )
    assert ahead @ again > ahead @ back


def test_rows_have_length_one_and_an_empty_text_is_near_to_nothing() -> None:
    rows = CheckedEmbedding(HashingEmbedding())(TEXTS)
    assert rows.dtype == np.float32
    assert rows.shape == (5, 256)
    lengths = np.linalg.norm(rows, axis=1)
    assert lengths[3] == 0
    assert lengths[[0, 1, 2, 4]] == pytest.approx(1, abs=1e-2)


def test_dot_products_are_exact_in_any_order() -> None:
    rng = np.random.default_rng(7)
    rows = CheckedEmbedding(lambda texts: rng.standard_normal((len(texts), 384)))(["."] * 200)
    exact = rows.astype(np.float64) @ rows.astype(np.float64).T
    shuffled = rng.permutation(384)
    assert np.array_equal(rows[:, shuffled] @ rows[:, shuffled].T, exact)
    one_by_one = np.zeros((200, 200), np.float32)
    for column in range(384):
        one_by_one += np.outer(rows[:, column], rows[:, column])
    assert np.array_equal(one_by_one, exact)


def test_huge_and_tiny_numbers_are_brought_to_length_one() -> None:
    given = {"huge": [1e300, 1e300], "tiny": [0.0, 1e-300], "none": [0.0, 0.0]}
    rows = CheckedEmbedding(lambda texts: [given[text] for text in texts])(list(given))
    assert rows == pytest.approx(np.array([[0.5**0.5] * 2, [0, 1], [0, 0]]), abs=1e-3)


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ([[1.0, 2.0]], r"must give shape \(2, dimensions\) for 2 texts, got \(1, 2\)"),
        ([1.0, 2.0], r"got \(2,\)"),
        ([[], []], r"got \(2, 0\)"),
        (np.zeros((2, 2, 2)), r"got \(2, 2, 2\)"),
        ([[1.0, float("nan")], [0.0, 0.0]], "must give finite numbers"),
        ([[1.0, float("inf")], [0.0, 0.0]], "must give finite numbers"),
        ([[1.0], [1.0, 2.0]], "could not embed 2 texts"),
        ([["a"], ["b"]], "could not embed 2 texts"),
        (None, "must give shape"),
    ],
)
def test_what_breaks_the_contract_is_refused_by_name(given: Any, rule: str) -> None:
    def vectorise(texts: list[str]) -> Any:
        return given

    with pytest.raises(PluginError, match=rule) as caught:
        CheckedEmbedding(vectorise)(["a", "b"])
    assert "vectorise" in caught.value.name


def test_dimensions_may_not_change() -> None:
    embed = CheckedEmbedding(lambda texts: np.ones((len(texts), 3 + len(texts))))
    embed(["a"])
    with pytest.raises(PluginError, match="must always give as many dimensions, 4 at first, got 5"):
        embed(["a", "b"])


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionError("no route"), "ConnectionError: no route"),
        (OddError(), "OddError: it cannot be printed"),
    ],
)
def test_what_an_embedding_raises_is_named_and_chained(error: Exception, words: str) -> None:
    def vectorise(texts: list[str]) -> Any:
        raise error

    with pytest.raises(PluginError, match=f"could not embed 1 texts: {words}") as caught:
        CheckedEmbedding(vectorise)(["a"])
    assert caught.value.__cause__ is error


def test_an_embedding_is_not_handed_the_callers_own_list() -> None:
    def greedy(texts: list[str]) -> Any:
        texts.clear()
        return np.ones((1, 2))

    texts = ["a"]
    CheckedEmbedding(greedy)(texts)
    assert texts == ["a"]


def test_what_is_no_embedding_is_refused_at_construction() -> None:
    with pytest.raises(TypeError, match="is called with a list of texts, got 'words'"):
        CheckedEmbedding("words")
    with pytest.raises(ValueError, match="dimensions must be >= 8, got 2"):
        HashingEmbedding(2)
