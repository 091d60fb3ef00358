"""A host whose agent is answered for with others: by hand, on a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pykka
import pytest
from antiphon.actors.agent_actor import AgentActor, Seat
from antiphon.actors.future import Future
from antiphon.actors.mailbox import BLANK, Letter
from antiphon.actors.messages import Deliver, Perceive, Question
from antiphon.actors.together import answers
from antiphon.clock import ManualClock
from antiphon.errors import ObservationError, StoppedError
from antiphon.models.active_inference import ActiveInference
from antiphon.models.agent import Agent, Context
from antiphon.models.outbox import OUTSIDE, Outbox
from antiphon.models.profile import InferenceSettings
from antiphon.testing import RecordingCall
from pykka.messages import _ActorStop

NUMPY = InferenceSettings(backend="numpy", selective_update_interval=1)


class GatheringCall(RecordingCall):
    """A call whose members are gathered, and answered for when the test says so."""

    gathers = True

    def __init__(self, **options: Any) -> None:
        super().__init__(observation=options.pop("observation", 1), **options)
        self.gathered: dict[int, AgentActor] = {}
        self.left: list[tuple[int, BaseException]] = []
        self.full = False

    def gather(self, index: int, host: Any) -> None:
        if self.full:
            raise MemoryError("no room")
        self.gathered[index] = host

    def leave(self, index: int, error: BaseException) -> None:
        self.left.append((index, error))

    def news_of(self, ids: Sequence[str]) -> Any:
        return [()] * len(ids)


def sees(size: int) -> dict[str, Any]:
    return {"A": np.full((size, size), 0.1) + np.eye(size) * (1 - size / 10), "B": turn(size)}


def turn(size: int) -> Any:
    return np.stack([np.eye(size), np.roll(np.eye(size), 1, axis=0)], axis=2)


class Hears(ActiveInference):
    """One that has ears, and may be answered for with others all the same."""

    together = True
    heard: list[Any]

    def reset(self, seed: int | None = None) -> None:
        super().reset(seed)
        self.heard = []

    def receive(self, message: Any, sender: str, context: Context) -> None:
        if isinstance(message, str) and message == "bad":
            raise ValueError(message)
        self.heard.append(message)

    def answer(self, question: Any, sender: str, context: Context) -> Any:
        return list(self.heard)


class Apart(ActiveInference):
    """A user's, which does not say that it goes together."""


def host_of(
    make: Callable[[], Agent] = lambda: Hears(sees(4), NUMPY), kind: type[AgentActor] = AgentActor
) -> AgentActor:
    host = kind(Seat("agent-1", make, seed=7, clock=ManualClock(100.0)))
    assert host.begin()
    return host


def perceive(host: AgentActor, call: RecordingCall, index: int = 2) -> None:
    host.handle(Letter(Perceive(call, index)))


def pump(host: AgentActor) -> None:
    while (letter := host.actor_inbox.get(0)) is not BLANK:
        host.read(letter)


def said(payload: Any) -> Letter:
    return Letter(Deliver(1, payload, "outside"))


def heard(host: AgentActor) -> list[Any]:
    agent: Any = host.agent
    return list(agent.heard)


def test_its_call_is_left_with_the_round_and_nobody_waits() -> None:
    host, call = host_of(), GatheringCall()
    perceive(host, call)
    assert (call.gathered, call.answers) == ({2: host}, [])
    assert host.seated is host.agent


def test_letters_that_come_meanwhile_are_read_afterwards_in_order() -> None:
    host, call = host_of(), GatheringCall()
    perceive(host, call)
    answer: Future[Any] = Future()
    for letter in (said(1), Letter(Question("?", "outside"), answer), said(2)):
        host.handle(letter)
    assert heard(host) == []
    host.resume()
    assert heard(host) == []  # on whichever thread that was, it is not the agent's
    pump(host)
    assert heard(host) == [1, 2]
    assert answer.get(timeout=0) == [1]


def test_what_comes_after_the_answer_overtakes_nothing_that_was_put_off() -> None:
    host, call = host_of(), GatheringCall()
    perceive(host, call)
    host.handle(said(1))
    host.actor_inbox.put(said(2))  # it lies before the word that the host may go on
    host.resume()
    pump(host)
    assert heard(host) == [1, 2]


