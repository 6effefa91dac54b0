"""Streaming, tool calls and usage over real HTTP on loopback."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from mechmentor.agent.chat.openai_chat import OpenAIChat
from mechmentor.agent.chat.wire import Pieces, read_usage
from mechmentor.app.fake_api import FakeAPI
from mechmentor.tests.agent.chat.conftest import ADD, KEY
from mechmentor.tools.spec import Message, ToolCall, Usage

ChatAt = Callable[..., OpenAIChat]
HELLO = [Message(role="system", content="Be brief."), Message(role="user", content="Hello?")]
TWO_CALLS = {
    "text": "Both at once.",
    "tool_calls": [
        {"name": "add", "arguments": {"a": 1}},
        {"name": "say", "arguments": {"word": "Grüße ```"}},
    ],
    "usage": {
        "prompt_tokens": 12,
        "completion_tokens": 5,
        "prompt_tokens_details": {"cached_tokens": 8},
        "cost": 0.00025,
    },
}
HISTORY = [
    *HELLO,
    Message(
        role="assistant",
        content="I add.",
        tool_calls=(
            ToolCall(id="c1", name="add", arguments='{"a": 1}'),
            ToolCall(id="c2", name="add", arguments='{"a": 2}'),
        ),
    ),
    Message(role="tool", content="one", tool_call_id="c1"),
    Message(role="tool", content="two", tool_call_id="c2"),
]


def test_text_streams_in_pieces_and_parallel_calls_are_assembled(chat_at: ChatAt) -> None:
    pieces: list[str] = []
    with FakeAPI([TWO_CALLS], key=KEY) as api:
        reply = chat_at(api.url).complete(HELLO, [ADD], pieces.append)
        sent = api.requests[0].body
    assert "".join(pieces) == reply.text == "Both at once."
    assert len(pieces) > 1
    assert [c.name for c in reply.tool_calls] == ["add", "say"]
    assert json.loads(reply.tool_calls[1].arguments) == {"word": "Grüße ```"}
    assert reply.finish == "tool_calls"
    assert reply.usage == Usage(input_tokens=12, output_tokens=5, cached_tokens=8, dollars=0.00025)
    assert sent["tools"] == [ADD]
    assert sent["stream_options"] == {"include_usage": True}


def test_history_goes_out_with_calls_and_results(chat_at: ChatAt) -> None:
    with FakeAPI([{"text": "Three."}]) as api:
        reply = chat_at(api.url).complete(HISTORY, [ADD])
        sent = api.requests[0].body["messages"]
    assert reply.finish == "stop"
    assert [m["role"] for m in sent] == ["system", "user", "assistant", "tool", "tool"]
    assert [c["id"] for c in sent[2]["tool_calls"]] == ["c1", "c2"]
    assert sent[4] == {"role": "tool", "content": "two", "tool_call_id": "c2"}


def test_an_unknown_cost_is_none_never_zero(chat_at: ChatAt) -> None:
    with FakeAPI([{"text": "Hi."}], faults={1: "no_usage"}) as api:
        assert chat_at(api.url).complete(HELLO).usage == Usage()
    with FakeAPI([{"text": "Hi."}]) as api:
        usage = chat_at(api.url).complete(HELLO).usage
    assert usage.input_tokens
    assert usage.dollars is None
    assert usage.cached_tokens is None
    assert read_usage({"cost": 0}).dollars == 0.0


def test_stream_options_are_dropped_once_refused(chat_at: ChatAt) -> None:
    with FakeAPI([{"text": "1"}, {"text": "2"}], faults=lambda n: "refuse_usage") as api:
        chat = chat_at(api.url)
        assert [chat.complete(HELLO).text for _ in range(2)] == ["1", "2"]
        assert ["stream_options" in r.body for r in api.requests] == [True, False, False]


def test_an_endpoint_without_tools_is_asked_in_text_and_said_once(
    chat_at: ChatAt, notices: list[str]
) -> None:
    with FakeAPI([TWO_CALLS, TWO_CALLS], mode="text") as api:
        chat = chat_at(api.url)
        first = chat.complete(HELLO, [ADD])
        chat.complete(HISTORY, [ADD])
        bodies = [r.body for r in api.requests]
    assert ["tools" in b for b in bodies] == [True, False, False]
    assert len(notices) == 1
    assert "JSON in text" in notices[0]
    assert first.text == "Both at once."
    assert [c.name for c in first.tool_calls] == ["add", "say"]
    assert json.loads(first.tool_calls[1].arguments) == {"word": "Grüße ```"}
    messages = bodies[2]["messages"]
    assert [m["role"] for m in messages] == ["system", "user", "assistant", "user"]
    assert '"name": "add"' in messages[0]["content"]
    assert '{"tool": "add", "arguments": {"a": 2}}' in messages[2]["content"]
    assert messages[3]["content"] == "Result of add:\none\n\nResult of add:\ntwo"


def test_text_mode_can_be_chosen(chat_at: ChatAt, notices: list[str]) -> None:
    with FakeAPI([TWO_CALLS], mode="text") as api:
        chat_at(api.url, tool_mode="text").complete(HELLO, [ADD])
        assert len(api.requests) == 1
    assert notices == []


@pytest.mark.parametrize("mode", ["native", "text"])
def test_malformed_arguments_stay_raw(chat_at: ChatAt, mode: Any) -> None:
    with FakeAPI([TWO_CALLS], mode=mode, faults={1: "malformed", 2: "malformed"}) as api:
        reply = chat_at(api.url, tool_mode="auto").complete(HELLO, [ADD])
    assert reply.tool_calls[0].name == "add"
    with pytest.raises(ValueError):  # noqa: PT011
        json.loads(reply.tool_calls[0].arguments)
    assert "broken" in reply.tool_calls[0].arguments


@pytest.mark.parametrize(("fault", "finish"), [("refusal", "refusal"), ("empty", "empty")])
def test_refusals_and_empty_replies_are_named(chat_at: ChatAt, fault: str, finish: str) -> None:
    with FakeAPI([TWO_CALLS], faults={1: fault}) as api:
        reply = chat_at(api.url).complete(HELLO, [ADD])
    assert reply.finish == finish
    assert reply.tool_calls == ()
    assert bool(reply.text) == (fault == "refusal")


@pytest.mark.parametrize(("given", "finish"), [("length", "length"), ("content_filter", "refusal")])
def test_finish_reasons(chat_at: ChatAt, given: str, finish: str) -> None:
    with FakeAPI([{"text": "Half a", "finish": given}]) as api:
        assert chat_at(api.url).complete(HELLO).finish == finish


def test_an_unknown_tool_is_passed_on(chat_at: ChatAt) -> None:
    with FakeAPI([TWO_CALLS], faults={1: "unknown_tool"}) as api:
        assert chat_at(api.url).complete(HELLO, [ADD]).tool_calls[0].name == "no_such_tool"


def test_an_endpoint_that_does_not_stream_is_read_too(chat_at: ChatAt) -> None:
    shown: list[str] = []
    with FakeAPI([TWO_CALLS], faults={1: "plain_json"}) as api:
        reply = chat_at(api.url).complete(HELLO, [ADD], shown.append)
    assert reply.text == "".join(shown) == "Both at once."
    assert len(reply.tool_calls) == 2


def test_an_error_of_the_listener_is_no_fault_of_the_endpoint(chat_at: ChatAt) -> None:
    def broken(text: str) -> None:
        raise OSError("pipe closed")

    with FakeAPI([TWO_CALLS]) as api, pytest.raises(OSError, match="pipe closed"):
        chat_at(api.url).complete(HELLO, [ADD], broken)


def _delta(*calls: dict[str, Any]) -> dict[str, Any]:
    return {"choices": [{"delta": {"tool_calls": list(calls)}}]}


def test_calls_that_all_carry_index_zero_stay_apart() -> None:
    pieces = Pieces()
    for number in (1, 2):
        function = {"name": f"t{number}", "arguments": f'{{"n": {number}}}'}
        pieces.add(_delta({"index": 0, "id": f"id{number}", "function": function}))
    assert [(c.id, c.arguments) for c in pieces.calls(set())] == [
        ("id1", '{"n": 1}'),
        ("id2", '{"n": 2}'),
    ]


def test_ids_are_new_in_the_conversation() -> None:
    pieces = Pieces()
    pieces.add(_delta({"index": 0, "id": "call_0", "function": {"name": "t", "arguments": ""}}))
    pieces.add(_delta({"index": 1, "function": {"name": "u", "arguments": {"a": 1}}}))
    first, second = pieces.calls({"call_0"})
    assert first.id not in ("", "call_0", second.id)
    assert second.id
    assert second.arguments == '{"a": 1}'
