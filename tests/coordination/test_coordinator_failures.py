"""Whatever goes wrong while a round is closed, who called for it hears of it."""

from __future__ import annotations

from typing import Any

import pytest
from antiphon.coordination.absence import Absences
from antiphon.tests.coordination.desk import Desk


def test_what_raises_while_the_unread_is_taken_back_reaches_who_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(self: Absences, agent_id: str, experiences: Any) -> None:
        raise LookupError("no room")

    desk = Desk("a")
    reply = desk.start(1)
    call = desk.calls("a")[-1]
    with monkeypatch.context() as patched:
        patched.setattr(Absences, "give_back", broken)
        call.reply_to.skip(call.index)
        desk.pump()
        with pytest.raises(LookupError, match="no room"):
            reply.get(timeout=0)
    again = desk.start(2)
    desk.act("a", 2)
    desk.pump()
    assert again.get(timeout=0).actions == {"a": 2}
