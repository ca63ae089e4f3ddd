from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.privacy import has_check_digit, is_personal_header, personal_rows, redact

# Made up: a district that does not exist, with a true check digit.
IDENTITY = "99999919900307001"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
FULL = (
    IDENTITY
    + "10X98765432"[sum(int(d) * w for d, w in zip(IDENTITY, WEIGHTS, strict=True)) % 11]
)


@pytest.mark.parametrize(
    "text",
    [
        FULL,
        f"证件{FULL}号",
        f"({FULL})",
        "1.10101E+17",
        FULL[:15] + "000",
        "13800000000",
        "电话：13800000000",
        "电话:13800000000。",
        "+86 13800000000",
        "+8613800000000",
        "138-0000-0000",
        "138 0000 0000",
        "豫K12345",
        "车牌豫K·12345",
        "豫K 12345",
        "豫KD12345",
        "豫k1234挂",
    ],
)
def test_personal_values(text):
    assert personal_rows(pa.array([text, "神垕镇关爷庙村"])).tolist() == [True, False]
    assert redact(pa.array([text])).to_pylist() == [None]


@pytest.mark.parametrize(
    "text",
    [
        "113.13800000000",
        "34.1380000000012",
        "0.13800000000",
        "20100105080300",
        "411081103001",
        FULL[:-1] + ("0" if FULL[-1] != "0" else "1"),
        "99999919901307001X",
        "G311线K45+300",
        "豫S103线",
        "K12+300",
        "138000000001",
        "12800000000",
        "1.1E+16",
        "豫KABCDE路",
        "",
    ],
)
def test_impersonal_values(text):
    assert not personal_rows(pa.array([text]))[0]


def test_null_is_nothing():
    assert personal_rows(pa.array([None, "x"], pa.string())).tolist() == [False, False]


def test_an_eleven_digit_key_is_no_phone_but_an_identity_is_one():
    column = pa.array(["13800000000", FULL, "tel 13800000000"])
    assert personal_rows(column, is_key=True).tolist() == [False, True, True]


@given(st.integers(1970, 2020), st.integers(1, 12), st.integers(1, 28), st.integers(0, 999))
def test_every_true_identity_number_is_found(year, month, day, order):
    number = f"999999{year}{month:02}{day:02}{order:03}"
    total = sum(int(d) * w for d, w in zip(number, WEIGHTS, strict=True))
    whole = number + "10X98765432"[total % 11]
    assert has_check_digit(whole)
    assert personal_rows(pa.array([f"备注 {whole.lower()} 完"]))[0]


@pytest.mark.parametrize(
    "header",
    ["姓名", "身份证号", "报警人电话", "手机", "車牌號碼", "當事者屬-性-別名稱", "當事者事故發生時年齡",
     "当事人", "驾驶员", "车号", "处警民警", "整改责任人", "校长", "Full_Name", "id_card", "victim age", "Phone", "license_plate", "SEX"],
)  # fmt: skip
def test_personal_headers(header):
    assert is_personal_header(header)


@pytest.mark.parametrize(
    "header",
    ["名称", "当事人数", "受害人总数", "死亡人数", "责任单位", "Mine Name", "地点", "發生地點", "longitude", "stage", "village", "coverage",
     "天候名稱", "Gas-level Rating", "hotel", "template"],
)  # fmt: skip
def test_impersonal_headers(header):
    assert not is_personal_header(header)
