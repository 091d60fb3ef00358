"""Agents that call a language model: their answers are its own, and no call outlasts its time."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from antiphon.bench import chats, elsewhere
from antiphon.bench.agents import Adder
from antiphon.bench.chatter import Chatter, ChatterByRead, Model
from antiphon.bench.elsewhere import serving
from antiphon.bench.endpoint import replied, replied_to
from antiphon.bench.harness import Absent, Quantity, Variant, measure
from antiphon.clock import SystemClock
from antiphon.errors import MissingExtraError, WorkError
from antiphon.models.agent import Context
from antiphon.tests.bench.test_regression import Nobody

pytestmark = pytest.mark.alone

FUSE = 60.0
ENDLESS = 20.0
"""Seconds of drops, which come so quickly that no read waits long."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving("endpoint") as address:
        yield address


@pytest.fixture(autouse=True)
def _one_endpoint(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chats, "serving", lambda module: nullcontext(url))


@pytest.fixture
def model(url: str) -> Model:
    return Model(url, "wait/0", FUSE, ssl.create_default_context())


def done(offered: Any, name: str, units: int = 2) -> str:
    with offered as variants:
        variant = next(one for one in variants if isinstance(one, Variant) and one.name == name)
        with variant.turn():
            return variant.check(units, variant.run(units))


@pytest.mark.parametrize("name", ["sequential", "parallel"])
def test_everyone_is_told_what_the_endpoint_makes_of_its_own_number(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chats, "_ANSWER", 0.02)
    assert done(chats._callers(3), name) == ""


def test_agents_that_call_nobody_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Chatter, "act", Adder.act)
    assert "a call took" in done(chats._callers(3), "parallel")
    monkeypatch.setattr(chats, "_ANSWER", 0.0)
    assert "another agent's action" in done(chats._callers(3), "parallel")


@pytest.mark.parametrize("kind", [Chatter, ChatterByRead])
def test_an_answer_comes_whole_or_in_drops(kind: type[Chatter], model: Model) -> None:
    for script in ("wait/0", "drip/0.01"):
        agent = kind(3, dataclasses.replace(model, name=script))
        assert agent.act(4, Context()) == replied(7)


def test_a_call_ends_at_its_deadline_while_bytes_still_come(model: Model) -> None:
    agent = Chatter(3, dataclasses.replace(model, name=f"drip/{ENDLESS}", timeout=0.2))
    started = SystemClock.now()
    assert agent.act(4, Context()) is None
    assert 0.2 <= SystemClock.now() - started < ENDLESS / 2


def test_a_call_ends_with_the_round_if_that_is_sooner(model: Model) -> None:
    agent = Chatter(3, dataclasses.replace(model, name=f"wait/{ENDLESS}"))
    started = SystemClock.now()
    assert agent.act(4, Context(deadline=started + 0.1)) is None
    assert SystemClock.now() - started < ENDLESS / 2


def test_those_who_are_dripped_on_give_up_and_the_others_do_not_wait_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chats, "_DRIP", ENDLESS)
    (case,) = [chats._dripped_on(5, repeats=1)]
    with case.variants() as offered:
        whole = next(one for one in offered if one.name == "whole call")
        assert isinstance(whole, Variant)
        with whole.turn():
            outcomes = whole.run(1)
            assert whole.check(1, outcomes) == ""
    read = {one.name: one.read for one in case.ratios if isinstance(one, Quantity)}
    assert outcomes[0].actions["agent-5"] is None
    assert 0.0 <= read["chat_drip_overrun_ms"](outcomes) < ENDLESS * 500


def test_a_timeout_for_each_read_lets_a_call_outlast_it(monkeypatch: pytest.MonkeyPatch) -> None:
    # Only a pause as long as that between two bytes would end one of its reads.
    monkeypatch.setattr(chats, "_DEADLINE", 0.8)
    monkeypatch.setattr(chats, "_DRIP", 0.9)
    assert done(chats._in_time(5), "each read", 1) == ""


