"""Every error the product raises on purpose.

    SafetyError
    ├── SettingsError      a setting is missing or contradicts another
    ├── RegionError        a region pack is missing, incomplete or not the store's own
    ├── CrsError           a frame is in the wrong coordinate system
    ├── FrameError         a frame lacks a column, or holds what it must not
    │   └── ExactCostError      ... counts too large for exact p-values
    ├── SourceError        a whole file cannot be used (nothing of it is loaded)
    │   └── RefusedFileError    ... because reading it would be unsafe
    ├── ProfileError       a source profile is wrong
    ├── StoreError         the store cannot be opened, migrated, written or is busy
    └── HazardError        a step with a hazard is not allowed or lacks something

A bad *row* is never an exception: it becomes a rejected row with a reason
code. Each message says what is wrong and what to do about it, in one line.
"""


class SafetyError(Exception):
    """Base of the tree; the command line prints it as one line and exits with 2."""


class SettingsError(SafetyError):
    """A setting is missing or contradicts another."""


class RegionError(SafetyError):
    """A region pack is missing, incomplete, or not the one the store was made for."""


class CrsError(SafetyError):
    """A frame is in the wrong coordinate reference system."""


class FrameError(SafetyError):
    """A frame lacks a column or holds values outside its contract."""


class ExactCostError(FrameError):
    """The counts are sound, but exact p-values would take too long: simulate the null."""


class SourceError(SafetyError):
    """A whole file cannot be used; nothing of it has been loaded.

    Parameters
    ----------
    code
        Stable upper-case code such as ``ENCODING`` or ``EMPTY_FILE``.
    message
        One line: what is wrong and what to do.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class RefusedFileError(SourceError):
    """Reading the file would be unsafe, so it has not been opened further."""


class ProfileError(SafetyError):
    """A source profile is wrong."""


class StoreError(SafetyError):
    """The store cannot be opened, migrated or written, or is busy."""


class HazardError(SafetyError):
    """A step with a hazard is not allowed, or lacks something; nothing has been changed.

    Parameters
    ----------
    message
        One line: what is wrong and what to do.
    missing
        Codes of :func:`geo.hazard_states.check`, for those who word it themselves.
    """

    def __init__(self, message: str, missing: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.missing = missing
