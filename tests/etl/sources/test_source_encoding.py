"""Encodings: right or refused, never silently wrong."""

from __future__ import annotations

import codecs
import io
import random
from pathlib import Path

import pytest

from etl.sources import SourceOptions
from etl.sources.delimited import read_delimited
from etl.sources.encoding import Utf8Stream, scan
from etl.sources.model import ROW_NO
from geo.errors import SourceError

TEXT = (
    "案件编号,发案时间,案件类别,发案地点,简要情况\n"
    "K0001,2024-03-05 08:30,盗窃,火龙镇政府门前,电动车被盗\n"
    "K0002,2024-03-06 21:10,交通事故,永登高速出口,两车追尾，无人受伤\n"
    "K0003,2024-03-07 02:00,诈骗,钧台街道中心市场,被骗两千余元\n"
)
RARE = TEXT + "K0004,2024-03-08 10:00,盗窃,㙟口村𠮷祥路,无\n"  # four-byte in GB18030


def scanned(data: bytes, declared: str | None = None):
    return scan(lambda: io.BytesIO(data), 1 << 30, declared)


def outcome(data: bytes) -> str:
    """The encoding found, or the code of the refusal."""
    try:
        return scanned(data).encoding
    except SourceError as error:
        return error.code


def text_of(path: Path, data: bytes) -> list[str]:
    path.write_bytes(data)
    reading = read_delimited(path, SourceOptions())
    rows = [reading.columns]
    for table, faults, _ in reading.batches:
        assert faults == []
        rows += zip(*table.drop_columns([ROW_NO]).to_pydict().values(), strict=True)
    return "".join(",".join(row) + "\n" for row in rows)


@pytest.mark.parametrize(
    "text", [TEXT, TEXT.splitlines()[0] + "\n" + TEXT.splitlines()[1], RARE]
)
@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
)
def test_the_same_text_from_every_encoding(tmp_path: Path, codec: str, text: str) -> None:
    bom = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(codec, b"")
    read = text_of(tmp_path / "rows.csv", bom + text.encode(codec))
    assert read == (text if text.endswith("\n") else text + "\n")


def test_plain_ascii_is_utf8() -> None:
    assert scanned(b"a,b\n1,2\n").encoding == "utf-8"
    assert scanned(b'a,b\n1,"2"\n').n_quotes == 2


@pytest.mark.parametrize("seed", range(300))
def test_damaged_utf8_is_never_read_as_chinese(seed: int) -> None:
    draw = random.Random(seed)
    data = bytearray(TEXT.encode())
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(len(data))
        if draw.random() < 0.5:
            del data[at]
        else:
            data[at] = draw.randrange(0x80, 0x100)
    # Passing means that an ASCII byte was lost, or a character became another valid one.
    assert outcome(bytes(data)) in ("utf-8", "ENCODING")


@pytest.mark.parametrize("seed", range(60))
def test_damaged_gb18030_is_never_read_as_another(seed: int) -> None:
    draw = random.Random(seed)
    data = bytearray(TEXT.encode("gb18030"))
    del data[draw.randrange(len(data))]
    assert outcome(bytes(data)) in ("gb18030", "ENCODING")


@pytest.mark.parametrize("codec", ["big5", "shift_jis", "cp1252", "koi8-r"])
def test_other_encodings_are_refused(codec: str) -> None:
    words = {
        "big5": "發生時間,發生地點,事故類別,處理單位\n上午,臺北市中正區,碰撞,警察局\n",
        "shift_jis": "発生日時,場所,種別\n午前,東京都千代田区,衝突事故\n",
        "cp1252": "Größe,Straße,Übergang,naïve,déjà,señor\né,è,ü,ö,ß,ñ\n",
        "koi8-r": "время,место,категория\nутро,площадь,авария\n",
    }
    with pytest.raises(SourceError, match="ENCODING"):
        scanned(words[codec].encode(codec))


def test_a_declared_encoding_is_used_and_checked() -> None:
    data = "發生時間,地點\n上午,臺北\n".encode("big5")
    assert scanned(data, "big5").encoding == "big5"
    with pytest.raises(SourceError, match="not valid utf-8"):
        scanned(data, "utf-8")
    with pytest.raises(SourceError, match="no encoding is called"):
        scanned(data, "klingon")
    with pytest.raises(SourceError, match="no encoding is called"):
        scanned(data, "hex")


def test_a_mark_is_stronger_than_a_declaration() -> None:
    marked = codecs.BOM_UTF8 + TEXT.encode()
    assert scanned(marked, "gb18030").encoding == "utf-8-sig"
    assert scanned(TEXT.encode(), "utf-8-sig").encoding == "utf-8"
    assert scanned(TEXT.encode("gbk"), "GBK").encoding == "gb18030"


@pytest.mark.parametrize(
    "data", [TEXT.encode("utf-16-le"), b"a,b\n1,\x00\n", bytes(range(256))]
)
def test_zero_bytes_are_binary(data: bytes) -> None:
    with pytest.raises(SourceError, match=r"ENCODING: zero bytes"):
        scanned(data)


def test_a_character_cut_at_the_end_is_refused() -> None:
    with pytest.raises(SourceError, match="ENCODING"):
        scanned("时间,地点\n".encode()[:-2])


@pytest.mark.parametrize("skip", [0, 1, 6, 7, 10_000])
def test_the_stream_skips_utf8_bytes(skip: int) -> None:
    text = "时间,地点\n" * 3
    stream = io.BufferedReader(Utf8Stream(io.BytesIO(text.encode("gb18030")), "gb18030", skip))
    assert stream.read() == text.encode()[skip:]
