"""Where settings come from: defaults, then a file, the environment, keywords.

A later layer overrides an earlier one, and every value remembers its source.
"""

from __future__ import annotations

import configparser
import dataclasses
import difflib
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .errors import SettingsError, SettingsFileError
from .settings import Parse, SettingsType, anything

PREFIX = "ANTIPHON_"

# The sections of the guides' files, and what they are here.
_SECTION_ALIASES = {"simulation": "society", "agent": "inference"}


@dataclass(frozen=True, slots=True)
class Layers:
    """What a file and the environment say, before any type has read its part."""

    file: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    path: str = ""
    environ: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(
        cls, path: str | os.PathLike[str] | None, environ: Mapping[str, str] | None = None
    ) -> Layers:
        """Read a TOML or INI file, and the ``ANTIPHON_…`` variables.

        Raises:
            SettingsError: the file cannot be read or parsed, or has an unknown section.
        """
        environ = os.environ if environ is None else environ
        ours = {
            key[len(PREFIX) :].lower(): value
            for key, value in environ.items()
            if key.startswith(PREFIX)
        }
        if path is None:
            return cls(environ=ours)
        return cls(file=_sections(Path(path)), path=str(path), environ=ours)

    def check(self, kinds: Iterable[type[SettingsType]]) -> None:
        """Refuse every section and key that none of these types knows.

        Raises:
            SettingsError: naming the key and the nearest known one.
        """
        known: dict[str, set[str]] = {kind.section: set(_names(kind)) for kind in kinds}
        for name, values in self.file.items():
            if name not in known:
                raise SettingsError(name, f"no such section{_near(name, known)}", source=self.path)
            self._check_keys(values, known[name], self.path)
        every = set().union(*known.values())
        self._check_keys(self.environ, every, "environment", PREFIX)

    def _check_keys(
        self, values: Iterable[str], known: set[str], source: str, prefix: str = ""
    ) -> None:
        for key in values:
            if key not in known:
                raise _unknown(key, known, source, prefix)

    def layer(self, kind: type[SettingsType]) -> Iterator[tuple[Mapping[str, Any], str]]:
        """Give this type's values, lowest layer first, each with what to call its source."""
        yield self.file.get(kind.section, {}), self.path
        names = _names(kind)
        yield {k: v for k, v in self.environ.items() if k in names}, "environment"


@dataclass(frozen=True, slots=True)
class Resolved:
    """Settings with the source of every value: "default", a path, "environment", "keyword"."""

    values: Any
    sources: Mapping[str, str]

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Give each value with its source, for a manifest."""
        return {
            name: {"value": getattr(self.values, name), "source": source}
            for name, source in self.sources.items()
        }

    def with_changes(self, *, at_rest: bool = False, **changes: Any) -> Resolved:
        """Apply changes.

        Args:
            at_rest: nothing runs, so that every setting may change.

        Raises:
            SettingsError: a key is unknown, breaks its rule, or is fixed once running.
        """
        given = _own_names(type(self.values), changes, "keyword")
        for key in given:
            if not at_rest and not _field(type(self.values), key).metadata["run_time"]:
                raise SettingsError(key, "cannot change once the society exists")
        sources = {**self.sources, **dict.fromkeys(given, "keyword")}
        values = _together(partial(dataclasses.replace, self.values, **given), sources)
        return Resolved(values, MappingProxyType(sources))


def resolve(kind: type[SettingsType], layers: Layers, keywords: Mapping[str, Any]) -> Resolved:
    """Fill a settings type: defaults, then file, then environment, then keywords.

    Raises:
        SettingsError: a key is unknown or given twice, or a value breaks its rule, alone or with
            the others.
    """
    values: dict[str, Any] = {}
    sources = {f.name: "default" for f in dataclasses.fields(kind)}
    for layer, source in [*layers.layer(kind), (keywords, "keyword")]:
        given = _own_names(kind, layer, source)
        values.update(given)
        sources.update(dict.fromkeys(given, source))
    return Resolved(_together(partial(kind, **values), sources), MappingProxyType(sources))


def _together(make: Callable[[], Any], sources: Mapping[str, str]) -> Any:
    """Make settings; they hold their values against each other, and know no sources."""
    try:
        return make()
    except SettingsError as error:
        source = sources.get(error.key, error.source)
        raise SettingsError(error.key, error.why, source=source) from None


def sort_options(
    kinds: Iterable[type[SettingsType]], options: Mapping[str, Any]
) -> dict[type[SettingsType], dict[str, Any]]:
    """Part options by the settings type that each is a setting of.

    Raises:
        SettingsError: one is a setting of none of them.
    """
    sorted_out: dict[type[SettingsType], dict[str, Any]] = {kind: {} for kind in kinds}
    owners = {name: kind for kind in sorted_out for name in _names(kind)}
    for key, value in options.items():
        if key.lower() not in owners:
            raise _unknown(key, set(owners), "keyword")
        sorted_out[owners[key.lower()]][key] = value
    return sorted_out


def split_options(
    kind: type[SettingsType], options: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part options into those that are settings of this type and the rest."""
    names = _names(kind)
    own = {key: value for key, value in options.items() if key.lower() in names}
    return own, {key: value for key, value in options.items() if key not in own}


