"""Every fault over real HTTP: what is tried again, and the error that the rest becomes."""

import datetime
import socket
from collections.abc import Callable
from email.utils import format_datetime

import pytest

from mechmentor.agent.chat.errors import ChatError, ContextOverflow
from mechmentor.agent.chat.faults import from_status, retry_after
from mechmentor.agent.chat.openai_chat import OpenAIChat
from mechmentor.app.fake_api import FakeAPI, Fault
from mechmentor.tests.agent.chat.conftest import ADD
from mechmentor.tools.spec import Message

ChatAt = Callable[..., OpenAIChat]
ASK = [Message(role="user", content="Hello?")]
ANSWER = [{"text": "A whole answer, long enough to be cut."}]


@pytest.mark.parametrize(
    "fault", [408, 429, 500, 502, 503, "cut", "drop", "hang", "stream_error", "echo_authorization"]
)
def test_passing_faults_are_tried_again(
    chat_at: ChatAt, fault: int | str, waits: list[float], notices: list[str]
) -> None:
    with FakeAPI(ANSWER, faults={1: fault}) as api:
        assert chat_at(api.url).complete(ASK).text == ANSWER[0]["text"]
        assert len(api.requests) == 2
    assert len(waits) == len(notices) == 1


def test_what_arrived_before_the_cut_is_not_used(chat_at: ChatAt) -> None:
    def brain(messages: object, tools: object) -> dict[str, str]:
        return {"text": "first try, first try" if len(api.requests) == 1 else "second"}

    with FakeAPI(brain, faults={1: "cut"}) as api:
        assert chat_at(api.url).complete(ASK).text == "second"


def test_the_server_says_how_long_to_wait_up_to_thirty_seconds(
    chat_at: ChatAt, waits: list[float]
) -> None:
    faults = {1: Fault(status=429, retry_after="7"), 2: Fault(status=503, retry_after="900")}
    with FakeAPI(ANSWER, faults=faults) as api:
        chat_at(api.url).complete(ASK)
    assert waits == [7.0, 30.0]


def test_waits_grow_where_the_server_says_nothing(chat_at: ChatAt, waits: list[float]) -> None:
    with FakeAPI(ANSWER, faults=dict.fromkeys(range(1, 5), 500)) as api:
        chat_at(api.url, max_retries=4).complete(ASK)
    assert waits == sorted(waits)
    assert waits[-1] > 4 * waits[0]


def test_retry_after_is_read_as_seconds_milliseconds_or_date() -> None:
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=10)
    assert retry_after({"retry-after-ms": "250"}) == 0.25
    assert 7 < (retry_after({"retry-after": format_datetime(soon, usegmt=True)}) or 0) <= 10
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({"retry-after": "-3"}) is None or retry_after({"retry-after": "-3"}) == 0
    assert retry_after({}) is None


def _error(chat: OpenAIChat) -> ChatError:
    with pytest.raises(ChatError) as caught:
        chat.complete(ASK, [ADD])
    error = caught.value
    assert "\n" not in str(error)
    assert error.__cause__ is None
    assert error.__context__ is None
    return error


def test_wrong_key(chat_at: ChatAt) -> None:
    with FakeAPI(ANSWER, key="sk-the-right-one") as api:
        error = _error(chat_at(api.url))
    assert error.kind == "auth"
    assert "check OPENAI_API_KEY" in str(error)


def test_unknown_model(chat_at: ChatAt) -> None:
    with FakeAPI(ANSWER, models=["other"]) as api:
        error = _error(chat_at(api.url, model="mine"))
    assert error.kind == "unknown_model"
    assert "--model" in str(error)


@pytest.mark.parametrize("path", ["", "/v2"])
def test_wrong_path(chat_at: ChatAt, path: str) -> None:
    with FakeAPI(ANSWER) as api:
        error = _error(chat_at(api.url.removesuffix("/v1") + path))
    assert error.kind == "wrong_url"
    assert "/v1" in str(error)


def test_a_web_page_instead_of_an_api(chat_at: ChatAt) -> None:
    with FakeAPI(ANSWER, faults={1: "html"}) as api:
        assert _error(chat_at(api.url)).kind == "wrong_url"


def test_closed_port(chat_at: ChatAt, waits: list[float]) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can answer there
        error = _error(chat_at(f"http://127.0.0.1:{held.getsockname()[1]}/v1"))
    assert error.kind == "unreachable"
    assert "(3 tries)" in str(error)
    assert len(waits) == 2


def test_endless_429(chat_at: ChatAt, waits: list[float]) -> None:
    with FakeAPI(ANSWER, faults=lambda n: 429) as api:
        assert _error(chat_at(api.url)).kind == "rate_limited"
    assert len(waits) == 2


def test_an_exhausted_account_is_not_waited_for(chat_at: ChatAt, waits: list[float]) -> None:
    fault = Fault(status=429, message="You exceeded your current quota (insufficient_quota)")
    with FakeAPI(ANSWER, faults=lambda n: fault) as api:
        assert _error(chat_at(api.url)).kind == "rate_limited"
    assert waits == []


def test_a_server_that_never_answers(chat_at: ChatAt) -> None:
    with FakeAPI(ANSWER, faults=lambda n: "hang") as api:
        assert _error(chat_at(api.url, timeout=0.1, max_retries=1)).kind == "timeout"


def test_streams_that_are_always_cut(chat_at: ChatAt) -> None:
    with FakeAPI(ANSWER, faults=lambda n: "cut") as api:
        assert _error(chat_at(api.url)).kind == "unreachable"


def test_context_overflow(chat_at: ChatAt, waits: list[float]) -> None:
    with FakeAPI(ANSWER, faults={1: "overflow"}) as api:
        assert isinstance(_error(chat_at(api.url)), ContextOverflow)
    assert waits == []


def test_other_bad_requests_say_what_the_server_said(chat_at: ChatAt) -> None:
    with FakeAPI(ANSWER, faults={1: Fault(status=400, message="temperature is too hot")}) as api:
        error = _error(chat_at(api.url))
    assert error.kind == "bad_request"
    assert "temperature is too hot" in str(error)


@pytest.mark.parametrize(
    ("status", "words", "kind", "about"),
    [
        (404, "No endpoints found that support tool use", "bad_request", "tools"),
        (400, "registry/x does not support tools", "bad_request", "tools"),
        (400, "x/y is not a valid model ID", "unknown_model", None),
        (404, "The model `gpt-9` does not exist or you do not have access", "unknown_model", None),
        (404, "Not Found", "wrong_url", None),
        (402, "Insufficient credits", "auth", None),
        (400, "This model's maximum context length is 8192 tokens", "bad_request", "overflow"),
        (400, "prompt is too long: 210000 tokens", "bad_request", "overflow"),
        (413, "Request too large for model", "bad_request", "overflow"),
    ],
)
def test_the_words_of_real_providers(status: int, words: str, kind: str, about: str | None) -> None:
    fault = from_status(status, words)
    assert (fault.kind, fault.about, fault.again) == (kind, about, False)
