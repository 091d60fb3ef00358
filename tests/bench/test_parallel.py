from __future__ import annotations

import pytest
from antiphon.bench import parallel
from antiphon.bench.agents import Adder
from antiphon.bench.harness import Case, Ratio, Variant, measure
from antiphon.bench.parallel import Failer, Talker, fails
from antiphon.bench.waiting import Waiter
from antiphon.clock import SystemClock
from antiphon.models.agent import Context
from antiphon.tests.bench.test_regression import Nobody

pytestmark = pytest.mark.alone


def done(case: Case, name: str, units: int = 3) -> str:
    with case.variants() as offered:
        variant = next(one for one in offered if isinstance(one, Variant) and one.name == name)
        with variant.turn():
            return variant.check(units, variant.run(units))


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_WAIT", 0.01)


@pytest.mark.parametrize("places", ["1", "2", "4", "8", "auto"])
def test_however_few_places_there_are_all_wait_and_answer(places: str) -> None:
    assert done(parallel._pool(repeats=1, n=4), f"places: {places}") == ""


def test_two_places_let_two_act_at_once() -> None:
    with parallel._waiters(4, 2) as play:
        outcome = play(1)[0]
    assert outcome.concurrency <= 2.0


def test_a_straggler_is_given_up_at_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    # Waiting is what the check looks at; the straggler ends with its society.
    monkeypatch.setattr(parallel, "_TIMEOUT", 0.2)
    monkeypatch.setattr(parallel, "_STRAGGLE", 1.2)
    case = parallel._straggling(repeats=1, n=3)
    (figure,) = measure(case, SystemClock, Nobody()).figures()
    assert 0.2 <= figure[1].median < 1.2
    assert (figure[0].name, figure[0].target) == ("straggler_timeout_s", 1.05)


@pytest.mark.soak
def test_a_timeout_of_a_second_with_a_straggler_of_three_ends_in_time() -> None:
    case = parallel._straggling(repeats=3)
    assert any(
        measure(case, SystemClock, Nobody()).figures()[0][1].median <= 1.05 for _ in range(3)
    )


def test_a_straggler_that_is_not_late_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_STRAGGLE", 0.0)
    assert done(parallel._straggling(repeats=1, n=3), "pooled", 1)


@pytest.fixture
def pairs() -> dict[str, Case]:
    return {
        "talking": parallel._talking(4, 2, repeats=1),
        "quiet": parallel._talking(4, 2, repeats=1),
        "failing": parallel._failing(6, 2, repeats=1),
        "whole": parallel._failing(6, 2, repeats=1),
    }


@pytest.mark.parametrize("name", ["talking", "quiet", "failing", "whole"])
def test_every_variant_does_the_work_that_it_is_checked_for(
    name: str, pairs: dict[str, Case]
) -> None:
    assert done(pairs[name], name, 6) == ""


def test_an_answer_of_another_agent_is_noticed(
    pairs: dict[str, Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Adder, "answer", lambda self, question, sender, context: 0)
    assert done(pairs["talking"], "talking")


def test_agents_that_do_not_fail_in_their_turn_are_noticed(
    pairs: dict[str, Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Failer, "act", Adder.act)
    assert "acted" in done(pairs["failing"], "failing", 6)


def test_in_every_round_each_fifth_fails_and_in_the_next_it_acts() -> None:
    assert [fails(5, shown) for shown in range(6)] == [True, *[False] * 4, True]
    assert sum(fails(number, 3) for number in range(1, 51)) == 10


@pytest.mark.parametrize("name", ["consolidating", "evicting"])
def test_memories_are_consolidated_where_they_should_be(name: str) -> None:
    case = parallel._remembering(3, 150, repeats=1)
    assert done(case, name, 150) == ""
    # Too short a life fills no window.
    assert bool(done(case, name, 3)) is (name == "consolidating")


@pytest.mark.parametrize("times", [0, 2])
def test_a_talker_that_hears_too_little_or_too_much_is_noticed(
    times: int, pairs: dict[str, Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Talker.receive

    def receive(self: Talker, message: int, sender: str, context: Context) -> None:
        for _ in range(times):
            real(self, message, sender, context)

    monkeypatch.setattr(Talker, "receive", receive)
    assert "another agent's action" in done(pairs["talking"], "talking", 2)


def test_a_talker_keeps_its_number_and_what_it_heard() -> None:
    talker, other = Talker(3, 4), Talker(9, 9)
    talker.receive(4, "agent-4", Context())
    other.set_state(talker.get_state())
    assert other.answer(None, "", Context()) == 3
    assert other.get_state() == {"number": 3, "due": 0, "heard": 4}


def test_ten_waiters_are_what_the_guide_measured() -> None:
    (pool,) = [case for case in parallel.cases(small=True) if case.name.startswith("10 wait")]
    guides = {figure.name: figure.guide for figure in pool.ratios}
    table = {
        name: [guides.pop(f"pool_{name}_{what}", None) for what in ("s", "speedup", "efficiency")]
        for name in ("1", "2", "4", "8", "auto")
    }
    assert table == {
        # One place beside one place is nothing to measure.
        "1": [2.0, None, None],
        "2": [1.05, 1.9, 0.19],
        "4": [0.55, 3.6, 0.36],
        "8": [0.30, 6.7, 0.67],
        "auto": [0.25, 8.0, 0.80],
    }
    assert guides == {}


def test_the_efficiency_of_ten_is_a_tenth_of_their_speed_up() -> None:
    (pool,) = [case for case in parallel.cases(small=True) if case.name.startswith("10 wait")]
    ratios = {figure.name: figure for figure in pool.ratios if isinstance(figure, Ratio)}
    assert {name: ratio.share_of for name, ratio in ratios.items()} == {
        f"pool_{name}_{what}": share
        for name in ("2", "4", "8", "auto")
        for what, share in (("speedup", 1), ("efficiency", 10))
    }
    assert Waiter.blocking
