"""One door to the compiler: typed, cached on disk, releasing the interpreter lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """``function`` as machine code; the first call of a new release compiles and caches it."""
    return cast(Function, njit(cache=True, nogil=True)(function))
