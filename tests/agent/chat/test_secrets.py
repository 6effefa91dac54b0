"""The key is found nowhere: not in texts, reprs or tracebacks, wherever it was put."""

import base64
import traceback
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from mechmentor.agent.chat.check import check_chat
from mechmentor.agent.chat.errors import ChatError
from mechmentor.agent.chat.openai_chat import OpenAIChat
from mechmentor.agent.chat.settings import resolve
from mechmentor.app.fake_api import FakeAPI, Fault
from mechmentor.tests.agent.chat.conftest import KEY
from mechmentor.tools.spec import Message

ChatAt = Callable[..., OpenAIChat]
ASK = [Message(role="user", content="Hello?")]
ANSWER = [{"text": "Hi."}]


def assert_clean(*things: object, secret: str = KEY) -> None:
    """No plain, base64 (in any alignment) or URL-encoded form of the secret in any view."""
    shown = ""
    for thing in things:
        shown += f"{thing}\n{thing!r}\n"
        if isinstance(thing, BaseException):
            shown += "".join(traceback.format_exception(thing))
            shown += f"{thing.__context__!r} {thing.__cause__!r} {vars(thing)!r}"
    assert secret not in shown
    assert quote(secret, safe="") not in shown
    for offset in range(3):
        first, last = -(-offset * 8 // 6), (offset + len(secret)) * 8 // 6
        code = base64.b64encode(b"\0" * offset + secret.encode())[first:last].decode()
        assert code not in shown


def _from_environment(url: str) -> OpenAIChat:
    endpoint = resolve("custom", url, "scripted")
    return OpenAIChat(endpoint, timeout=0.3, max_retries=1, sleep=lambda s: None)


@pytest.mark.parametrize("place", ["environment", "file"])
@pytest.mark.parametrize("fault", [400, 401, 404, 500, "cut", "drop", "overflow", "html"])
def test_key_of_environment_and_file(
    monkeypatch: pytest.MonkeyPatch, bare: Path, place: str, fault: int | str
) -> None:
    if place == "file":
        (bare / ".env").write_text(f"OPENAI_API_KEY='{KEY}'\n")
    else:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with FakeAPI(ANSWER, faults=lambda n: fault) as api:
        chat = _from_environment(api.url)
        with pytest.raises(ChatError) as caught:
            chat.complete(ASK)
        assert api.requests[0].headers["Authorization"] == f"Bearer {KEY}"
    assert_clean(caught.value, chat, chat.endpoint, vars(chat), chat.endpoint.model_dump())


@pytest.mark.parametrize("status", [400, 401, 422, 500])
def test_error_body_that_echoes_the_header(
    chat_at: ChatAt, status: int, notices: list[str]
) -> None:
    fault = Fault("echo_authorization", status=status)
    with FakeAPI(ANSWER, faults=lambda n: fault) as api, pytest.raises(ChatError) as caught:
        chat_at(api.url).complete(ASK)
    assert "[redacted]" in str(caught.value)
    assert_clean(caught.value, *notices)


@pytest.mark.parametrize(
    "encode",
    [
        str,
        lambda s: quote(s, safe=""),
        lambda s: base64.b64encode(s.encode()).decode(),
        lambda s: base64.b64encode(b"u:" + s.encode()).decode(),
        lambda s: base64.b64encode(b"x" + s.encode() + b"yz").decode(),
    ],
)
def test_replies_that_echo_the_key(chat_at: ChatAt, encode: Callable[[str], str]) -> None:
    said = encode(KEY)
    answer = {
        "text": f"Your key is {said}.",
        "tool_calls": [{"name": "add", "arguments": {"key": said}}],
    }
    pieces: list[str] = []
    with FakeAPI([answer]) as api:
        reply = chat_at(api.url).complete(ASK, None, pieces.append)
    assert_clean(reply, "".join(pieces), reply.model_dump_json())
    assert "".join(pieces) == reply.text


def test_password_and_query_of_the_address(chat_at: ChatAt) -> None:
    password, token = "pa/ss+word-77", "query-token-88"
    fault = Fault("echo_authorization", status=400)
    with FakeAPI(ANSWER, faults=lambda n: fault) as api:
        host = api.url.removeprefix("http://")
        url = f"http://me:{quote(password, safe='')}@{host}?token={token}"
        chat = chat_at(url, key=None)
        with pytest.raises(ChatError) as caught:
            chat.complete(ASK)
        request = api.requests[0]
    sent = base64.b64decode(request.headers["Authorization"].removeprefix("Basic ")).decode()
    assert sent == f"me:{password}"
    assert request.path.endswith(f"?token={token}")
    for secret in (password, token):
        assert_clean(caught.value, chat, chat.endpoint, secret=secret)


def test_closed_port_with_secrets_in_the_address(chat_at: ChatAt) -> None:
    chat = chat_at(f"http://me:{quote(KEY, safe='')}@127.0.0.1:9/v1", key=None, max_retries=0)
    with pytest.raises(ChatError) as caught:
        chat.complete(ASK)
    assert_clean(caught.value, chat)


def test_doctor_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for fault in (Fault("echo_authorization", status=401), Fault("drop")):
        with FakeAPI(ANSWER, faults=lambda n, fault=fault: fault) as api:  # type: ignore[misc]
            monkeypatch.setenv("OPENAI_BASE_URL", api.url)
            rows = check_chat(model="scripted", online=True, timeout=0.3)
        assert any(not ok for ok, _ in rows)
        assert_clean(rows)
