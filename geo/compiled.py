"""One door to the compiler: typed, cached on disk, releasing the interpreter lock.

The cache lies beside the source or, where that folder is read-only, in the user's cache
folder; ``NUMBA_CACHE_DIR`` names another. Where none of them can be written the product
works all the same and compiles anew in each process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """``function`` as machine code; the first call of a new release compiles and caches it."""
    try:
        return cast(Function, njit(cache=True, nogil=True)(function))
    except RuntimeError:  # there is no folder to cache in
        return cast(Function, njit(nogil=True)(function))
