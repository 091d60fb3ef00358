"""The strategy that teaches: items as of ``merge``, gains once, and what it must not do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from antiphon.actors.workers.processes import WorkerProcess
from antiphon.errors import AskError
from antiphon.memory.consolidation import Consolidated, Consolidation, Failed, Result
from antiphon.memory.hand_over import HandOver
from antiphon.memory.item import Draft
from antiphon.memory.remembered import Remembered
from antiphon.memory.remote import JOBS, RemoteConsolidation
from antiphon.memory.strategies.catalogue import strategy
from antiphon.memory.strategies.learn import learn
from antiphon.memory.strategies.merge import merge
from antiphon.memory.supervisor import Collect
from antiphon.memory.teacher import Teacher
from antiphon.models.crowds.pupil import Pupil
from antiphon.models.experience import Experience
from antiphon.models.learning.replay import Taught
from antiphon.testing import check_strategy
from antiphon.tests.memory.consolidating import FUSE, after, forms, packed
from antiphon.tests.memory.test_memories import Desk
from antiphon.tests.models.crowds.test_pupil import asleep, life, pupil_of, taught

LIFE = life(50)


def handed(pupil: Pupil | None, lived: Sequence[Experience] = LIFE) -> HandOver:
    return HandOver("a", 1, 1, 3, packed(*lived), pupil)


def made(
    strategy: Callable[..., Any], pupil: Pupil | None, until: Any = None, **own: Any
) -> Result:
    work = Consolidation(handed(pupil, **own), strategy, "mine")
    while not (work.work(until()) if until else work.work()):
        pass
    return work.result(9)


def gains(result: Result) -> Any:
    assert isinstance(result, Consolidated), result
    assert result.taught is not None
    return [result.taught.gains[name].tolist() for name in ("pA", "pB", "pD")]


def test_its_items_are_those_of_merge_and_it_teaches_what_was_lived() -> None:
    pupil = pupil_of(asleep())
    result = made(learn, pupil)
    assert forms(result) == forms(made(merge, pupil))
    assert gains(result) == [taught(pupil, LIFE).gains[n].tolist() for n in ("pA", "pB", "pD")]
    check_strategy("learn")
    assert strategy("learn").teaches
    assert not strategy("merge").teaches


def test_it_teaches_the_same_wherever_it_is_interrupted() -> None:
    pupil = pupil_of(asleep())
    whole = made(learn, pupil)
    for steps in (1, 2, 5):
        assert gains(made(learn, pupil, lambda steps=steps: after(steps))) == gains(whole)


def test_who_cannot_be_taught_is_left_alone() -> None:
    result = made(learn, None)
    assert isinstance(result, Consolidated)
    assert result.taught is None
    assert forms(result) == forms(made(merge, None))


def test_what_does_not_fit_the_model_teaches_nothing_and_hinders_nothing() -> None:
    pupil = pupil_of(asleep())
    strange = [*LIFE[:20], LIFE[20]._replace(observation="dark"), *LIFE[21:]]
    missing = taught(pupil, LIFE[:20] + LIFE[21:]).gains
    result = made(learn, pupil, lived=strange)
    assert gains(result) == [missing[n].tolist() for n in ("pA", "pB", "pD")]


def test_a_process_teaches_with_the_same_bits() -> None:
    pupil = pupil_of(asleep())
    pupil = pupil.after(taught(pupil, life(30, seed=4)))
    target = strategy("learn").target
    assert target is not None
    worker = WorkerProcess(JOBS, patience=FUSE)
    try:
        work = RemoteConsolidation(handed(pupil), target, "learn", worker)
        work.finish()
        there = work.result(9)
    finally:
        worker.stop()
    here = made(learn, pupil)
    assert gains(there) == gains(here)
    assert forms(there) == forms(here)


def test_after_ctrl_c_it_begins_again_and_teaches_once() -> None:
    pupil, interrupts = pupil_of(asleep()), iter([KeyboardInterrupt()])

    def interrupted(window: Sequence[Remembered]) -> Iterator[Draft | Taught | None]:
        yield from learn(window)
        for interrupt in interrupts:
            raise interrupt

    work = Consolidation(handed(pupil), interrupted, "mine")
    with pytest.raises(KeyboardInterrupt):
        work.finish()
    work.finish()
    assert gains(work.result(9)) == gains(made(learn, pupil))


def twice(window: Sequence[Remembered]) -> Iterator[Draft | Taught | None]:
    yield from learn(window)
    yield from [one for one in learn(window) if isinstance(one, Taught)]


def too_much(window: Sequence[Remembered]) -> Iterator[Draft | Taught | None]:
    for one in learn(window):
        yield one._replace(gains={"pA": np.ones(2)}) if isinstance(one, Taught) else one


def anybody(window: Sequence[Remembered]) -> Iterator[Draft | Taught | None]:
    yield from merge(window)
    yield taught(pupil_of(asleep()), LIFE)


NOBODY, PUPIL = None, pupil_of(asleep())


@pytest.mark.parametrize(
    ("broken", "pupil", "rule"),
    [
        (twice, PUPIL, "must teach once"),
        (too_much, PUPIL, "must teach what fits the agent"),
        (anybody, NOBODY, "must not teach an agent that cannot be taught"),
    ],
)
def test_what_must_not_be_taught_is_refused_with_the_window(
    broken: Any, pupil: Pupil | None, rule: str
) -> None:
    result = made(broken, pupil)
    assert isinstance(result, Failed)
    assert rule in str(result.error)


class Twice:
    """A supervisor's address through which every answer comes twice, and some not at all."""

    def __init__(self, address: Any, swallows: frozenset[int] = frozenset()) -> None:
        self._address = address
        self._swallows = swallows

    def tell(self, message: Any) -> None:
        self._address.tell(message)

    def ask(self, message: Any, timeout: float) -> Any:
        answer = self._address.ask(message, timeout)
        if not isinstance(message, Collect):
            return answer
        if message.round in self._swallows:
            raise AskError("it has died")
        return (*answer, *answer)


def test_results_that_come_twice_or_never_teach_once_or_not_at_all() -> None:
    desk = Desk(learn, ids="a", memory_size=60)
    agent = asleep(learns="B")
    first = agent.get_state()["pB"].sum()
    desk.memories.teachers = {"a": Teacher(pupil_of(agent), agent.teach)}
    desk.memories.turnover.supervisor = Twice(desk.address, frozenset({13, 40}))
    try:
        desk.live(60)
        consolidated = desk.memories["a"].statistics().consolidated
        assert desk.memories["a"].statistics().evicted == 0
        assert consolidated > 30
        # Each move between two of them.
        assert agent.get_state()["pB"].sum() - first == pytest.approx(consolidated - 1)
    finally:
        desk.stop()


def test_a_teacher_keeps_up_with_what_it_has_told() -> None:
    agent = asleep()
    told: list[Any] = []
    teacher = Teacher(pupil_of(agent), told.append)
    for night in range(3):
        lived = life(20, seed=night, first=1 + 20 * night)
        teacher.teach(taught(teacher.pupil, lived))
        agent.teach(told[-1])
        assert np.array_equal(agent.get_state()["pB"], teacher.pupil.state["pB"])
    assert teacher.pupil.trail is not None
    assert teacher.pupil.trail.round == 61