def outcome(seconds: float, answers: dict[int, Any]) -> Any:
    names = {number: f"agent-{number}" for number in answers}
    return SimpleNamespace(
        counts={},
        elapsed=seconds,
        act_seconds={names[number]: seconds for number in answers},
        actions={names[number]: answer for number, answer in answers.items()},
    )


ANSWERS = {number: replied(number) for number in range(1, 5)}


@pytest.mark.parametrize(
    ("made", "wrong"),
    [
        (outcome(0.6, {**ANSWERS, 5: None}), ""),
        (outcome(0.6, {**ANSWERS, 3: None, 5: None}), ""),
        (outcome(0.4, {**ANSWERS, 5: None}), "agent-5 was not kept waiting"),
        (outcome(0.6, {**ANSWERS, 3: 7, 5: None}), "agent-3 answered 7"),
        (outcome(0.6, {**ANSWERS, 5: replied(5)}), "agent-5 answered 16"),
        (outcome(0.6, ANSWERS), "not all of 5 acted"),
    ],
)
def test_a_round_of_those_who_are_dripped_on_is_checked(made: Any, wrong: str) -> None:
    found = chats._check_dripped_on(5, 1, [made], told=False)
    assert found.startswith(wrong)
    assert bool(found) is bool(wrong)


def test_who_waits_for_every_byte_is_to_be_told_all() -> None:
    told = outcome(2.5, {**ANSWERS, 5: replied(5)})
    assert chats._check_dripped_on(5, 1, [told], told=True) == ""
    for wrong in (outcome(2.5, {**ANSWERS, 5: None}), outcome(1.0, told.actions)):
        assert chats._check_dripped_on(5, 1, [wrong], told=True)


def test_shares_and_times_are_of_calls() -> None:
    slow, quick = outcome(0.6, {**ANSWERS, 3: None, 5: None}), outcome(0.2, ANSWERS)
    assert chats._answered_share([slow]) == 0.75
    assert chats._overrun_ms([slow, quick]) == pytest.approx(100.0)
    assert chats._per_s([slow, quick]) == pytest.approx(9 / 0.8)
    assert chats._call_ms([slow, quick], percent=50) == pytest.approx(600.0)
    assert chats._call_ms([quick], percent=99) == pytest.approx(200.0)


def test_without_httpx_every_figure_is_skipped_with_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, model: Model
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for case in chats.cases(small=True):
        with case.variants() as offered:
            assert offered
            assert all(isinstance(one, Absent) for one in offered)
        measured = measure(case, SystemClock, Nobody())
        assert measured.figures() == []
        assert all("pip install 'antiphon[llm]'" in measured.lacks(one) for one in case.ratios)
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(MissingExtraError, match="llm"):
        Chatter(1, model)


def test_promised_are_the_deadline_and_that_the_others_are_told() -> None:
    figures = [figure for case in chats.cases(small=False) for figure in case.ratios]
    targets = {one.name: (one.target, str(one.better)) for one in figures if one.target is not None}
    assert targets == {
        "chat_drip_overrun_ms": (200, "<="),
        "chat_drip_answered_share": (0.99, ">="),
    }


def test_the_endpoint_answers_as_a_chat_endpoint_does() -> None:
    asked = {"model": "wait/0", "messages": [{"role": "user", "content": "5"}]}
    head, _, body = replied_to(json.dumps(asked).encode()).partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head.lower()
    (choice,) = json.loads(body)["choices"]
    assert choice["message"] == {"role": "assistant", "content": str(replied(5))}


def test_the_endpoint_ends_with_who_started_it() -> None:
    with subprocess.Popen(
        elsewhere._command("endpoint"),
        env=elsewhere._environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b'"http://127.0.0.1:')
        process.stdin.close()
        assert process.wait(FUSE) == 0


def test_a_server_that_says_nothing_is_no_server() -> None:
    with pytest.raises(WorkError, match="did not start"), serving("checks"):
        pytest.fail("it runs nothing, and was started")
