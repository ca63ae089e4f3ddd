"""Stakes (桩号) in free text: ``S237线K45+300``, ``237省道45公里300米``, ``57至60公里+200米``.

A stake is kilometres and metres along a route. It is written with K, with 公里 or
with both; a second value makes a range, which may run backwards. A number before
公里 is a stake only where a road is named before it: lengths, distances, speeds and
telephone numbers are none.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

_CHINESE = "零〇一二三四五六七八九十百千两"
_DIGIT = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_MAGNITUDE = {"十": 10, "百": 100, "千": 1000}
_SPOKEN = re.compile(
    rf"[{_CHINESE}]+(?=公里|千米|米|号|[国省县乡]道|里(?!山|铺|店|庙|庄|村|河|岗|桥))"
)
_SPACE = re.compile(r"\s+")

_PREFIX = {"国": "G", "省": "S", "县": "X", "乡": "Y", "村": "C", "专": "Z"}
# Both patterns begin with one set of characters, which the engine looks for fastest.
_ROUTE = re.compile(
    r"(?P<head>[GSXYCZ国省县乡村专])(?:"
    r"(?<=[GSXYCZ])(?<![A-Z0-9].)(?P<code>\d{1,4}(?:[WENS]\d?(?!\d))?)(?![0-9A-JL-Z])"
    r"|(?:道|用公路) ?(?P<after>\d{1,4})"
    r"(?!\d| ?(?:公里|千米|KM|K ?\+|米|[至到~-] ?\d|\+))"
    r"|道(?<=\d.道))"
)
ROUTE_CODE = re.compile(r"[GSXYCZ]\d{1,4}(?:[WENS]\d?)?")
_NUMBER_BEFORE = re.compile(r"\d{1,4}$")
_PLATE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_UNIT = r"公里|千米|KM?(?![A-Z0-9])"
_METRES = (
    r"(?:(?: ?处)? ?[+加又] ?(?P<{0}_plus>\d{{1,3}})(?!\d)(?: ?(?:米|M(?![A-Z])))?"
    r"|(?P<{0}_tail>\d{{1,3}}) ?(?:米|M(?![A-Z])))?"
)
_REST = r"(?!\d) ?(?P<{0}_unit>" + _UNIT + ")?" + _METRES
_STAKE = re.compile(
    r"(?P<a>[K\d](?:(?<=K)" + rf"(?<![A-Z{_PLATE}]K)" + r" ?\d{1,4}(?:\.\d{1,3})?"
    r"|(?<=\d)(?<![A-Z\d.]\d)\d{0,3}(?:\.\d{1,3})?))" + _REST.format("a")
    + r"(?: ?处)?(?: ?(?:[至到~-]|[—–]+) ?(?:"
    + r"(?P<same_km>\d{1,3})(?: ?(?:米|M(?![A-Z]))|(?![\d.+加] ?)(?! ?(?:" + _UNIT + r")))"
    + r"|(?P<b_k>K ?)?(?P<b_km>\d{1,4}(?:\.\d{1,3})?)" + _REST.format("b") + "))?"
)  # fmt: skip

# What stands before a number of kilometres that is a length, a distance or a speed.
_LENGTH_BEFORE = re.compile(
    r"(?:长度?|里程|超过|不足|大约|约|近|距离?|离|向|往|[东南西北](?:侧|面|方向?|边)?"
    r"|[时车]速|限速|每小时|行驶|行走|走|前行|后)(?:约|大约|近)? ?$"
    r"|(?:距离?|相距|离|全长|总长)[^\d,，。;；]{0,12}$"
)
_LENGTH_AFTER = re.compile(r" ?(?:长|外|以外|远|/|每小时|的?路程|范围)")
_ROAD_BEFORE = re.compile(r"[路线線道]|高速|桩号|[GSXYCZ]\d")


@dataclass(frozen=True, slots=True)
class Stake:
    """A place along a route, in metres from its zero.

    Parameters
    ----------
    route
        Code such as ``S237`` or ``G15W``; None where the text gives none.
    from_m, to_m
        ``from_m`` is NaN where only a route is named, ``to_m`` unless a range is.
    has_metres
        The text is finer than whole kilometres.
    span
        Start and end of the stake in :func:`stake_form` of the text.
    """

    route: str | None
    from_m: float
    to_m: float
    has_metres: bool
    span: tuple[int, int]


def stake_form(text: str) -> str:
    """The text as stakes are read in it: NFKC, upper case, spoken numbers as digits."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        if _SPOKEN.search(text):
            text = _SPOKEN.sub(lambda found: str(spoken_number(found.group())), text)
    text = text.upper()
    return _SPACE.sub(" ", text) if " " in text or "\t" in text or "\n" in text else text


