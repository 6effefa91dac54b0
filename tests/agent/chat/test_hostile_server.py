"""A server that sends what no honest one would: the run goes on, and its books stay right."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from mechmentor.agent.chat import spending, text_calls
from mechmentor.agent.chat.errors import ChatError
from mechmentor.agent.chat.openai_chat import OpenAIChat
from mechmentor.agent.chat.settings import Endpoint
from mechmentor.agent.chat.wire import read_usage
from mechmentor.tools.spec import Message, Reply, Usage

ASK = [Message(role="user", content="Hello?")]
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
Serve = Callable[..., tuple[OpenAIChat, list[str]]]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A server that answers every request with the same status, type and bytes."""
    servers: list[ThreadingHTTPServer] = []

    def make(status: int, kind: str, raw: bytes) -> tuple[OpenAIChat, list[str]]:
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:
                pass

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/v1"
        endpoint = Endpoint(provider="custom", base_url=url, model="m")
        notices: list[str] = []
        chat = OpenAIChat(
            endpoint, timeout=0.5, max_retries=1, sleep=lambda s: None, on_notice=notices.append
        )
        return chat, notices

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


def _stream(*texts: str) -> bytes:
    deltas: list[Any] = [({"content": t}, None) for t in texts] + [({}, "stop")]
    events = [{"choices": [{"index": 0, "delta": d, "finish_reason": f}]} for d, f in deltas]
    return b"".join(b"data: " + json.dumps(e).encode() + b"\n\n" for e in events)


@pytest.mark.parametrize(
    ("texts", "read"), [(["a\ud83d"], "a\ufffd"), (["a\ud83d", "\ude00"], "a\U0001f600")]
)
def test_half_characters_are_mended(serve: Serve, texts: list[str], read: str) -> None:
    chat, _ = serve(200, "text/event-stream", _stream(*texts))
    shown: list[str] = []
    reply = chat.complete(ASK, on_text=shown.append)
    assert reply.text == read
    assert Reply.model_validate_json(reply.model_dump_json()) == reply
    "".join(shown).encode()  # a terminal must be able to print it


def test_half_characters_in_a_text_call_are_mended() -> None:
    _, calls = text_calls.parse(r'{"tool": "look", "arguments": {"w": "\ud83d"}}')
    assert calls[0].arguments == '{"w": "\ufffd"}'


def test_an_error_inside_a_200_keeps_its_kind_and_words(serve: Serve) -> None:
    body = {"error": {"message": "slow down, please", "code": 429}}
    chat, _ = serve(200, "application/json", json.dumps(body).encode())
    with pytest.raises(ChatError, match="slow down, please") as caught:
        chat.complete(ASK)
    assert caught.value.kind == "rate_limited"


@pytest.mark.parametrize(
    ("words", "falls_back"),
    [
        ("this model does not support tools", True),
        ("No endpoints found that support tool use", True),
        ("messages.3: tool_call_id 'x' not found in preceding tool_calls", False),
    ],
)
def test_only_a_refusal_of_tools_turns_them_into_text(
    serve: Serve, words: str, falls_back: bool
) -> None:
    chat, notices = serve(
        400, "application/json", json.dumps({"error": {"message": words}}).encode()
    )
    with pytest.raises(ChatError, match=words[:12]):
        chat.complete(ASK, [TOOL])
    assert any("calls go as JSON in text" in n for n in notices) == falls_back


@pytest.mark.parametrize("cost", [float("nan"), float("inf"), -5.0])
def test_a_cost_that_is_none_is_unknown(cost: float) -> None:
    assert read_usage({"cost": cost}).dollars is None


def test_a_free_reply_costs_nothing() -> None:
    assert read_usage({"cost": 0}).dollars == 0.0


def test_a_loop_of_blanks_is_read_in_no_time() -> None:
    start = time.perf_counter()
    assert text_calls.parse("```" + " " * 20_000 + "x")[1] == ()
    assert time.perf_counter() - start < 1


def test_a_damaged_file_of_bookings_loses_only_the_damaged_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MECHMENTOR_DATA", str(tmp_path))
    spending.book("a\u2028b\ud83d", Usage(dollars=0.5))
    with spending.spending_file().open("ab") as file:
        file.write(b"\xff\n" + b'{"time": "torn')
    spending.book("m", Usage(dollars=0.25))
    found = spending.totals()
    assert (found["today"]["dollars"], found["unreadable"]) == (0.75, 2)
