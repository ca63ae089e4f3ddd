import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.escape import for_cell, for_html, for_markdown, for_script


@given(st.text())
def test_html_keeps_nothing_that_markup_or_scripts_use(text):
    safe = for_html(text)
    assert not set(safe) & set("<>\"'`$\\{}\u2028\u2029")


def test_html_escapes_once():
    assert for_html("a & <b>") == "a &amp; &lt;b&gt;"
    assert for_html("${x}`") == "&#36;&#123;x&#125;&#96;"


@given(st.recursive(st.text() | st.integers() | st.none(), st.lists, max_leaves=5))
def test_script_values_survive_and_are_plain_ascii(value):
    literal = for_script(value)
    assert json.loads(literal) == value
    assert literal.isascii()
    assert not set(literal) & set("<>&`$'")


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://x")',
        "＝1+1",
        "+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "  =1",
        "\t=1",
        "%0A",
        "|x",
        "\u00a0=1",
    ],
)
def test_what_a_spreadsheet_would_run_becomes_text(text):
    assert for_cell(text) == "'" + text


@pytest.mark.parametrize("value", ["-104.05", "+86", "1e5", "12%", "禹州", "", "a=b", 3, None])
def test_plain_values_pass_unchanged(value):
    assert for_cell(value) == value


def test_markdown_signs_are_plain_text():
    assert for_markdown("![x](http://a.b)\n# 1 $x$") == r"\!\[x\]\(http\:\/\/a\.b\) \# 1 \$x\$"
    assert for_markdown("神垕镇") == "神垕镇"
