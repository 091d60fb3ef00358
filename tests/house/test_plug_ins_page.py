"""The page of plug-ins has every hook as the code has it, and what it publishes is found."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from antiphon import testing
from antiphon.actors.agent_actor import AgentActor
from antiphon.bench.harness import Bench
from antiphon.coordination.catalogue import _CALLED, agent_type, host_type
from antiphon.coordination.protocol import CoordinationProtocol, find_protocol
from antiphon.memory.cleanup import Cleanup, find_cleanup
from antiphon.memory.strategies.catalogue import strategy
from antiphon.models.agent import Agent, Context, Place

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/plug-ins.md").read_text(encoding="utf-8")
MESSAGES = (ROOT / "docs/messages.md").read_text(encoding="utf-8")
OWNERS = (Agent, AgentActor, Bench, Cleanup, CoordinationProtocol)
FOR_HOSTS = {"at", "take_said"}


def signatures(page: str) -> dict[str, str]:
    """Give the signatures on a page, by owner and method."""
    found = re.findall(r"`([A-Z]\w+\.\w+)(\([^`]*\) -> [^`]*)`", page)
    return {name: told.replace("\\|", "|") for name, told in found}


def told(owner: type, method: str) -> str:
    """Give a signature as the page writes it: as it is called."""
    held = inspect.getattr_static(owner, method)
    signature = inspect.signature(getattr(held, "__func__", held))
    _, *parameters = signature.parameters.values()
    return str(signature.replace(parameters=parameters)).replace("'", "")


def wrong(page: str) -> dict[str, str]:
    """Give the signatures on a page that are others in the code."""
    owners: dict[str, type] = {owner.__name__: owner for owner in OWNERS}
    really = {
        name: told(owners[name.split(".")[0]], name.split(".")[1]) for name in signatures(page)
    }
    return {name: really[name] for name, shown in signatures(page).items() if shown != really[name]}


def test_the_signatures_are_those_of_the_code() -> None:
    assert {name.split(".")[0] for name in signatures(PAGE)} == {one.__name__ for one in OWNERS}
    assert wrong(PAGE) == {}


def test_a_signature_that_is_another_is_noticed() -> None:
    assert wrong(PAGE.replace("came: Sequence[str]", "come: Sequence[str]"))


def test_every_method_of_an_agent_that_is_called_is_there() -> None:
    own = {name for name, held in vars(Agent).items() if callable(getattr(Agent, name)) and held}
    own = {name for name in own if not name.startswith("_")}
    shown = set(re.findall(r"`(?:Agent\.)?(\w+)\(|`, `(\w+)\(", PAGE))
    names = {name for pair in shown for name in pair}
    assert {*_CALLED, *own} <= names


def test_all_that_a_context_and_a_place_have_is_explained() -> None:
    public = {name for name in dir(Context) if not name.startswith("_")} - FOR_HOSTS
    explained = set(re.findall(r"`context\.(\w+)", PAGE + MESSAGES))
    explained |= set(re.findall(r"`(unsubscribe|remove|unwatch)\(", MESSAGES))
    assert public - explained == set()
    (_, about_place) = PAGE.split("`Place` is where")
    for name in Place.__dataclass_fields__:
        assert f"`{name}`" in about_place.partition("\n\n")[0]


def test_every_check_and_every_group_is_in_the_table() -> None:
    checks = {name for name in testing.__all__ if name.startswith("check_")}
    assert checks == set(re.findall(r"`(check_\w+)` \|$", PAGE, re.MULTILINE))
    groups = set(re.findall(r"\| `(antiphon\.\w+)` \|", PAGE))
    files = [*ROOT.glob("[!.]*/*.py"), *ROOT.glob("memory/strategies/*.py")]
    code = "".join(file.read_text(encoding="utf-8") for file in files)
    assert groups == set(re.findall(r'^[A-Z]+ = "(antiphon\.\w+)"$', code, re.MULTILINE))


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Install the plug-ins of the page as it says; their names, by group."""
    (shown,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    groups = tomllib.loads(shown)["project"]["entry-points"]
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "my_package.py").write_text("\n".join(blocks), encoding="utf-8")
    info = tmp_path / "mine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "\n".join(
            f"[{group}]\n" + "\n".join(f"{name} = {target}" for name, target in points.items())
            for group, points in groups.items()
        )
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    return {group: list(points) for group, points in groups.items()}


def test_what_the_page_publishes_is_found_by_name(published: dict[str, list[str]]) -> None:
    finds: dict[str, Any] = {
        "antiphon.agents": agent_type,
        "antiphon.actors": host_type,
        "antiphon.protocols": find_protocol,
        "antiphon.consolidations": strategy,
        "antiphon.cleanups": find_cleanup,
    }
    assert finds.keys() == published.keys()
    for group, names in published.items():
        for name in names:
            assert finds[group](name) is not None
