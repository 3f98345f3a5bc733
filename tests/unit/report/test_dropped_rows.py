"""dropped.csv holds every row that was dropped, and nothing that a spreadsheet would run."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from harness.records import Dropped
from harness.report.dropped_rows import dropped_csv
from harness.report.escape import csv_value

TEXT = st.text(max_size=20)
ROWS = st.lists(
    st.builds(Dropped, id=TEXT, reason=TEXT, detail=TEXT, row=st.none() | st.integers(min_value=1)),
    max_size=4,
)


@given(ROWS)
def test_a_reader_gets_back_what_was_dropped(rows):
    header, *lines = csv.reader(io.StringIO(dropped_csv(rows), newline=""))
    assert header == ["id", "row", "reason", "detail"]
    assert [
        Dropped(
            id=csv_value(line[0]),
            row=int(line[1]) if line[1] else None,
            reason=csv_value(line[2]),
            detail=csv_value(line[3]),
        )
        for line in lines
    ] == rows


def test_formulas_are_text():
    rows = [
        Dropped(id="=1+1", row=2, reason="missing_image", detail="@SUM(A1)"),
        Dropped(id="#NAME?", row=3, reason="missing_image", detail='no such image: "a, b"'),
    ]
    assert dropped_csv(rows) == (
        "id,row,reason,detail\n"
        "'=1+1,2,missing_image,'@SUM(A1)\n"
        '#NAME?,3,missing_image,"no such image: ""a, b"""\n'
    )