def test_if_nothing_came_nobody_is_woken() -> None:
    host, call = host_of(), GatheringCall()
    perceive(host, call)
    host.resume()
    assert host.actor_inbox.empty()


def test_a_call_that_was_put_off_puts_off_what_is_behind_it() -> None:
    host, first, second = host_of(), GatheringCall(), GatheringCall(round=2)
    perceive(host, first)
    host.handle(said(1))
    perceive(host, second)
    host.handle(said(2))
    host.resume()
    pump(host)
    assert second.gathered == {2: host}
    assert heard(host) == [1]
    host.handle(said(3))
    host.resume()
    pump(host)
    assert heard(host) == [1, 2, 3]


def test_a_message_that_was_put_off_and_raises_harms_no_other() -> None:
    host, call = host_of(), GatheringCall()
    perceive(host, call)
    for payload in (1, "bad", 2):
        host.handle(said(payload))
    host.resume()
    pump(host)
    assert heard(host) == [1, 2]
    assert host.failures == 1


def test_the_order_to_stop_overtakes_and_ends_the_wait() -> None:
    host, call = host_of(), GatheringCall()
    perceive(host, call)
    answer: Future[Any] = Future()
    host.handle(Letter(Question("?", "outside"), answer))
    host.handle(Letter(_ActorStop()))
    assert host.actor_stopped.is_set()
    host.finish()
    ((index, error),) = call.left
    assert (index, type(error), str(error)) == (
        2,
        StoppedError,
        "agent-1 stopped before it was answered for",
    )
    with pytest.raises(pykka.ActorDeadError):
        answer.get(timeout=0)
    host.finish()
    assert len(call.left) == 1


def test_a_call_that_was_put_off_by_one_that_stops_is_lost_and_has_not_failed() -> None:
    host, first, second = host_of(), GatheringCall(), GatheringCall(round=2)
    perceive(host, first)
    perceive(host, second)
    host.finish()
    assert [answer.how for answer in second.answers] == ["lose"]


def test_one_that_stops_after_its_answer_leaves_nothing() -> None:
    host, call = host_of(), GatheringCall()
    perceive(host, call)
    host.resume()
    host.finish()
    assert call.left == []


def test_a_round_that_cannot_gather_fails_this_one_call() -> None:
    host, call = host_of(), GatheringCall()
    call.full = True
    perceive(host, call)
    (answer,) = call.answers
    assert (answer.how, type(answer.value)) == ("fail", MemoryError)
    host.handle(said(1))
    assert heard(host) == [1]


def test_a_call_that_is_over_or_overdue_is_not_gathered() -> None:
    for options in ({"over": True}, {"deadline": 100.0}):
        host, call = host_of(), GatheringCall(**options)
        perceive(host, call)
        assert call.gathered == {}
        assert [answer.how for answer in call.answers] == ["skip"]


class Decides(AgentActor):
    def decide(self, observation: Any, context: Context) -> Any:
        return 1 - super().decide(observation, context)


@pytest.mark.parametrize(
    ("make", "kind"),
    [(lambda: Apart(sees(4), NUMPY), AgentActor), (lambda: Hears(sees(4), NUMPY), Decides)],
    ids=["a user's subclass", "a user's host"],
)
def test_one_that_acts_in_a_way_of_its_own_is_not_gathered(make: Any, kind: Any) -> None:
    host, call = host_of(make, kind), GatheringCall()
    perceive(host, call)
    assert call.gathered == {}
    assert [answer.how for answer in call.answers] == ["accept"]


def test_where_nobody_is_gathered_it_acts_by_itself() -> None:
    host, call = host_of(), RecordingCall(observation=1)
    perceive(host, call)
    assert [answer.how for answer in call.answers] == ["accept"]


def test_its_mail_is_heard_and_its_episode_begun_before_it_is_gathered() -> None:
    outbox = Outbox(OUTSIDE)
    outbox.tell_many(["agent-1"], "hello")
    host = host_of()
    host.agent.heard.append("of the last episode")  # type: ignore[attr-defined]
    call = GatheringCall(episode=3, mail=outbox.take())
    perceive(host, call)
    assert heard(host) == ["hello"]
    assert call.gathered == {2: host}