def spoken_number(words: str) -> int:
    """The value of a Chinese numeral up to 9999.

    Examples
    --------
    >>> spoken_number("一百二十三"), spoken_number("十二"), spoken_number("二三七")
    (123, 12, 237)
    """
    if not any(char in _MAGNITUDE for char in words):
        return int("".join(str(_DIGIT[char]) for char in words))
    total, digit = 0, None
    for char in words:
        if char in _MAGNITUDE:
            total += (1 if digit is None else digit) * _MAGNITUDE[char]
            digit = None
        else:
            digit = _DIGIT[char]
    return total + (digit or 0)


def route_code(code: str) -> tuple[str, int, str]:
    """A code's class, number and suffix, so that ``X12`` and ``X012`` compare equal."""
    digits = re.match(r"\d+", code[1:])
    number = digits.group() if digits else "0"
    return code[:1], int(number), code[1 + len(number) :] if digits else code[1:]


def parse_stakes(texts: list[str]) -> list[Stake | None]:
    """The first stake of each text, or its route alone, or None.

    Parameters
    ----------
    texts
        Any texts; n of them.

    Returns
    -------
    list
        n entries.
    """
    return [parse_stake(stake_form(text)) for text in texts]


def parse_stake(text: str) -> Stake | None:
    """The first stake of a text in :func:`stake_form`, or its route alone, or None."""
    routes = [_route(text, found) for found in _ROUTE.finditer(text)]
    written = "公里" in text or "K" in text or "+" in text or "千米" in text
    for found in _STAKE.finditer(text) if written else ():
        if any(start <= found.start() < end for start, end, _ in routes):
            continue
        value = _value(text, found, has_route=bool(routes))
        if value is not None:
            before = [code for start, _, code in routes if start < found.start()]
            route = before[-1] if before else routes[0][2] if routes else None
            return Stake(route, *value, found.span())
    if routes:
        start, end, code = routes[0]
        return Stake(code, math.nan, math.nan, False, (start, end))
    return None


def _route(text: str, found: re.Match[str]) -> tuple[int, int, str]:
    """Start, end and code of a route found."""
    head, code, after = found.group("head", "code", "after")
    if code:
        return found.start(), found.end(), head + code
    if after:
        return found.start(), found.end(), _PREFIX[head] + after
    number = _NUMBER_BEFORE.search(text, max(0, found.start() - 4), found.start())
    return number.start(), found.end(), _PREFIX[head] + number.group()


def _value(
    text: str, found: re.Match[str], *, has_route: bool
) -> tuple[float, float, bool] | None:
    """First and second value in metres and whether metres are given, if it is a stake."""
    head, unit, plus, tail = found.group("a", "a_unit", "a_plus", "a_tail")
    same_km, b_k, b_km, b_unit, b_plus, b_tail = found.group(
        "same_km", "b_k", "b_km", "b_unit", "b_plus", "b_tail"
    )
    is_k = head[0] == "K"
    kilometres = head[1:].lstrip() if is_k else head
    if not (is_k or unit) and (tail or not (plus or b_unit)):
        return None
    if not is_k and (plus is None or unit is None):
        # A bare number of kilometres: only along a road, and no length or distance.
        before = text[max(0, found.start() - 40) : found.start()]
        if not (has_route or _ROAD_BEFORE.search(before)):
            return None
        if _LENGTH_BEFORE.search(before[-16:]) or _LENGTH_AFTER.match(text, found.end()):
            return None
    metres = plus or tail
    start = _metres(kilometres, metres)
    has_metres = metres is not None or "." in kilometres
    if same_km:
        if metres is None and text[found.end() - 1] not in "米M":
            return start, math.nan, has_metres
        return start, _metres(kilometres, same_km), True
    if b_km is None or (metres is not None and not (b_k or b_unit or b_plus)):
        return start, math.nan, has_metres
    end_metres = b_plus or b_tail
    end = _metres(b_km, end_metres)
    return start, end, has_metres or end_metres is not None or "." in b_km


def _metres(kilometres: str, metres: str | None) -> float:
    whole = round(float(kilometres) * 1000) if "." in kilometres else int(kilometres) * 1000
    return float(whole + (int(metres) if metres else 0))
