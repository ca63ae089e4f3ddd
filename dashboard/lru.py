"""A cache bounded by bytes, in which one thread makes a value and the others wait for it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class ByteLru(Generic[Value]):
    """Least-recently-used cache.

    Parameters
    ----------
    max_bytes
        Values are dropped, oldest use first, once their sizes add up to more.
    size
        Bytes of a value.
    """

    def __init__(self, max_bytes: int, size: Callable[[Value], int]) -> None:
        self.max_bytes = max_bytes
        self.held_bytes = 0
        self._size = size
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """The value of ``key``; ``make`` runs at most once at a time per key."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._values:
                    return self._values[key]
            try:
                value = make()
            finally:
                with self._lock:
                    self._making.pop(key, None)
            with self._lock:
                self._values[key] = value
                self.held_bytes += self._size(value)
                while self.held_bytes > self.max_bytes and len(self._values) > 1:
                    _, dropped = self._values.popitem(last=False)
                    self.held_bytes -= self._size(dropped)
            return value

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._values.clear()
            self.held_bytes = 0
