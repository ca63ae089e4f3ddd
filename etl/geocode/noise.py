"""Seeded noise on village addresses, to measure the fuzzy matching.

Every query is a village's address with one thing wrong: a character anywhere in it replaced
by one that sounds or looks like it or by any other, one left out, put in or exchanged with
its neighbour, other type words, none, or no unit at all.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache

import numpy as np

from etl.geocode import names
from etl.geocode.gazetteer import Gazetteer
from etl.geocode.lookalikes import LOOKALIKES

KINDS = (
    "clean", "homophone", "lookalike", "deletion", "insertion", "swap", "substitution",
    "suffix", "no_type_word", "no_unit",
)  # fmt: skip
_UNIT_WORDS = ("镇", "乡", "办", "街道", "街道办事处")
_VILLAGE_WORDS = ("村", "社区", "村委会", "居委会")


@dataclass(frozen=True, slots=True)
class NoisyAddress:
    """A text, the village it means and what was done to it."""

    text: str
    place_code: str
    kind: str


def noisy_addresses(
    gazetteer: Gazetteer, *, seed: int, kinds: tuple[str, ...] = KINDS
) -> list[NoisyAddress]:
    """One text of each kind for each village, where the kind is possible.

    Parameters
    ----------
    gazetteer
        Its villages are written.
    seed
        Same seed, same texts.
    kinds
        Some of :data:`KINDS`.
    """
    random = np.random.default_rng(seed)
    texts = []
    for village in gazetteer.villages:
        unit = gazetteer.units[village.unit or ""]
        for kind in kinds:
            text = _noisy(unit.stem, unit.name[len(unit.stem) :], village.stem, kind, random)
            if text is not None:
                texts.append(NoisyAddress(text, village.code, kind))
    return texts


def _noisy(
    unit: str, word: str, village: str, kind: str, random: np.random.Generator
) -> str | None:
    match kind:
        case "clean":
            return f"{unit}{word}{village}村"
        case "suffix":
            return f"{unit}{random.choice(_UNIT_WORDS)}{village}{random.choice(_VILLAGE_WORDS)}"
        case "no_type_word":
            return f"{unit}{village}" if len(village) > 1 else f"{unit}{village}村"
        case "no_unit":
            return f"{village}村"
    return _changed(f"{unit}{word}{village}村", kind, random)


def _changed(text: str, kind: str, random: np.random.Generator) -> str | None:
    at = int(random.integers(len(text) - (kind == "swap")))
    char = text[at]
    match kind:
        case "deletion":
            return text[:at] + text[at + 1 :]
        case "insertion":
            return text[:at] + str(random.choice(_common())) + text[at:]
        case "swap":
            return text[:at] + text[at + 1] + char + text[at + 2 :]
        case "substitution":
            others = _common()
        case "homophone":
            others = _homophones().get(names.readings(char)[0], ())
        case _:
            others = tuple(LOOKALIKES.get(char, ""))
    others = tuple(other for other in others if other != char)
    return text[:at] + str(random.choice(others)) + text[at + 1 :] if others else None


@cache
def _common() -> tuple[str, ...]:
    """The 3,755 characters of the first level of GB 2312."""
    chars = bytearray()
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFF):
            chars += bytes((row, cell))
    return tuple(bytes(chars).decode("gb2312", errors="ignore"))


@cache
def _homophones() -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = defaultdict(list)
    for char in _common():
        groups[names.readings(char)[0]].append(char)
    return {sound: tuple(chars) for sound, chars in groups.items()}
