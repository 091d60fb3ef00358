"""What was taught since an agent was last kept."""

from __future__ import annotations

import numpy as np
from antiphon.actors.care.lessons import Lessons


def test_gains_add_up_until_the_agent_is_kept_with_them() -> None:
    lessons, first = Lessons(), {"pA": np.array([1.0, 2.0])}
    assert not lessons.gains
    lessons.add(first)
    lessons.add({"pA": np.array([10.0, 20.0])})
    assert lessons.gains["pA"].tolist() == [11.0, 22.0]
    assert first["pA"].tolist() == [1.0, 2.0]
    lessons.forget()
    assert not lessons.gains
    lessons.add(first)
    assert lessons.gains["pA"].tolist() == [1.0, 2.0]
