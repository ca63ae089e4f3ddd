"""TOML tables read strictly: every key is known, of its type, and from its list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from geo.errors import ProfileError

_KINDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
}


class StrictTable:
    """A TOML table whose keys are taken one by one; what is left over is an error."""

    def __init__(self, values: Any, path: str) -> None:
        if not isinstance(values, dict):
            raise ProfileError(f"{path}: must be a table")
        self._values = dict(values)
        self.path = path

    def __bool__(self) -> bool:
        return bool(self._values)

    def take(self, key: str, kind: type, default: Any = None) -> Any:
        if key not in self._values:
            return default
        value = self._values.pop(key)
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ProfileError(f"{self.path}: {key} must be {_KINDS[kind]}, not {value!r}")
        return value

    def need(self, key: str, kind: type) -> Any:
        if key not in self._values:
            raise ProfileError(f"{self.path}: {key} is missing")
        return self.take(key, kind)

    def need_choice(self, key: str, allowed: Iterable[str]) -> str:
        if key not in self._values:
            raise ProfileError(f"{self.path}: {key} is missing; one of {', '.join(allowed)}")
        return str(self.choice(key, allowed))

    def choice(self, key: str, allowed: Iterable[str], default: str | None = None) -> Any:
        value = self.take(key, str, default)
        if value is not None and value not in tuple(allowed):
            raise ProfileError(
                f"{self.path}: {key} = {value!r} is not one of {', '.join(allowed)}"
            )
        return value

    def table(self, key: str) -> StrictTable:
        return StrictTable(self._values.pop(key, {}), f"{self.path} [{key}]")

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; one text counts as a list of one."""
        value = self._values.pop(key, [])
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ProfileError(f"{self.path}: {key} must be a text or a list of texts")
        return tuple(value)

    def mapping(self) -> dict[str, str]:
        """All remaining keys with text values."""
        values, self._values = self._values, {}
        for key, value in values.items():
            if not isinstance(value, str):
                raise ProfileError(f"{self.path}: {key} must be text, not {value!r}")
        return values

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._values))

    def close(self, allowed: Iterable[str]) -> None:
        if self._values:
            unknown = next(iter(self._values))
            raise ProfileError(
                f"{self.path}: unknown key {unknown!r}; allowed are {', '.join(allowed)}"
            )

    def regex(self, key: str) -> str | None:
        """A text that is a regular expression."""
        pattern = self.take(key, str)
        if pattern is not None:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ProfileError(
                    f"{self.path}: {key} is no regular expression: {error}"
                ) from error
        return pattern
