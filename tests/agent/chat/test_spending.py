"""Bookings are only added, and an unknown cost is never counted as nothing."""

import datetime

from mechmentor.agent.chat.spending import book, spending_file, totals
from mechmentor.tools.spec import Usage


def test_known_and_unknown_costs_are_counted_apart() -> None:
    book("a", Usage(input_tokens=10, output_tokens=2, dollars=0.25), "run-1")
    book("a", Usage(), "run-1")
    book("b", Usage(dollars=0.5))
    found = totals()
    assert found["today"]["dollars"] == found["month"]["dollars"] == 0.75
    assert found["today"]["unknown"] == 1
    assert found["today"]["replies"] == 3
    assert found["models"]["a"] == {
        "replies": 2,
        "dollars": 0.25,
        "unknown": 1,
        "input_tokens": 10,
        "output_tokens": 2,
    }


def test_other_days_and_months_are_left_out() -> None:
    book("a", Usage(dollars=1.0))
    later = datetime.date.today() + datetime.timedelta(days=62)
    assert totals(later)["month"]["replies"] == 0
    assert totals(later)["models"]["a"]["replies"] == 1


def test_a_torn_line_is_counted_and_does_no_harm() -> None:
    book("a", Usage(dollars=1.0))
    first = spending_file().read_text()
    spending_file().write_text(first + '{"time": "2025\n')
    book("a", Usage(dollars=1.0))
    assert spending_file().read_text().startswith(first)
    assert totals()["unreadable"] == 1
    assert totals()["today"]["dollars"] == 2.0


def test_nothing_booked_is_no_error() -> None:
    assert totals()["today"]["replies"] == 0
