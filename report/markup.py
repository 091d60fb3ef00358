"""Elements of a page, into which nothing that agents say can get as anything but text."""

from __future__ import annotations

import html
from typing import Any

from .wording import visible


class Markup(str):
    """Text that is an element already; all other text is escaped where it gets into one."""

    __slots__ = ()


def tag(name: str, /, *children: Any, **attributes: Any) -> Markup:
    """Make an element.

    Args:
        children: elements stay what they are, None is left out, all else is text.
        attributes: ``class_`` stands for class, ``view_box`` for viewBox, ``aria_label`` for
            aria-label; those that are None are left out.
    """
    given = "".join(
        f' {_attribute(key)}="{_escaped(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name == "meta":
        return Markup(f"<{name}{given}>")
    return Markup(f"<{name}{given}>{joined(*children)}</{name}>")


def joined(*children: Any) -> Markup:
    """Put elements and texts one after another."""
    parts = (child if isinstance(child, Markup) else _escaped(child) for child in children)
    return Markup(
        "".join("" if child is None else part for child, part in zip(children, parts, strict=True))
    )


def _escaped(value: Any) -> str:
    return html.escape(visible(str(value), lines=True), quote=True)


def _attribute(key: str) -> str:
    if key == "view_box":
        return "viewBox"
    return key.rstrip("_").replace("_", "-")
