"""Laws that hold for the bundled contest whatever the facts."""

from datetime import date

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.contest import score_contest
from geo.contest_definition import ContestDefinition
from geo.contest_marks import ContestFacts

NAN = float("nan")


UNITS = ("a", "b", "c", "d")


MEASURES = sorted(
    {item.measure for section in ContestDefinition.default().sections for item in section.items}
)


numbers = st.one_of(st.floats(0, 500), st.just(NAN))


@st.composite
def any_facts(draw: st.DrawFn) -> ContestFacts:
    def frame() -> pd.DataFrame:
        rows = draw(
            st.lists(
                st.lists(numbers, min_size=len(MEASURES), max_size=len(MEASURES)),
                min_size=4,
                max_size=4,
            )
        )
        return pd.DataFrame(rows, index=list(UNITS), columns=MEASURES)

    happened = draw(
        st.lists(
            st.tuples(
                st.sampled_from(UNITS),
                st.sampled_from(MEASURES),
                st.dates(date(2010, 1, 1), date(2010, 12, 31)),
                st.integers(0, 40),
                st.booleans(),
            ),
            max_size=25,
        )
    )
    columns = ["unit", "measure", "day", "size", "is_aggravated"]
    positive = draw(st.lists(st.integers(0, 100), min_size=4, max_size=4))
    marks = draw(st.lists(st.lists(numbers, min_size=3, max_size=3), min_size=4, max_size=4))
    return ContestFacts(
        groups=pd.Series(["township"] * 3 + ["village"], index=list(UNITS)),
        events=pd.DataFrame(happened, columns=columns),
        figures=frame(),
        past=[frame(), frame()],
        surveys={
            "safety_feeling": pd.DataFrame(
                {"positive": positive, "valid": 100}, index=list(UNITS)
            )
        },
        monthly={"monthly_assessment": pd.DataFrame(marks, index=list(UNITS))},
        special=[(date(2010, 3, 1), date(2010, 3, 15))],
    )


@settings(max_examples=60, deadline=None)
@given(any_facts())
def test_the_lines_sum_to_the_score(facts: ContestFacts) -> None:
    definition = ContestDefinition.default()
    board = score_contest(definition, facts)
    sums = board.lines.groupby("unit")["hundredths"].sum()
    assert sums.to_dict() == board.totals["hundredths"].to_dict()
    parts = board.lines.pivot_table("hundredths", "unit", "section", aggfunc="sum")
    for section in definition.sections:
        assert parts[section.id].to_dict() == board.totals[section.id].to_dict()
        assert board.totals[section.id].between(0, section.weight * 100).all()
    assert (board.totals["score"] == board.totals["hundredths"] / 100).all()


@settings(max_examples=30, deadline=None)
@given(any_facts(), st.sampled_from(UNITS))
def test_one_more_accident_never_helps(facts: ContestFacts, unit: str) -> None:
    row = {
        "unit": unit,
        "measure": "accident",
        "day": date(2010, 6, 1),
        "size": 4,
        "is_aggravated": False,
    }
    more = ContestFacts(
        **(facts.__dict__ | {"events": pd.DataFrame([*facts.events.to_dict("records"), row])})
    )
    before = score_contest(ContestDefinition.default(), facts).totals
    after = score_contest(ContestDefinition.default(), more).totals
    assert (after["hundredths"] <= before["hundredths"]).all()
    assert after.loc[unit, "is_vetoed"]
