"""Seeded noise on village addresses, to measure the fuzzy matching.

Every query is a village's address with one thing wrong: a character replaced by one that
sounds or looks like it or by any other, one left out, put in or exchanged with its
neighbour, another type word, no type word, or no unit at all.
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
    "clean", "homophone_unit", "homophone_village", "lookalike_unit", "lookalike_village",
    "deletion_unit", "deletion_village", "insertion", "swap", "substitution_unit",
    "substitution_village", "suffix", "no_type_word", "no_unit",
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
    action, _, where = kind.partition("_")
    match kind:
        case "clean":
            return f"{unit}{word}{village}村"
        case "suffix":
            return f"{unit}{random.choice(_UNIT_WORDS)}{village}{random.choice(_VILLAGE_WORDS)}"
        case "no_type_word":
            return f"{unit}{village}" if len(village) > 1 else f"{unit}{village}村"
        case "no_unit":
            return f"{village}村"
        case "insertion" | "swap":
            where = random.choice(["unit", "village"])
    stem = unit if where == "unit" else village
    changed = _changed(stem, action, random)
    if changed is None:
        return None
    return f"{changed}{word}{village}村" if where == "unit" else f"{unit}{word}{changed}村"


def _changed(stem: str, action: str, random: np.random.Generator) -> str | None:
    at = int(random.integers(len(stem)))
    char = stem[at]
    match action:
        case "deletion":
            return stem[:at] + stem[at + 1 :] if len(stem) > 1 else None
        case "insertion":
            return stem[:at] + str(random.choice(_common())) + stem[at:]
        case "swap":
            if len(stem) < 2:
                return None
            at = int(random.integers(len(stem) - 1))
            swapped = stem[:at] + stem[at + 1] + stem[at] + stem[at + 2 :]
            return swapped if swapped != stem else None
        case "substitution":
            others = _common()
        case "homophone":
            others = _homophones().get(names.readings(char)[0], ())
        case _:
            others = tuple(LOOKALIKES.get(char, ""))
    others = [other for other in others if other != char] if action != "substitution" else others
    return stem[:at] + str(random.choice(others)) + stem[at + 1 :] if len(others) else None


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
