"""What each member lived in a round without environment, made when somebody asks."""

from __future__ import annotations

import threading

import pytest
from antiphon.coordination.absence import News
from antiphon.coordination.outcome import Status
from antiphon.coordination.rollout import Lived
from antiphon.models.agent import Agent, Context
from antiphon.models.experience import Experience, OneStepEach
from antiphon.society import Society
from antiphon.tests.coordination.outcomes import outcome_of

FUSE = 10.0
STATUS = {"a": Status.ACTED, "b": Status.CRASHED, "c": Status.BUSY}
SEEN = {"a": 1, "b": 2, "c": 3}


def test_it_is_the_members_step() -> None:
    lived = Lived(outcome_of(7, STATUS), SEEN)
    assert lived["a"] == Experience(7, 1, 0, 0, "acted", None, False, False)
    assert lived["b"] == Experience(7, 2, None, 0, "crashed", None, False, False)
    assert lived["c"].status == "busy"


def test_it_is_a_mapping_of_the_members() -> None:
    lived = Lived(outcome_of(7, STATUS), SEEN)
    assert (len(lived), list(lived), "a" in lived, "d" in lived) == (
        3,
        ["a", "b", "c"],
        True,
        False,
    )
    assert lived.keys() == STATUS.keys()
    assert lived.get("d") is None
    assert {**lived} == {name: lived[name] for name in STATUS}
    with pytest.raises(KeyError):
        lived["d"]


def test_who_was_shown_something_and_was_no_member_has_lived_nothing() -> None:
    lived = Lived(outcome_of(7, STATUS), {**SEEN, "d": 4})
    assert lived.get("d") is None


def test_who_goes_through_all_of_them_keeps_none() -> None:
    lived = Lived(outcome_of(7, STATUS), SEEN)
    kept = lived["b"]
    passed = dict(lived.items())
    assert passed == {name: lived[name] for name in STATUS}
    assert passed["b"] is kept
    assert passed["a"] is not lived["a"]


def test_everyone_who_asks_gets_the_same_one() -> None:
    lived = Lived(outcome_of(7, STATUS), SEEN)
    gate = threading.Barrier(6)
    got: list[Experience] = []

    def ask() -> None:
        gate.wait(FUSE)
        got.append(lived["a"])

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(FUSE)
    assert len({id(experience) for experience in got}) == 1


def test_news_are_what_was_missed_and_then_the_last_step() -> None:
    first, second = (Lived(outcome_of(number, STATUS), SEEN) for number in (1, 2))
    news = News(second, {"b": (first["b"],)})
    assert [experience.round for experience in news.of("b")] == [1, 2]
    assert [experience.round for experience in news.of("a")] == [2]
    assert news.of("d") == ()
    assert News({}).of("a") == ()


def test_news_of_many_say_what_each_has_done_and_make_its_step_when_somebody_asks() -> None:
    lived = Lived(outcome_of(7, STATUS), SEEN)
    news = News(lived).of_all(["c", "a"])
    assert isinstance(news, OneStepEach)
    assert list(news.executed) == [0, 0]
    assert (len(news), news[-1][0], list(news)) == (2, lived["a"], [(lived["c"],), (lived["a"],)])
    assert news[:1] == [(lived["c"],)]


def test_news_of_many_of_whom_some_have_lived_nothing_are_told_one_by_one() -> None:
    lived = Lived(outcome_of(7, STATUS), SEEN)
    assert News(lived).of_all(["a", "d"]) == [(lived["a"],), ()]
    assert News(lived, {"b": (lived["b"],)}).of_all(["a", "b"])[1] == (lived["b"], lived["b"])
    assert News(dict(lived)).of_all(["a", "b"]) == [(lived["a"],), (lived["b"],)]


@pytest.mark.parametrize("dispatcher", ["threaded", "pooled", "inline"])
def test_an_agent_may_look_at_its_past_later(dispatcher: str) -> None:
    class Keeps(Agent):
        def __init__(self) -> None:
            self.contexts: list[Context] = []

        def act(self, observation: int, context: Context) -> int:
            self.contexts.append(context)
            return observation

        def answer(self, question: object, sender: str, context: Context) -> list[object]:
            kept = [context.previous for context in self.contexts]
            return [None if lived is None else (lived.round, lived.observation) for lived in kept]

    with Society(dispatcher=dispatcher, timeout=FUSE) as society:
        ids = society.add(Keeps, 3)
        for number in range(3):
            society.step(dict.fromkeys(ids, number * 10))
        for agent_id in ids:
            assert society.ask(agent_id, None) == [None, (1, 0), (2, 10)]
