from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.faults import Faults
from etl.text import normalise
from etl.times import PRECISIONS, Zone, format_pattern, parse_days, parse_times

SHANGHAI = Zone("Asia/Shanghai")
LATEST_S = int(datetime(2026, 1, 3, tzinfo=UTC).timestamp())
EPOCH = datetime(1970, 1, 1)


def parse(texts, *, formats=("auto",), zone=SHANGHAI, **options):
    faults = Faults(len(texts))
    times = parse_times(
        normalise(pa.array(texts, pa.string())),
        faults,
        formats=formats,
        zone=zone,
        latest_s=LATEST_S,
        **options,
    )
    bad = np.flatnonzero(~faults.ok)
    table = faults.table(np.arange(len(texts)), pa.nulls(len(bad), pa.string()))
    codes = dict(zip(table["row_no"].to_pylist(), table["code"].to_pylist(), strict=True))
    return times, codes


def local(times, row=0):
    return EPOCH + timedelta(seconds=int(times.local[row]))


@pytest.mark.parametrize(
    ("text", "expected", "precision"),
    [
        ("2010-01-05 08:03:00", datetime(2010, 1, 5, 8, 3), "minute"),
        ("2010-01-05T08:03:59.250", datetime(2010, 1, 5, 8, 3, 59), "minute"),
        ("2010/1/5 8:03", datetime(2010, 1, 5, 8, 3), "minute"),
        ("2010.1.5", datetime(2010, 1, 5), "day"),
        ("2010年1月5日8时3分", datetime(2010, 1, 5, 8, 3), "minute"),
        ("2010年01月05日 8时03分20秒", datetime(2010, 1, 5, 8, 3, 20), "minute"),
        ("2010年1月5日", datetime(2010, 1, 5), "day"),
        ("2010年1月5日8时", datetime(2010, 1, 5, 8), "hour"),
        ("2010年1月5日8时许", datetime(2010, 1, 5, 8), "hour"),
        ("2010年1月5日约8时20分左右", datetime(2010, 1, 5, 8, 20), "minute"),
        ("2010年1月5日下午3时", datetime(2010, 1, 5, 15), "hour"),
        ("2010年1月5日凌晨2点半", datetime(2010, 1, 5, 2, 30), "minute"),
        ("2010年1月5日中午12时30分", datetime(2010, 1, 5, 12, 30), "minute"),
        ("2010年1月5日中午11点半", datetime(2010, 1, 5, 11, 30), "minute"),
        ("2010年1月5日中午1时", datetime(2010, 1, 5, 13), "hour"),
        ("2010年1月5日晚8时许", datetime(2010, 1, 5, 20), "hour"),
        ("2010年1月5日夜间23:10", datetime(2010, 1, 5, 23, 10), "minute"),
        ("2010年1月5日晚12时", datetime(2010, 1, 6), "hour"),
        ("2010年1月5日晚12时30分", None, None),
        ("2010年1月5日晚上1:30", None, None),
        ("2010年1月5日上午15时", None, None),
        ("2010-01-05 星期二 14:20", datetime(2010, 1, 5, 14, 20), "minute"),
        ("2010—01—05", datetime(2010, 1, 5), "day"),
        ("2010-01-05-14:20", None, None),
        ("2010-01-05+08:00", None, None),
        ("2010年1月5日下午3时5分", datetime(2010, 1, 5, 15, 5), "minute"),
        ("2010年1月5日 上午12:05", datetime(2010, 1, 5, 0, 5), "minute"),
        ("２０１０－０１－０５　０８：０３", datetime(2010, 1, 5, 8, 3), "minute"),
        ("20100105 080300", datetime(2010, 1, 5, 8, 3), "minute"),
        ("20100105080300", datetime(2010, 1, 5, 8, 3), "minute"),
        ("201001050803", datetime(2010, 1, 5, 8, 3), "minute"),
        ("20100105", datetime(2010, 1, 5), "day"),
        ("20100105.0", datetime(2010, 1, 5), "day"),
        ("2010-01-05 8:03 PM", datetime(2010, 1, 5, 20, 3), "minute"),
        ("13/01/2010 12:05:00 AM", datetime(2010, 1, 13, 0, 5), "minute"),
        ("01/13/2010 12:05:00 PM", datetime(2010, 1, 13, 12, 5), "minute"),
        ("05/05/2010", datetime(2010, 5, 5), "day"),
        ("40183", datetime(2010, 1, 5), "day"),
        ("40183.335416666669", datetime(2010, 1, 5, 8, 3), "minute"),
        ("2010-01-05 24:00:00", datetime(2010, 1, 6), "minute"),
        ("2010-12-31 24:00", datetime(2011, 1, 1), "minute"),
        ("2012-02-29", datetime(2012, 2, 29), "day"),
        ("2010-01-05T00:03:00Z", datetime(2010, 1, 5, 8, 3), "minute"),
        ("2010-01-05 08:03:00+09:00", datetime(2010, 1, 5, 7, 3), "minute"),
        ("2010-01-05 08:03-0500", datetime(2010, 1, 5, 21, 3), "minute"),
    ],
)
def test_forms_are_understood(text, expected, precision):
    times, codes = parse([text])
    if expected is None:
        assert codes == {0: "BAD_TIME"}
        return
    assert codes == {}
    assert local(times) == expected
    assert PRECISIONS[times.precision[0]] == precision
    assert times.utc[0] == times.local[0] - 8 * 3600


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("2010-02-30", "BAD_TIME"),
        ("2011-02-29 10:00", "BAD_TIME"),
        ("2010-13-01", "BAD_TIME"),
        ("2010-00-10", "BAD_TIME"),
        ("2010-01-05 25:00", "BAD_TIME"),
        ("2010-01-05 24:01", "BAD_TIME"),
        ("2010-01-05 08:60", "BAD_TIME"),
        ("2010-01-05 08:03+25:00", "BAD_TIME"),
        ("昨天", "BAD_TIME"),
        ("60", "BAD_TIME"),
        ("9" * 80, "BAD_TIME"),
        ("2204-01-05", "TIME_RANGE"),
        ("1989-12-31 23:00", "TIME_RANGE"),
        ("2026-01-03 09:00", "TIME_RANGE"),
        ("03/04/2010", "AMBIGUOUS_DATE"),
        ("2010-01-05 08:03:0x", "BAD_TIME"),
        (None, "TIME_MISSING"),
    ],
)
def test_what_is_no_time_is_refused(text, code):
    _, codes = parse([text])
    assert codes == {0: code}


