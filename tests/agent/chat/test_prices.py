"""Prices from the endpoint's list, and what a run may cost at most."""

import pytest

from mechmentor.agent.chat.prices import Price, estimate_tokens, price_of, worst_case
from mechmentor.agent.chat.settings import Endpoint
from mechmentor.app.fake_api import FakeAPI
from mechmentor.tools.spec import Message, ToolCall


def _endpoint(url: str) -> Endpoint:
    return Endpoint(provider="custom", base_url=url, model="m")


def test_the_price_is_the_lists_own() -> None:
    with FakeAPI([], models=["m"], prices=("0.000003", "0.000015")) as api:
        assert price_of(_endpoint(api.url)) == Price(3e-6, 15e-6)


@pytest.mark.parametrize(
    "options",
    [{"models": ["m"]}, {"models": ["n"], "prices": ("1", "1")}, {"prices": ("-1", "-1")}],
)
def test_what_the_list_does_not_say_is_unknown(options: dict[str, object]) -> None:
    with FakeAPI([], **options) as api:  # type: ignore[arg-type]
        assert price_of(_endpoint(api.url)) is None
    assert price_of(_endpoint("http://127.0.0.1:9/v1"), timeout=0.3) is None


def test_the_worst_case_is_the_sum_over_growing_requests() -> None:
    price, first, calls = Price(2e-6, 10e-6), 3000, 7
    by_hand = sum(
        price.input * (first + turn * (400 + 100)) + price.output * 100 for turn in range(calls)
    )
    found = worst_case(price, first, calls, result_tokens=400, reply_tokens=100)
    assert found == pytest.approx(by_hand)
    assert worst_case(None, first, calls) is None
    assert worst_case(price, first, None) is None
    assert worst_case(price, first, 0) == 0


def test_tokens_are_estimated_from_characters() -> None:
    call = ToolCall(id="1", name="t", arguments="a" * 8)
    messages = [
        Message(role="user", content="x" * 401),
        Message(role="assistant", content="", tool_calls=(call,)),
    ]
    assert estimate_tokens(messages) == 103
    assert estimate_tokens(messages, [{"type": "function"}]) > 103
