"""Files the commands write: whole from the moment they have their name, or not there."""

from __future__ import annotations

import secrets
from pathlib import Path


def write_whole(path: Path, content: bytes | str) -> None:
    """Write ``content`` (text as UTF-8) beside ``path`` and rename it into place.

    Raises
    ------
    OSError
        Naming ``path`` when it cannot be written; a file that was there stays as it was.
    """
    draft = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
        draft.replace(path)
    except OSError as error:
        error.filename = str(path)  # the file that was asked for, not the draft
        raise
    finally:
        draft.unlink(missing_ok=True)
