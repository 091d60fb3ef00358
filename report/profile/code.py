"""How a function is told to a person: a short name, and where it is written."""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from pathlib import Path
from types import CodeType

Code = CodeType | str
"""What runs: the code of a Python function, or the name of a built-in one."""

_PACKAGE = Path(__file__).parents[2]
_METHOD = re.compile(r"<(?:built-in )?method '?([^\s']+)'?(?: of '([^']+)' objects)?>")


def name_of(code: Code) -> str:
    """Give a name as short as it is clear, such as ``Explorer.act`` or ``time.sleep``."""
    return code if isinstance(code, str) else code.co_qualname.replace("<locals>.", "")


def place_of(code: Code) -> str:
    """Give file and line, without the folders that are searched for imports."""
    return "" if isinstance(code, str) else f"{_short(code.co_filename)}:{code.co_firstlineno}"


def built_in(text: str) -> str:
    """Give the name out of what the profiler says of a built-in function."""
    found = _METHOD.fullmatch(text)
    if found is None:
        return text
    name, kind = found.groups()
    return name.removeprefix("builtins.") if kind is None else f"{kind}.{name}"


def called(function: object) -> str:
    """Name a built-in function that is at hand."""
    name = getattr(function, "__qualname__", None) or type(function).__name__
    module = getattr(function, "__module__", None)
    return name if "." in name or module in (None, "builtins") else f"{module}.{name}"


@lru_cache(maxsize=4096)
def path_in_package(filename: str) -> str | None:
    """Give where a file stands below the package, with slashes; None for everybody else's."""
    path = Path(filename)
    return path.relative_to(_PACKAGE).as_posix() if path.is_relative_to(_PACKAGE) else None


def _short(filename: str) -> str:
    if (ours := path_in_package(filename)) is not None:
        return f"antiphon/{ours}"
    path = Path(filename)
    roots = [Path(entry or ".").absolute() for entry in sys.path]
    above = [root for root in roots if path.is_relative_to(root)]
    if not above:
        return "/".join(path.parts[-2:])
    return path.relative_to(max(above, key=lambda root: len(root.parts))).as_posix()
