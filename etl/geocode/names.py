"""How place names are written: normal form, spellings, sounds.

A township is written with its type word, an older one, a short one or none
(神垕镇, 神垕乡, 韩城办, 神垕); a village as 村, 社区, 村委会 or bare. What is written
by ear is found by its pinyin syllables, each encoded as one character.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import product

from pypinyin.pinyin_dict import pinyin_dict

UNIT_SUFFIX = re.compile(
    r"(?:街道办事处|街道办|办事处|街道|办|[\u4e00-\u9fff]族乡|民族乡|镇|乡|鎮|鄉|區|区|市)$"
)
VILLAGE_SUFFIX = re.compile(
    r"(?:村民委员会|社区居民委员会|居民委员会|社区居委会|村委会|居委会|社区|村|里)$"
)
ROAD_SUFFIX = re.compile(r"(?:大道|大街|公路|高速公路|高速|路|街|巷|线)$")
_UNIT_WORDS = ("镇", "乡", "街道", "街道办事处", "街道办", "办事处", "办")
_URBAN_WORDS = ("区", "市")
VILLAGE_WORDS = ("村", "社区", "村委会", "居委会", "村民委员会", "居民委员会")
ROAD_WORDS = ("路", "街", "大道", "大街")
# A stem before one of these names a road, bridge or river, not the place.
NOT_THE_PLACE = re.compile(
    r"(?:[东西南北中]?(?:大道|大街|路(?!口)|街(?!道)|巷)|高速|公路|桥|水库|河(?!村)|站|线)"
)

_VARIANTS = str.maketrans({"臺": "台", "巿": "市", "〇": "零", "裏": "里", "裡": "里"})
_LOOSE = re.compile(r"[\s()（）\[\]【】《》<>,，。;；:：!！?？'\"“”‘’·•|]+")
_TONES = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ", "aaaaeeeeiiiioooouuuuvvvvvnnnm")
_PRIVATE = 0xE000
MAX_READINGS = 3
_syllables: dict[str, int] = {}
_letters: dict[str, str] = {}


def normalise(text: str) -> str:
    """NFKC, variant characters folded, spaces and brackets removed."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_VARIANTS)
    return _LOOSE.sub("", text)


@lru_cache(maxsize=65_536)
def readings(char: str) -> tuple[str, ...]:
    """The toneless syllables of a character, the usual one first, each as one character.

    A character that is no Han character sounds like itself.
    """
    written = pinyin_dict.get(ord(char))
    if not written:
        return (char,)
    toneless = (one.translate(_TONES) for one in written.split(",")[:MAX_READINGS])
    syllables = []
    for letters in dict.fromkeys(toneless):
        syllable = chr(_PRIVATE + _syllables.setdefault(letters, len(_syllables)))
        _letters[syllable] = letters
        syllables.append(syllable)
    return tuple(syllables)


@lru_cache(maxsize=4_096)
def merged_sound(syllable: str, mergers: tuple[tuple[str, str], ...]) -> str:
    """A syllable as one character once sounds have been merged, such as zh into z."""
    letters = _letters.get(syllable, syllable)
    for sound_from, sound_to in mergers:
        letters = letters.replace(sound_from, sound_to)
    return chr(_PRIVATE + _syllables.setdefault(f"~{letters}", len(_syllables)))


def sound(text: str) -> str:
    """The usual syllable of each character."""
    return "".join([readings(char)[0] for char in text])


def sounds(text: str, *, limit: int = 8) -> list[str]:
    """All ways to read a text, the usual one first, at most ``limit``."""
    ways = []
    for way in product(*(readings(char) for char in text)):
        ways.append("".join(way))
        if len(ways) == limit:
            break
    return ways


def unit_stem(name: str) -> str:
    """A unit's name without its type word; one character is never left alone."""
    stem = UNIT_SUFFIX.sub("", name)
    return stem if len(stem) >= 2 else name


def unit_spellings(name: str, aliases: list[str]) -> tuple[set[str], set[str]]:
    """The full spellings of a unit, and its bare stems."""
    full, stems = {name, *aliases}, set()
    for spelling in (name, *aliases):
        stem = UNIT_SUFFIX.sub("", spelling)
        if len(stem) >= 2 and stem != spelling:
            stems.add(stem)
            words = _URBAN_WORDS if spelling.endswith(("區", "区", "市")) else _UNIT_WORDS
            full |= {stem + word for word in words}
    return full, stems - full


def village_spellings(name: str, aliases: list[str]) -> tuple[set[str], set[str]]:
    """The full spellings of a village, and its bare stems (of two characters or more)."""
    full, stems = {name, *aliases}, set()
    for spelling in (name, *aliases):
        stem = VILLAGE_SUFFIX.sub("", spelling)
        if stem:
            stems.add(stem)
            full |= {stem + word for word in VILLAGE_WORDS}
    return full, {stem for stem in stems if len(stem) >= 2} - full


def split_aliases(aliases: object) -> list[str]:
    """The normalised aliases of a ``|``-joined cell."""
    if not isinstance(aliases, str):
        return []
    return [alias for one in aliases.split("|") if (alias := normalise(one))]
