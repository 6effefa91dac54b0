"""What a table says of itself: names of rows and columns, figures without spread and interval."""

import pytest

from mechmentor.tools.critique.document.read import read_text
from mechmentor.tools.critique.numbers.sheet import Sheet, figures

_TABLE = """\
| Layer | Probe accuracy | Control task | 95% CI |
|---|---|---|---|
| 6 | 90.1 ± 1.1 | 72.8 | 88.0 to 92.1 |
| 12 | 31 (25.8%) | 0.61 [0.57, 0.65] | 80.4 to 87.4 |
| **Mean** | 87.2 | 70.0 | – |
"""


@pytest.fixture
def sheet() -> Sheet:
    return Sheet(read_text(_TABLE).tables[0])


def test_rows_are_named_by_number_and_head(sheet: Sheet) -> None:
    assert list(sheet.said_rows("It falls after layer 6.")) == [0]
    assert not sheet.said_rows("There are 6 of them, and 12 more.")


def test_columns_need_all_words_that_no_other_has(sheet: Sheet) -> None:
    assert list(sheet.said_columns("On the control task it rises.")) == [2]
    assert not sheet.said_columns("The control rises.")


def test_a_column_of_intervals_holds_no_figures(sheet: Sheet) -> None:
    assert {column for _, column in sheet.cells} == {1, 2}
    assert sheet.mean_row == 2


@pytest.mark.parametrize(
    ("cell", "values"),
    [
        ("90.1 ± 1.1", [90.1]),
        ("31 (25.8%)", [31, 25.8]),
        ("0.61 [0.57, 0.65]", [0.61]),
        ("178/200 = 89.0% [83.9, 92.6]", [178, 200, 89.0]),
        ("83.4 to 87.4", []),
        ("four of them", []),
    ],
)
def test_a_cell_reports_its_figures(cell: str, values: list[float]) -> None:
    assert [n.value for n in figures(cell)] == values
