"""What the page about messages shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from antiphon.coordination.talk.mail import Bounds
from antiphon.models.payload import MAX_DEPTH, MAX_SIZE
from antiphon.settings import SocietySettings

PAGE = (Path(__file__).parents[2] / "docs" / "messages.md").read_text(encoding="utf-8")


def test_the_page_runs_from_top_to_bottom(capsys: pytest.CaptureFixture[str]) -> None:
    names = {"__name__": "page"}
    for number, snippet in enumerate(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)):
        exec(compile(snippet, f"messages.md:{number}", "exec"), names)
    board = {"bids/trader-1": 1, "bids/trader-2": 1, "bids/trader-3": 1}
    assert capsys.readouterr().out.splitlines() == [
        f"3 [('trader-1', 0)] {board}",
        "40",
        "[('market/oil', 'seller-1', 1), ('market/oil', 'seller-2', 1)]",
        "[<Kind.SUBSCRIBE: 'subscribe'>, <Kind.PUBLISH: 'publish'>, <Kind.PUT: 'put'>]",
    ]


def test_the_numbers_on_the_page_hold() -> None:
    settings = SocietySettings()
    assert f"`heard_per_sender` ({settings.heard_per_sender})" in PAGE
    assert f"`heard_per_round` ({settings.heard_per_round:,})" in PAGE
    assert (Bounds().per_sender, Bounds().per_receiver) == (100, 10_000)
    assert f"`mailbox_capacity` ({settings.mailbox_capacity:,})" in PAGE
    assert (MAX_SIZE, MAX_DEPTH) == (1 << 20, 32)
    assert "at most 1 MiB and 32 deep" in PAGE