def test_a_format_settles_day_and_month():
    times, codes = parse(["03/04/2010", "04/13/2010"], formats=("%d/%m/%Y",))
    assert local(times) == datetime(2010, 4, 3)
    assert codes == {1: "BAD_TIME"}


def test_excel_calendars():
    times, codes = parse(["60", "45356.5", "61"], formats=("excel1900",))
    assert codes == {0: "BAD_TIME", 2: "TIME_RANGE"}
    assert local(times, 1) == datetime(2024, 3, 5, 12)
    times, codes = parse(["38721.5"], formats=("excel1904",))
    assert (local(times), codes) == (datetime(2010, 1, 5, 12), {})
    times, _ = parse(["38721.5"], epoch=1904)
    assert local(times) == datetime(2010, 1, 5, 12)


def test_precision_can_only_be_coarsened():
    times, _ = parse(["2010-01-05 08:03", "2010-01-05"], precision="hour")
    assert [PRECISIONS[code] for code in times.precision] == ["hour", "day"]


def test_mixed_shapes_in_one_column():
    texts = [
        "2010/1/5 8:03",
        "x",
        None,
        "20100105",
        "2010/11/5 18:03",
        "2010-02-30",
        "2010/1/6 8:03",
    ]
    times, codes = parse(texts)
    assert codes == {1: "BAD_TIME", 2: "TIME_MISSING", 5: "BAD_TIME"}
    assert [local(times, row).day for row in (0, 3, 4, 6)] == [5, 5, 5, 6]


