"""Agent types and hosts are found by class, by string and by entry point."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import antiphon as ap
import pytest
from antiphon.coordination.catalogue import agent_type, agent_types, host_type
from antiphon.errors import PluginError, UnknownNameError

PLUGIN = """
import antiphon as ap

class Trader(ap.Agent):
    "Trades."
    def act(self, observation, context):
        return 1

class Loud(ap.AgentActor):
    "Shouts."

class NoAgent:
    pass
"""
ENTRY_POINTS = """
[antiphon.agents]
trader = bazaar_plugin:Trader
broken = bazaar_plugin_that_is_not_there:Trader
no-agent = bazaar_plugin:NoAgent

[antiphon.actors]
loud = bazaar_plugin:Loud
"""
TAKEN = """
[antiphon.agents]
random = bazaar_plugin:Trader
"""


@pytest.fixture
def bazaar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install a distribution that publishes plug-ins, good and bad."""
    (tmp_path / "bazaar_plugin.py").write_text(PLUGIN)
    info = tmp_path / "bazaar-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bazaar\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.usefixtures("bazaar")
@pytest.mark.parametrize("name", ["trader", "bazaar_plugin:Trader"])
def test_an_agent_type_is_found_by_entry_point_and_by_string(name: str) -> None:
    with ap.Society() as society:
        society.add(name, host="loud")
        (agent_id,) = society
        assert society.step({agent_id: None}).actions == {agent_id: 1}
        assert agent_id == "trader-1"


@pytest.mark.usefixtures("bazaar")
def test_a_broken_plug_in_is_named_and_harms_no_other() -> None:
    assert {"trader", "broken", "no-agent", "random"} <= set(agent_types())
    with pytest.raises(PluginError, match=r"'broken'.*bazaar_plugin_that_is_not_there"):
        agent_type("broken")
    with pytest.raises(PluginError, match=r"derived from antiphon\.Agent"):
        agent_type("no-agent")
    assert agent_type("trader").__name__ == "Trader"


@pytest.mark.usefixtures("bazaar")
def test_agents_list_marks_the_broken_one(capsys: pytest.CaptureFixture[str]) -> None:
    from antiphon.cli import main

    assert main(["agents", "list"]) == 0
    lines = {line.split()[1]: line for line in capsys.readouterr().out.splitlines()}
    assert "Trades." in lines["trader"]
    assert "BROKEN" in lines["broken"]
    assert "BROKEN" in lines["no-agent"]
    assert "Shouts." in lines["loud"]


def test_an_unknown_name_says_what_there_is() -> None:
    with pytest.raises(UnknownNameError, match="explorer, random") as caught:
        agent_type("explroer")
    assert "explorer" in caught.value.known
    with pytest.raises(UnknownNameError, match="agent-actor"):
        host_type("nobody")


@pytest.mark.parametrize("kind", [object, ap.AgentActor, 3])
def test_what_is_no_agent_type_is_refused(kind: Any) -> None:
    with pytest.raises(PluginError, match=r"derived from antiphon\.Agent"):
        agent_type(kind)


def test_what_is_no_host_is_refused() -> None:
    with pytest.raises(PluginError, match="subclass of AgentActor"):
        host_type(ap.RandomAgent)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"profile": "fsat"}, ap.AntiphonError),
        ({"no_such_option": 1}, TypeError),
        ({"selective_update_interval": 0}, ap.AntiphonError),
    ],
)
def test_a_wrong_option_is_refused_when_agents_are_added(
    options: dict[str, Any], error: type[Exception]
) -> None:
    with ap.Society(ap.GridWorld(size=5)) as society, pytest.raises(error):
        society.add("explorer", n=2, **options)


@pytest.mark.usefixtures("bazaar")
def test_a_plug_in_cannot_take_a_name_of_ours(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "bazaar-1.0.dist-info" / "entry_points.txt").write_text(TAKEN)
    assert agent_types()["random"] == "antiphon.models.random_agent:RandomAgent"
    assert agent_type("random") is ap.RandomAgent
    assert "plugin.name_taken" in caplog.text


def test_an_agent_in_place_of_its_class_is_told_so() -> None:
    with pytest.raises(PluginError, match="the class, not an agent"):
        agent_type(ap.RandomAgent(None))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "option", "hint"),
    [("explorer", "profil", "did you mean 'profile'"), ("random", "gamma", "it takes ")],
)
def test_an_unknown_option_suggests_the_nearest(kind: str, option: str, hint: str) -> None:
    with ap.Society(ap.GridWorld(size=5)) as society, pytest.raises(TypeError, match=hint):
        society.add(kind, **{option: 1})


def test_ids_are_several() -> None:
    with ap.Society() as society, pytest.raises(TypeError, match="ids must be several"):
        society.add(ap.RandomAgent, ids="abc", action_space=None)


@pytest.mark.parametrize(
    ("name", "line"),
    [("mpe2/simple_v9", "pip install mpe2"), ("sisl/no_v1", r"pip install 'pettingzoo\[sisl\]'")],
)
def test_a_family_that_may_be_missing_is_told_how_to_be_installed(name: str, line: str) -> None:
    with pytest.raises(UnknownNameError, match=line):
        ap.Society(name)


def test_the_grid_world_is_found_however_it_is_spelt() -> None:
    ap.Society("grid_world").stop()


@pytest.mark.parametrize("method", ["retune", "teach", "pupil"])
def test_what_is_told_between_two_acts_is_a_plain_method_too(method: str) -> None:
    async def later(self: Any, *arguments: Any) -> None:
        """Nobody waits for it."""

    kind = type("Later", (ap.Agent,), {"act": lambda *_: 0, method: later})
    with pytest.raises(PluginError, match=f"{method} must be a plain method"):
        agent_type(kind)
