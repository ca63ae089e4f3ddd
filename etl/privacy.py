"""Places, never people: personal columns are dropped, personal values refused.

A column is personal by its header (:func:`is_personal_header`). A row is
personal when any text in it holds

* a resident identity number: 18 characters with a true date and check digit, or
  a number that a spreadsheet has cut to fifteen digits or turned into ``1.101E+17``;
* a mobile phone number, with or without +86 and separators;
* a vehicle plate.

Eleven-digit record numbers can look like phone numbers. Columns that the profile
declares as numbers, times or coordinates are therefore not searched, nor those
listed under ``[privacy] record_numbers``; of the key columns, which are stored
only as a hash, a value made of digits alone is not taken for a phone. What such
a column holds is never written into a rejected row when it looks personal.
"""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

PERSONAL_HEADERS = (
    "姓名", "身份证", "身分證", "证件号", "證件號", "护照", "電話", "电话", "手机", "手機", "行动电话",
    "行動電話", "联系方式", "联系人", "联系方法", "车牌", "車牌", "号牌", "號牌", "牌照", "车号", "車號",
    "性别", "性別", "屬-性-別", "年龄", "年齡", "出生", "民族", "住址", "户籍", "戶籍", "籍贯", "文化程度",
    "当事人", "當事人", "报案人", "报警人", "受害人", "被害人", "嫌疑人", "驾驶员", "驾驶人", "駕駛人",
    "司机", "车主", "户主", "死者", "伤者", "失主", "事主", "证人", "监护人", "法人代表", "法定代表人",
    "负责人", "责任人", "经办人", "办案人", "填表人", "制表人", "审核人", "登记人", "录入人", "校长",
    "民警", "驾驶证", "微信", "银行卡", "邮箱",
)  # fmt: skip
# How many there are tells nothing of who they are.
_COUNT_HEADER = re.compile(r"(?:人|者|员|員)(?:员|員)?(?:总|總)?[数數]")
_LATIN_HEADER = re.compile(
    r"(?:^|[^a-z])(?:full_?name|first_?name|last_?name|surname|id_?card|id_?number|passport|phone|"
    r"mobile|tel|telephone|e-?mail|plate|licen[cs]e_?plate|sex|gender|age|birth(?:day|date)?|dob|"
    r"victim|suspect|race|ethnicity)(?:$|[^a-z])",
    re.IGNORECASE,
)

_EDGE = r"(?:^|[^0-9A-Za-z.]|[^0-9]\.)"
_IDENTITY = r"[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9Xx]"
_ROUNDED_IDENTITY = r"^[1-9](?:\.\d+)?[eE]\+?17$"
_PHONE = r"(?:\+?86[- ]?)?1[3-9]\d(?:\d{8}|[- ]\d{4}[- ]\d{4})"
_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PLATE = rf"[{_PROVINCES}][A-HJ-NP-Za-hj-np-z][·.\- ]?[A-HJ-NP-Za-hj-np-z0-9]{{4,5}}[A-HJ-NP-Za-hj-np-z0-9挂学警港澳]"
_END = r"(?:$|[^0-9A-Za-z])"
_IDENTITY_OR_PLATE = f"{_EDGE}(?:{_IDENTITY}){_END}|{_PLATE}|{_ROUNDED_IDENTITY}"
_ANY = f"{_EDGE}(?:{_IDENTITY}|{_PHONE}){_END}|{_PLATE}|{_ROUNDED_IDENTITY}"
_NOT_DIGITS = r"[^0-9]"

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


def is_personal_header(header: str) -> bool:
    """Whether a column of this name describes a person."""
    if any(word in header for word in PERSONAL_HEADERS):
        return not _COUNT_HEADER.search(header)
    return bool(_LATIN_HEADER.search(header))


def has_check_digit(number: str) -> bool:
    """Whether 18 characters end in the check digit of GB 11643 (ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return number[17].upper() == _CHECK[total % 11]


def personal_rows(column: pa.Array, *, is_key: bool = False) -> np.ndarray:
    """Mask (n,) of the values that hold something personal.

    Parameters
    ----------
    column
        Normalised strings; null is never personal.
    is_key
        Do not take an all-digit value for a phone number.
    """
    found = _matches(column, _ANY)
    rows = np.flatnonzero(found)
    if len(rows) == 0:
        return found
    texts = column.take(pa.array(rows)).to_pylist()
    found[rows] = [_is_personal(text, is_key=is_key) for text in texts]
    return found


def redact(raw: pa.Array) -> pa.Array:
    """Null wherever the text looks personal, without the benefit of doubt."""
    return pc.if_else(pa.array(_matches(raw, _ANY)), pa.scalar(None, pa.string()), raw)


def _matches(column: pa.Array, pattern: str) -> np.ndarray:
    mask = pc.fill_null(pc.match_substring_regex(column, pattern), False)
    return np.array(mask.to_numpy(zero_copy_only=False))


def _is_personal(text: str, *, is_key: bool) -> bool:
    if re.search(_ROUNDED_IDENTITY, text):
        return True
    if any(
        has_check_digit(number) or number.endswith("000")
        for number in re.findall(rf"(?<![0-9]){_IDENTITY}(?![0-9])", text)
    ):
        return True
    if any(re.search(r"\d", plate) for plate in re.findall(_PLATE, text)):
        return True
    if is_key and not re.search(_NOT_DIGITS, text):
        return False
    return re.search(f"{_EDGE}(?:{_PHONE}){_END}", text) is not None