def test_a_slice_of_a_column_is_read_from_its_start():
    column = pa.array(["x", "2010-01-05", "2010-01-06"]).slice(1)
    faults = Faults(2)
    times = parse_times(column, faults, formats=("auto",), zone=SHANGHAI, latest_s=LATEST_S)
    assert faults.ok.all()
    assert local(times, 1) == datetime(2010, 1, 6)


def test_clock_changes_are_resolved_the_same_way_every_time():
    chicago = Zone("America/Chicago")
    # 02:30 never was on 11 March 2012; 01:30 was twice on 4 November 2012.
    times, codes = parse(
        ["2012-03-11 02:30", "2012-11-04 01:30", "2012-11-04 02:30"], zone=chicago
    )
    assert codes == {}
    hours = [datetime.fromtimestamp(second, UTC) for second in times.utc.tolist()]
    assert [(hour.day, hour.hour) for hour in hours] == [(11, 8), (4, 6), (4, 8)]
    assert [local(times, row).day for row in range(3)] == [11, 4, 4]


@given(
    st.datetimes(datetime(1970, 1, 3), datetime(2099, 1, 1)),
    st.sampled_from(
        ["Asia/Shanghai", "America/Chicago", "Europe/London", "Australia/Lord_Howe"]
    ),
)
def test_zones_agree_with_the_standard_library(moment, name):
    moment = moment.replace(microsecond=0)
    seconds = np.array([(moment - EPOCH) // timedelta(seconds=1)])
    aware = moment.replace(tzinfo=ZoneInfo(name))
    assert Zone(name).to_utc(seconds)[0] == aware.timestamp()
    back = datetime.fromtimestamp(int(seconds[0]), ZoneInfo(name)).replace(tzinfo=None)
    assert Zone(name).to_local(seconds)[0] == (back - EPOCH) // timedelta(seconds=1)


@given(
    st.lists(
        st.datetimes(datetime(1991, 1, 1), datetime(2025, 12, 31)), min_size=1, max_size=30
    ),
    st.sampled_from(
        [
            "%Y-%m-%d %H:%M:%S",
            "%Y%m%d%H%M%S",
            "%Y/%m/%d %H:%M",
            "%Y-%m-%dT%H:%M:%SZ",
            "%Y年%m月%d日%H时%M分",
        ]
    ),
)
def test_what_is_written_is_read_back(moments, form):
    times, codes = parse([moment.strftime(form) for moment in moments])
    assert codes == {}
    written = [datetime.strptime(moment.strftime(form), form) for moment in moments]
    expected = [int((moment - EPOCH).total_seconds()) for moment in written]
    found = times.utc if form.endswith("Z") else times.local
    assert found.tolist() == expected


@given(st.lists(st.one_of(st.none(), st.text(max_size=70)), max_size=40))
def test_any_text_is_either_read_or_refused(texts):
    times, codes = parse(texts)
    assert len(times.utc) == len(texts)
    for row in range(len(texts)):
        if row not in codes:
            assert datetime(1989, 12, 31) < local(times, row) < datetime(2026, 1, 5)


def test_optional_days():
    faults = Faults(3)
    days, has_day = parse_days(
        pa.array(["2000-01-01", None, "soon"]), faults, formats=("auto",), field="due_on"
    )
    assert has_day.tolist() == [True, False, False]
    assert days[0] == 10_957
    assert faults.ok.tolist() == [True, True, False]


def test_unknown_directive_is_named():
    with pytest.raises(ValueError, match="%Q"):
        format_pattern("%Y-%Q")
