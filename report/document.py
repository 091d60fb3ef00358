"""A page in one file that opens anywhere: no script, no network, light or dark."""

from __future__ import annotations

from collections.abc import Iterable

from .markup import Markup, tag
from .style import STYLE, policy


def document(title: str, body: Iterable[Markup | None]) -> str:
    """Give the page.

    Args:
        title: that of the window.
        body: what is on the page; None is left out.
    """
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy()),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", Markup(STYLE)),
    )
    return f"<!DOCTYPE html>\n{tag('html', head, tag('body', tag('main', *body)), lang='en')}\n"
