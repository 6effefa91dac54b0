"""The scripted API speaks the protocol, so that what works against it works elsewhere."""

import json
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from mechmentor.app.cli.exits import Stop
from mechmentor.app.fake_api import SHORT_AUDIT, FakeAPI, Fault, by_turn, load_script, serve


def _post(api: FakeAPI, **body: Any) -> Any:
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], **body}
    request = urllib.request.Request(
        f"{api.url}/chat/completions",
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": "Bearer k"},
    )
    with urllib.request.urlopen(request, timeout=2) as answer:
        text = answer.read().decode()
    if not body.get("stream"):
        return json.loads(text)
    events = [line.removeprefix("data: ") for line in text.splitlines() if line]
    assert events.pop() == "[DONE]"
    return [json.loads(e) for e in events]


def test_whole_and_streamed_answers_agree() -> None:
    answer = {"text": "Hello there.", "tool_calls": [{"name": "t", "arguments": {"a": [1, 2]}}]}
    with FakeAPI([answer, answer]) as api:
        whole = _post(api)["choices"][0]
        chunks = _post(api, stream=True, stream_options={"include_usage": True})
        assert [r.body.get("stream") for r in api.requests] == [None, True]
        assert api.requests[0].headers["Authorization"] == "Bearer k"
    deltas = [c["choices"][0]["delta"] for c in chunks if c["choices"]]
    assert "".join(d.get("content") or "" for d in deltas) == whole["message"]["content"]
    pieces = [d["tool_calls"][0]["function"]["arguments"] for d in deltas if "tool_calls" in d]
    assert len(pieces) == 2
    assert json.loads("".join(pieces)) == {"a": [1, 2]}
    assert whole["finish_reason"] == chunks[-2]["choices"][0]["finish_reason"] == "tool_calls"
    assert chunks[-1]["usage"]["total_tokens"] > 0


def test_faults_have_status_and_header() -> None:
    with FakeAPI([], faults={1: Fault(status=429, retry_after="3")}) as api:
        with pytest.raises(urllib.error.HTTPError) as caught:
            _post(api)
        assert caught.value.code == 429
        assert caught.value.headers["Retry-After"] == "3"
    with pytest.raises(ValueError, match="no fault 'nonsense'"):
        Fault.of("nonsense")


def test_the_end_of_a_script_is_an_error() -> None:
    with FakeAPI([{"text": "1"}]) as api:
        _post(api)
        with pytest.raises(urllib.error.HTTPError) as caught:
            _post(api)
        assert "ended after 1" in caught.value.read().decode()


@pytest.mark.parametrize("stream", [False, True])
def test_a_fast_client_does_not_get_the_same_answer_twice(
    monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    served = FakeAPI.served

    def late(api: FakeAPI) -> None:
        threading.Event().wait(0.1)
        served(api)

    monkeypatch.setattr(FakeAPI, "served", late)
    with FakeAPI([{"text": "1"}, {"text": "2"}]) as api:
        _post(api, stream=stream)
        assert _post(api)["choices"][0]["message"]["content"] == "2"


def test_text_mode_refuses_tools_and_writes_blocks() -> None:
    with FakeAPI([{"tool_calls": [{"name": "t", "arguments": {}}]}], mode="text") as api:
        with pytest.raises(urllib.error.HTTPError) as caught:
            _post(api, tools=[{"type": "function"}])
        assert "tools" in caught.value.read().decode()
        message = _post(api)["choices"][0]["message"]
    assert "tool_calls" not in message
    assert '```json\n{"tool": "t", "arguments": {}}\n```' in message["content"]


def test_the_short_audit_follows_the_conversation() -> None:
    brain = by_turn(SHORT_AUDIT)
    messages: list[dict[str, Any]] = [{"role": "user"}]
    names = []
    for _ in range(3):
        names.append(brain(messages, None)["tool_calls"][0]["name"])
        messages += [{"role": "assistant"}, {"role": "tool"}]
    assert names == ["sanity_check", "sample_replies", "submit_claims"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("s.yaml", "- text: one\n- text: two\n  tool_calls: []\n"),
        ("s.json", '[{"text": "one"}, {"text": "two"}]'),
        ("s.jsonl", '{"kind": "ask"}\n{"kind": "reply", "reply": {"text": "one"}}\n{"text":"two"}'),
    ],
)
def test_scripts_and_recordings_are_read(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert [a["text"] for a in load_script(path)] == ["one", "two"]


def test_an_empty_script_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("{}")
    with pytest.raises(ValueError, match="no list of answers"):
        load_script(path)


def test_what_keeps_it_from_starting_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(Stop, match="native or text"):
        serve("127.0.0.1", 0, None, mode="other")
    with pytest.raises(Stop, match="cannot start"):
        serve("127.0.0.1", 0, tmp_path / "missing.yaml")


def test_requests_side_by_side_each_get_an_answer() -> None:
    with FakeAPI(lambda messages, tools: {"text": messages[-1]["content"]}) as api:
        found: dict[int, str] = {}

        def ask(n: int) -> None:
            reply = _post(api, messages=[{"role": "user", "content": str(n)}])
            found[n] = reply["choices"][0]["message"]["content"]

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {n: str(n) for n in range(5)}
