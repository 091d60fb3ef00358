"""DeGroot consensus ends by itself where the trust matrix says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from antiphon.tests.examples.loading import is_short, load
from antiphon.tests.society.cast import DISPATCHERS

consensus: Any = load("consensus")


def influence(trust: Any) -> Any:
    """The left eigenvector for the eigenvalue 1; sums to 1."""
    values, vectors = np.linalg.eig(np.asarray(trust).T)
    vector = np.real(vectors[:, np.argmin(np.abs(values - 1))])
    return vector / vector.sum()


def some_trust(n: int, seed: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    trust = rng.random((n, n)) * (rng.random((n, n)) < 0.5)
    # A ring, and one who trusts itself: then all reach all, after any number of steps.
    trust += 0.1 * np.roll(np.eye(n), 1, axis=1)
    trust[0, 0] += 0.1
    return trust / trust.sum(axis=1, keepdims=True), rng.normal(10.0, 20.0, n)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("n", [2, 5, 12])
def test_all_end_with_the_mean_that_the_left_eigenvector_weights(n: int, seed: int) -> None:
    trust, beliefs = some_trust(n, seed)
    agreed, rounds = consensus.agree(trust.tolist(), beliefs.tolist(), dispatcher="inline")
    assert np.abs(np.array(agreed) - influence(trust) @ beliefs).max() < 1e-9
    assert rounds > 4


def test_where_nobody_has_more_influence_it_is_the_plain_mean() -> None:
    trust = [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.25, 0.25, 0.5]]
    agreed, _ = consensus.agree(trust, [1.0, 2.0, 6.0], dispatcher="inline")
    assert agreed == pytest.approx([3.0] * 3, abs=1e-9)


def test_one_who_trusts_itself_alone_convinces_all() -> None:
    trust = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]
    agreed, _ = consensus.agree(trust, [7.0, 0.0, 99.0], dispatcher="inline")
    assert agreed == pytest.approx([7.0] * 3, abs=1e-9)
    assert consensus.agree([[1.0]], [5.0], dispatcher="inline")[0] == [5.0]


def test_beliefs_and_rounds_are_the_same_to_the_last_bit_whatever_runs_them() -> None:
    trust, beliefs = some_trust(9, 3)
    ends = [
        consensus.agree(trust.tolist(), beliefs.tolist(), dispatcher=dispatcher, batch_size=batch)
        for dispatcher in DISPATCHERS
        for batch in (None, 2)
    ]
    assert all(end == ends[0] for end in ends)


def test_one_word_misheard_by_a_millionth_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def receive(agent: Any, message: Any, sender: str, context: Any) -> None:
        misheard = context.round == 3 and sender == "believer-1"
        honest(agent, message + 1e-6 * misheard, sender, context)

    honest = consensus.Believer.receive
    monkeypatch.setattr(consensus.Believer, "receive", receive)
    with pytest.raises(AssertionError):
        test_all_end_with_the_mean_that_the_left_eigenvector_weights(5, 0)


def test_the_example_prints_one_belief_twice(capsys: pytest.CaptureFixture[str]) -> None:
    assert is_short("consensus")
    consensus.main()
    *_, agreed, mean = capsys.readouterr().out.splitlines()
    assert agreed.split()[3].rstrip(",") == mean.split()[-1]
