"""What fails under one seed of many is found, made short, and kept."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from antiphon.actors.actor import Actor
from antiphon.actors.address import Address
from antiphon.actors.simulation.choices import RecordedChoices
from antiphon.testing import Faults, SimulatedDispatcher, replay, simulate
from antiphon.testing.regression import Regression
from antiphon.testing.shrinking import shrink
from antiphon.testing.simulation import Play
from hypothesis import given
from hypothesis import strategies as st


class Clerk(Actor):
    """Signs the papers that it is given, and hands them on to others."""

    others: Sequence[Address] = ()

    def on_receive(self, message: list[str]) -> None:
        message.append(self.name)
        for other in self.others:
            other.tell(message)


def sign(simulation: SimulatedDispatcher) -> None:
    """The boss hands a paper on to three at once; cid is not to sign before ann."""
    boss, *others = [Clerk(name, clock=simulation.clock) for name in ("boss", "ann", "bob", "cid")]
    boss.others = [Address(other) for other in others]
    simulation.start([boss, *others], 1.0)
    paper: list[str] = []
    Address(boss).tell(paper)
    simulation.stop([boss, *others], 0.0)
    assert paper.index("ann") < paper.index("cid"), f"signed by {paper}"


def unlucky(simulation: SimulatedDispatcher) -> None:
    """Fails if a three comes anywhere before a two."""
    picks = [simulation.choices.pick(5) for _ in range(40)]
    assert 2 not in picks[picks.index(3) :] if 3 in picks else True


def test_an_order_that_fails_is_found_shrunk_and_told_with_the_seed() -> None:
    with pytest.raises(AssertionError, match="signed by") as caught:
        simulate(sign)
    seed, choices, events = caught.value.__notes__
    assert re.fullmatch(rf"simulated with seed \d+ and {re.escape(repr(Faults()))}", seed)
    assert re.fullmatch(r"of [12] choices these are enough: \[2\]", choices)
    lines = [line.split() for line in events.splitlines()]
    assert [line[2] for line in lines[1:]] == ["boss:", "cid:", "ann:", "bob:"]
    with pytest.raises(AssertionError, match="signed by"):
        sign(SimulatedDispatcher(choices=RecordedChoices([2])))


def test_what_never_fails_gives_nothing() -> None:
    played: list[int] = []
    simulate(lambda simulation: played.append(1), seeds=range(30))
    assert len(played) == 30


def test_faults_reach_the_run_and_its_retrials() -> None:
    faults = Faults(stall=0.25)

    def play(simulation: SimulatedDispatcher) -> None:
        assert simulation.faults == faults
        assert simulation.choices.pick(2) == 0

    with pytest.raises(AssertionError) as caught:
        simulate(play, faults=faults)
    assert repr(faults) in caught.value.__notes__[0]
    assert "of 1 choices these are enough: [1]" in caught.value.__notes__[1]


def test_a_failure_is_kept_in_a_small_file_and_played_again_before_all_else(
    tmp_path: Path,
) -> None:
    with pytest.raises(AssertionError):
        simulate(unlucky, keep=tmp_path / "kept")
    (path,) = (tmp_path / "kept").iterdir()
    assert len(path.read_text(encoding="utf-8")) < 500
    kept = Regression.read(path)
    assert kept.name == "unlucky"
    assert kept.choices == (3, 2)
    for again in (
        partial(simulate, unlucky, seeds=[], keep=tmp_path / "kept"),
        partial(replay, unlucky, path),
    ):
        with pytest.raises(AssertionError) as caught:
            again()
        assert caught.value.__notes__[0] == f"this is the failure kept in {path}"


def test_a_failure_that_is_mended_is_played_again_and_says_nothing(tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        simulate(unlucky, keep=tmp_path)
    played: list[list[int]] = []

    def mended(simulation: SimulatedDispatcher) -> None:
        played.append([simulation.choices.pick(5) for _ in range(3)])

    mended.__name__ = "unlucky"
    simulate(mended, seeds=[], keep=tmp_path)
    assert played == [[3, 2, 0]]
    simulate(lambda simulation: played.clear(), seeds=[], keep=tmp_path)
    assert played, "another play's failures are not played"


def test_a_failure_that_does_not_come_again_says_so() -> None:
    chances = iter([True, False])

    def play(simulation: SimulatedDispatcher) -> None:
        assert next(chances, True) is False

    with pytest.raises(AssertionError) as caught:
        simulate(play)
    assert "played again it does not fail" in caught.value.__notes__[1]


def test_only_the_same_kind_of_error_counts_as_the_same_failure() -> None:
    def play(simulation: SimulatedDispatcher) -> None:
        picks = [simulation.choices.pick(4) for _ in range(6)]
        if picks[0] == 3:
            raise LookupError
        assert picks[0] != 1 or 3 not in picks

    with pytest.raises(AssertionError) as caught:
        simulate(play, seeds=[next(s for s in range(99) if _kind(play, s) is AssertionError)])
    assert "[1, 3]" in caught.value.__notes__[1]


def _kind(play: Play, seed: int) -> type[BaseException] | None:
    try:
        play(SimulatedDispatcher(seed))
    except Exception as error:  # noqa: BLE001  it is the question which
        return type(error)
    return None


def test_failures_of_test_frameworks_count_and_ctrl_c_does_not() -> None:
    with pytest.raises(pytest.fail.Exception) as caught:
        simulate(lambda simulation: pytest.fail("no"))
    assert caught.value.__notes__
    for leave in (KeyboardInterrupt, SystemExit):

        def play(simulation: SimulatedDispatcher, leave: type[BaseException] = leave) -> None:
            raise leave

        with pytest.raises(leave) as left:
            simulate(play)
        assert not hasattr(left.value, "__notes__")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"name": "p", "seed": 1, "faults": {}, "choices": "0 -1", "error": ""}',
        '{"name": "p", "seed": 1, "faults": {"kill": 2}, "choices": "0", "error": ""}',
        '{"name": "p", "seed": 1, "faults": {}, "choices": 5, "error": ""}',
        '{"name": "p", "seed": 1, "faults": {}, "choices": "0", "error": "", "more": 1}',
        "\x00\xff",
    ],
    ids=range(8),
)
def test_a_file_that_holds_something_else_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "p.1.json"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ValueError, match=r"p\.1\.json holds no simulated run"):
        replay(lambda simulation: None, path)


@given(
    st.builds(
        Regression,
        name=st.text(min_size=1),
        seed=st.integers(0),
        faults=st.builds(Faults, slow=st.floats(0, 1), longest=st.floats(0.001, 1e6)),
        choices=st.lists(st.integers(0, 99)).map(tuple),
        error=st.text(),
    )
)
def test_what_was_kept_comes_back(
    tmp_path_factory: pytest.TempPathFactory, kept: Regression
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    path = kept.write(folder)
    assert path.parent == folder
    assert list(Regression.all_in(folder, kept.name)) == [(path, kept)]


@given(st.lists(st.integers(0, 6), max_size=60), st.integers(1, 4))
def test_shrinking_ends_with_a_list_of_which_nothing_can_be_left_out(
    choices: list[int], least: int
) -> None:
    def fails(tried: Sequence[int]) -> Sequence[int] | None:
        return tried if sum(choice >= 2 for choice in tried) >= least else None

    if fails(choices) is not None:
        assert shrink(choices, fails, patience=10_000) == [2] * least


def test_shrinking_makes_plain_what_it_cannot_leave_out() -> None:
    def fails(tried: Sequence[int]) -> Sequence[int] | None:
        return tried if len(tried) > 5 and tried[5] >= 3 else None

    assert shrink([4, 1, 3, 2, 2, 9, 8, 7], fails, patience=100) == [0, 0, 0, 0, 0, 3]


def test_shrinking_never_takes_what_is_longer_than_it_was() -> None:
    def fails(tried: Sequence[int]) -> Sequence[int] | None:
        return [*tried, 9, 9, 9]

    assert shrink([1, 2], fails, patience=100) == [1, 2]


def test_shrinking_stops_when_patience_ends() -> None:
    tried: list[Sequence[int]] = []

    def fails(choices: Sequence[int]) -> Sequence[int] | None:
        tried.append(choices)
        return None

    choices = random.Random(1).choices(range(1, 9), k=300)
    assert shrink(choices, fails, patience=25) == choices
    assert len(tried) == 25


def test_users_need_no_hypothesis() -> None:
    code = (
        "import sys; sys.modules['hypothesis'] = None; import antiphon as ap; ap.testing.simulate"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
