from __future__ import annotations

import json

import pytest
from antiphon.report.data import agent_json, society_json
from antiphon.report.story import AgentStory
from antiphon.tests.report.stories import HOSTILE, climbing, hostile, saw, society, told


def test_the_json_holds_everything() -> None:
    given = json.loads(agent_json(saw("bob")))
    assert given["name"] == "bob"
    assert given["trend"]["direction"] == "stable"
    assert given["sizes"][5] == {"round": 50, "live": 50, "bytes": 5000}
    assert given["consolidations"][0] == {
        "round": 400,
        "first": 1,
        "last": 200,
        "experiences": 200,
        "items": 14,
        "bytes_before": 40_000,
        "bytes_after": 10_000,
    }
    assert given["items"][0]["members"] == [[1, 30], [35, 44]]
    assert given["items"][0]["samples"][0] == "saw wolf 2"
    assert given["kinds"][0] == {"kind": "merged", "items": 100, "experiences": 1500}
    assert given["alerts"][0]["severity"] == "warning"
    assert given["bytes_share"] == 0.25
    assert (given["written"], given["live"], given["consolidated"], given["evicted"]) == (
        2000,
        400,
        1590,
        10,
    )


def test_a_society_has_all_its_agents_in_full() -> None:
    given = json.loads(
        society_json(society(*(saw(str(n)) for n in range(30)), climbing(), seed="7"))
    )
    assert given["facts"] == {"seed": "7"}
    assert len(given["agents"]) == 31
    assert given["agents"][0]["name"] == "greedy"
    assert all(len(agent["sizes"]) == 201 for agent in given["agents"])


def test_a_hostile_text_comes_back_as_it_was_and_harms_no_terminal_meanwhile() -> None:
    for text in HOSTILE:
        given = agent_json(hostile(text))
        assert all(" " <= char <= "~" or char == "\n" for char in given), text
        assert json.loads(given)["items"][0]["text"] == text


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_json_does_not_have_is_null(number: float) -> None:
    item = told()
    odd = type(item)(**{**{n: getattr(item, n) for n in item.__slots__}, "importance": number})
    given = agent_json(AgentStory(name="a", items=(odd,)))
    assert json.loads(given)["items"][0]["importance"] is None
