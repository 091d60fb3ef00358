"""Stories for the tests of reports: a society in which one memory grows, and hostile texts."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from antiphon.report.story import (
    AgentStory,
    Consolidation,
    Kind,
    Note,
    Size,
    SocietyStory,
    Told,
)

HOSTILE = (
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</svg><img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    '" onfocus=alert(1) autofocus x="',
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "<!-- ",
    "-->",
    "]]>",
    "<![CDATA[",
    "<?php echo 1 ?>",
    "<!DOCTYPE x>",
    "&lt;script&gt;",
    "&#60;script&#62;",
    "&amp;amp;",
    "&nosuch;",
    "<",
    ">",
    "&",
    '"',
    "'",
    "`",
    "</",
    "<a href='http://example.com/'>x</a>",
    "<base href=//example.com>",
    "<meta http-equiv=refresh content='0;url=//example.com'>",
    "<iframe src=//example.com>",
    "<form action=//example.com><input>",
    "<link rel=stylesheet href=//example.com>",
    "<textarea>",
    "<plaintext>",
    "<xmp>",
    "<noscript><p title='</noscript><img src=x>'>",
    "<math><mi//xlink:href='data:x,<script>'>",
    "{{7*7}}",
    "${7*7}",
    "%3Cscript%3E",
    "\x00",
    "a\x00<b>",
    "\x1b[2J\x1b]0;owned\x07",
    "\r\nSet-Cookie: x",
    "line\nline",
    "\t\v\f",
    "\x7f\x80\x9b31m",
    "\u202egnp.exe",
    "\u2066\u2069\u200f",
    "\u200b\ufeff",
    "\ud800",
    "\udfff\ud800",
    "\ufffe\uffff",
    "\U000e0001",
    "e" + "\u0301" * 500,
    "🙂" * 100,
    "x" * 10_000,
    " ",
    "",
    "; DROP TABLE items; --",
    "../../etc/passwd",
)


def told(text: str = "met a wolf", *, kind: str = "merged", sample: str = "saw wolf 2") -> Told:
    return Told(
        id="1-200.0",
        kind=kind,
        text=text,
        importance=2.5,
        count=40,
        round=190,
        members=((1, 30), (35, 44)),
        samples=(sample, "#7 in round 7: saw wolf 1; did 0"),
    )


def saw(name: str = "steady", **changes: Any) -> AgentStory:
    """Give an agent whose memory is consolidated every 200 rounds."""
    facts: dict[str, Any] = {
        "name": name,
        "limit": 500,
        "written": 2000,
        "live": 400,
        "consolidated": 1590,
        "evicted": 10,
        "sizes": tuple(Size(r, min(r, 300 + r % 200), 100 * r) for r in range(0, 2001, 10)),
        "consolidations": tuple(
            Consolidation(r, r - 399, r - 200, 200, 14, 40_000, 10_000)
            for r in range(400, 2001, 200)
        ),
        "kinds": (Kind("merged", 100, 1500), Kind("summary", 2, 90)),
        "items": (told(),),
        "items_kept": 102,
        "items_made": 130,
        "alerts": (Note(390, "warning", f"the memory of {name} is 80% full"),),
    }
    return AgentStory(**{**facts, **changes})


def climbing(name: str = "greedy") -> AgentStory:
    """Give an agent whose memory only grows."""
    sizes = tuple(Size(r, r, 100 * r) for r in range(0, 2001, 10))
    alerts = (Note(1600, "warning", "filling"), Note(1900, "critical", "nearly full"))
    return AgentStory(name=name, written=2000, live=2000, sizes=sizes, alerts=alerts)


def hostile(text: str) -> AgentStory:
    """Give an agent all of whose texts are this one."""
    return saw(
        text,
        kinds=(Kind(text, 1, 2), Kind("merged", 3, 1)),
        items=(told(text, kind=text, sample=text),),
        alerts=(Note(390, text, text),),
    )


def society(*agents: AgentStory, title: str = "a run", **facts: str) -> SocietyStory:
    return SocietyStory(title=title, agents=agents, facts=facts)


class Tree(HTMLParser):
    """Reads a page: its elements with their attributes, and what stands between them."""

    _VOID = frozenset({"meta"})

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[int, str, tuple[tuple[str, str | None], ...]]] = []
        self.texts: list[str] = []
        self.others: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert self._open == [], f"these were not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((len(self._open), tag, tuple(attrs)))
        if tag not in self._VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.others.append(data)

    def handle_pi(self, data: str) -> None:
        self.others.append(data)

    def unknown_decl(self, data: str) -> None:
        self.others.append(data)

    @property
    def text(self) -> str:
        return "\n".join(self.texts)

    def attributes(self, *names: str) -> Iterator[str]:
        for _, _, attrs in self.elements:
            yield from (value or "" for name, value in attrs if name in names)

    def named(self, wanted: str) -> list[dict[str, str | None]]:
        return [dict(attrs) for _, tag, attrs in self.elements if tag == wanted]
