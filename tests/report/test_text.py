from __future__ import annotations

from antiphon.report.story import AgentStory
from antiphon.report.text import agent_text, society_text
from antiphon.report.wording import count, cut, figure, listed, ranges, share, size, times, visible
from antiphon.tests.report.stories import HOSTILE, climbing, hostile, saw, society


def texts(text: str) -> str:
    told = society(hostile(text), title=text, **{text: text})
    return agent_text(hostile(text)) + society_text(told)


def test_a_hostile_text_gets_neither_a_line_nor_the_terminal() -> None:
    lines = texts("bob").count("\n")
    for text in HOSTILE:
        evil = texts(text)
        assert evil.count("\n") == lines, text
        assert [char for char in evil if not char.isprintable() and char != "\n"] == [], text
        evil.encode("utf-8")
        assert max(map(len, evil.splitlines())) < 6000, text


def test_the_text_tells_who_grew_when_it_was_consolidated_and_what_was_kept() -> None:
    text = society_text(society(saw("steady"), climbing("greedy"), seed="7"))
    assert "Of 2 agents, 1 had a growing memory: greedy." in text
    assert "seed: 7" in text
    assert text.index("greedy  growing") < text.index("steady  stable")
    assert "It was consolidated 9 times" in text
    assert "met a wolf" in text
    assert "critical: nearly full" in text


def test_sizes_are_sketched_with_a_mark_where_it_was_consolidated() -> None:
    sketch, marks = agent_text(saw()).splitlines()[4:6]
    assert sketch.startswith("  ▁▁▂▂")
    assert "█" in sketch
    assert marks.count("^") == 9
    assert marks[2:].index("^") == int(400 / 2000 * 63)


def test_a_memory_of_which_nothing_is_known_has_a_text() -> None:
    assert "No size of this memory was recorded." in agent_text(AgentStory(name="new"))
    assert "Nothing was consolidated." in society_text(society())


def test_nothing_hides_in_a_visible_text() -> None:
    assert visible("plain ü 🙂") == "plain ü 🙂"
    assert visible("a\nb\tc\xa0d") == "a b c d"
    assert visible("a\nb", lines=True) == "a\nb"
    assert visible("\x1b[2J\u202e\ud800\x00") == r"\x1b[2J\u202e\ud800\x00"


def test_figures_read_well() -> None:
    assert [count(1, "item"), count(2000, "item"), count(2, "box", "boxes")] == [
        "1 item",
        "2,000 items",
        "2 boxes",
    ]
    assert [size(0), size(1023), size(1024), size(1536 * 1024)] == [
        "0 B",
        "1,023 B",
        "1.0 KiB",
        "1.5 MiB",
    ]
    assert [share(0.254), share(None)] == ["25 %", "no share"]
    assert [times(1), times(1200)] == ["once", "1,200 times"]
    assert [figure(0.12345), figure(float("nan"))] == ["0.123", "nan"]
    assert cut("a longer text", 8) == "a longe…"
    assert ranges(((1, 40), (42, 42))) == "#1-#40, #42"
    assert ranges(tuple((n, n) for n in range(1, 20, 2))).endswith("#11, and 4 more ranges")
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"], 2)] == [
        "",
        "a",
        "a and b",
        "a, b and 1 more",
    ]