def test_one_that_cannot_begin_the_episode_fails_and_is_not_gathered() -> None:
    class Stubborn(Hears):
        together = True

        def reset(self, seed: int | None = None) -> None:
            super().reset(seed)
            if hasattr(self, "once"):
                raise RuntimeError("not yet")
            self.once = True

    host, call = host_of(lambda: Stubborn(sees(4), NUMPY)), GatheringCall(episode=1)
    perceive(host, call)
    assert [answer.how for answer in call.answers] == ["fail"]
    assert call.gathered == {}
    host.handle(said(1))
    assert heard(host) == [1]


# Answering for hosts of several models


class Shown(GatheringCall):
    """A call in which everybody sees something else."""

    def __init__(self, *shown: Any) -> None:
        super().__init__()
        self.observations = shown


def several(*sizes: int) -> list[AgentActor]:
    hosts = []
    for number, size in enumerate(sizes):
        seat = Seat(f"agent-{number}", lambda size=size: ActiveInference(sees(size), NUMPY), seed=7)
        hosts.append(AgentActor(seat))
        assert hosts[-1].begin()
    return hosts


def states(hosts: list[AgentActor]) -> list[Any]:
    return [host.agent.get_state()["beliefs"].tobytes() for host in hosts]  # type: ignore[attr-defined]


def test_agents_of_several_models_are_answered_for_crowd_by_crowd() -> None:
    shown, sizes = [3, 1, 4, 1, 2, 0], [4, 5, 5, 4, 3, 5]
    hosts, alone = several(*sizes), several(*sizes)
    given = answers(Shown(*shown), range(6), hosts)
    one_by_one = [answers(Shown(*shown), [k], [alone[k]])[0] for k in range(6)]
    assert given == one_by_one
    assert states(hosts) == states(alone)
    assert len({id(host.seated.crowd) for host in hosts}) == 3


def test_one_that_is_shown_nonsense_gets_an_error_and_the_others_their_actions() -> None:
    hosts, alone = several(4, 5, 4), several(4, 5, 4)
    given = answers(Shown(1, "nonsense", 2), range(3), hosts)
    assert isinstance(given[1], ObservationError)
    assert [given[0], given[2]] == answers(Shown(1, 1, 2), [0, 2], [alone[0], alone[2]])
    assert states(hosts) == states(alone)


@pytest.mark.parametrize("kind", [MemoryError, SystemExit])
def test_a_crowd_that_cannot_answer_at_all_fails_its_own_agents_alone(
    kind: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = several(4, 5, 4)

    def breaks(*arguments: Any) -> Any:
        raise kind("no room")

    monkeypatch.setattr(hosts[0].seated.crowd, "act", breaks)
    given = answers(Shown(1, 1, 2), range(3), hosts)
    assert [type(one) for one in given] == [kind, int, kind]


def test_ctrl_c_while_a_crowd_answers_is_the_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = several(4)

    def interrupted(*arguments: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(hosts[0].seated.crowd, "act", interrupted)
    with pytest.raises(KeyboardInterrupt):
        answers(Shown(1), range(1), hosts)


class Secretive(Hears):
    """One whose state cannot be had any more, so that it cannot be asked as of now."""

    together = True
    failure: BaseException = ValueError("no state")

    def get_state(self) -> dict[str, Any]:
        if getattr(self, "hides", False):
            raise self.failure
        return super().get_state()


def test_one_that_cannot_be_kept_has_failed_and_the_others_have_not() -> None:
    hosts = [host_of(lambda: Secretive(sees(4), NUMPY)) for _ in range(3)]
    assert all(host.keeps for host in hosts)
    hosts[1].agent.hides = True  # type: ignore[attr-defined]
    given = answers(Shown(1, 1, 1), range(3), hosts)
    assert [type(one) for one in given] == [int, ValueError, int]


def test_ctrl_c_while_one_is_kept_is_the_callers() -> None:
    hosts = [host_of(lambda: Secretive(sees(4), NUMPY)) for _ in range(2)]
    hosts[1].agent.hides = True  # type: ignore[attr-defined]
    hosts[1].agent.failure = KeyboardInterrupt()  # type: ignore[attr-defined]
    with pytest.raises(KeyboardInterrupt):
        answers(Shown(1, 1), range(2), hosts)