def setting_names(kind: type[SettingsType]) -> list[str]:
    """Give every name that a setting of this type goes by."""
    return list(_names(kind))


def _own_names(kind: type[SettingsType], layer: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Turn aliases into names and values into parsed ones."""
    known = _names(kind)
    given: dict[str, Any] = {}
    said: dict[str, str] = {}
    for key, value in layer.items():
        if key.lower() not in known:
            raise _unknown(key, set(known), source)
        name, convert = known[key.lower()]
        if name in given:
            why = f"says {name!r} a second time, after {said[name]!r}"
            raise SettingsError(key, why, source=source)
        said[name] = key
        try:
            given[name] = _field(kind, name).metadata["parse"](convert(value))
        except ValueError as error:
            raise SettingsError(key, str(error), source=source) from None
    return given


def _names(kind: type[SettingsType]) -> dict[str, tuple[str, Parse]]:
    names: dict[str, tuple[str, Parse]] = {}
    for name, entry in kind.__dataclass_fields__.items():
        if "parse" not in entry.metadata:
            continue
        names[name] = (name, anything)
        for alias, convert in entry.metadata["aliases"].items():
            names[alias] = (name, convert)
    return names


def _field(kind: type[SettingsType], name: str) -> dataclasses.Field[Any]:
    entry: dataclasses.Field[Any] = kind.__dataclass_fields__[name]
    return entry


def _near(name: str, known: Iterable[str]) -> str:
    by_lower = {option.lower(): option for option in known}
    near = [by_lower[n] for n in difflib.get_close_matches(name.lower(), sorted(by_lower), 1)]
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(known))}"


def _unknown(key: str, known: Iterable[str], source: str, prefix: str = "") -> SettingsError:
    if not prefix:
        return SettingsError(key, f"no such key{_near(key, known)}", source=source)
    names = [prefix + name.upper() for name in known]
    shown = prefix + key.upper()
    return SettingsError(shown, f"no such key{_near(shown, names)}", source=source)


def _sections(path: Path) -> dict[str, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
        if path.suffix not in _READERS:
            raise SettingsFileError(str(path), f"must end in {', '.join(_READERS)}")
        raw = _READERS[path.suffix](text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, configparser.Error) as error:
        # Python's own words name the file a second time.
        said = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise SettingsFileError(str(path), f"cannot be read: {' '.join(said.split())}") from error
    return _joined(raw, str(path))


def _joined(raw: Mapping[str, Any], source: str) -> dict[str, dict[str, Any]]:
    """Put sections of one name, or of its alias, together."""
    sections: dict[str, dict[str, Any]] = {}
    for name, values in raw.items():
        if not isinstance(values, dict):
            raise SettingsError(name, "must stand in a section such as [society]", source=source)
        own = sections.setdefault(_SECTION_ALIASES.get(name.lower(), name.lower()), {})
        for key, value in values.items():
            if key.lower() in own:
                raise SettingsError(key, f"is said a second time in [{name}]", source=source)
            own[key.lower()] = value
    return sections


def _ini(text: str) -> dict[str, dict[str, Any]]:
    # The guides write comments behind values; as it ships, configparser keeps them as text.
    parser = configparser.ConfigParser(inline_comment_prefixes=("#", ";"), interpolation=None)
    parser.read_string(text)
    return {name: dict(parser[name]) for name in parser.sections()}


_Reader = Callable[[str], dict[str, Any]]
_READERS: dict[str, _Reader] = {
    ".toml": tomllib.loads,
    ".ini": _ini,
    ".cfg": _ini,
}
