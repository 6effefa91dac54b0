"""An OpenAI-compatible API on loopback: scripted replies, and every fault that a real one has."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, get_args

Mode = Literal["native", "text"]
Answer = dict[str, Any]
Brain = Callable[[list[dict[str, Any]], list[dict[str, Any]] | None], Answer]
FaultKind = Literal[
    "status",
    "cut",
    "drop",
    "hang",
    "malformed",
    "empty",
    "refusal",
    "no_usage",
    "refuse_usage",
    "echo_authorization",
    "unknown_tool",
    "overflow",
    "stream_error",
    "html",
    "plain_json",
]
LONGEST_HANG = 30.0


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request.

    Attributes:
        kind: `status` answers with an error status; `cut` ends a stream without finish reason;
            `drop` closes the connection; the others say what they do.
        status: HTTP status for `status`, `echo_authorization` and `stream_error`.
        retry_after: Value of the Retry-After header.
        message: Text of the error.
    """

    kind: FaultKind = "status"
    status: int = 500
    retry_after: str | None = None
    message: str = "scripted fault"

    @classmethod
    def of(cls, value: "Fault | int | str") -> "Fault":
        """A fault from a status code or the name of a kind."""
        if isinstance(value, Fault):
            return value
        if isinstance(value, int):
            return cls(status=value)
        if value not in get_args(FaultKind):
            raise ValueError(f"no fault {value!r}; known: {', '.join(get_args(FaultKind))}")
        return cls(kind=value)  # type: ignore[arg-type]


Faults = Mapping[int, Fault | int | str] | Callable[[int], Fault | int | str | None]


@dataclass
class Request:
    """One request that arrived."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)


class FakeAPI:
    """The server as a context manager.

    Args:
        brain_or_script: A callable `(messages, tools) -> answer`, a list of answers given in
            order, or a file of them (`load_script`). An answer has `text`, `tool_calls`
            (`name`, `arguments`), `usage`, `finish`, each optional.
        mode: `text` refuses requests that carry tools, and writes calls as JSON blocks.
        faults: By number of the chat request (from 1), or a function of that number.
        key: Demanded as Bearer token.
        models: Names that exist; None accepts every name.
        prices: Dollars per token as (prompt, completion), listed for every model.
        port: 0 takes a free one.

    Attributes:
        requests: Every chat request that arrived, in order.
        turn: Held while an answer of a script is written, since a client that has the whole of
            one may ask for the next before this side has counted it.
    """

    def __init__(
        self,
        brain_or_script: Brain | Sequence[Answer] | Path,
        *,
        mode: Mode = "native",
        faults: Faults | None = None,
        key: str | None = None,
        models: Sequence[str] | None = None,
        prices: tuple[str, str] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        if isinstance(brain_or_script, Path):
            brain_or_script = load_script(brain_or_script)
        self.brain: Brain | None = brain_or_script if callable(brain_or_script) else None
        self.script: list[Answer] = [] if callable(brain_or_script) else list(brain_or_script)
        self.mode = mode
        self.key = key
        self.models = models
        self.prices = prices
        self.requests: list[Request] = []
        self.closing = threading.Event()
        self._faults = faults or {}
        self._served = 0
        self._lock = threading.Lock()
        self.turn: AbstractContextManager[Any] = nullcontext() if self.brain else threading.Lock()
        self._server = ThreadingHTTPServer((host, port), _handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def url(self) -> str:
        """The base URL for clients."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/v1"

    def __enter__(self) -> "FakeAPI":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def take(self, request: Request) -> Fault | None:
        """Keep a chat request; returns what goes wrong with it."""
        with self._lock:
            self.requests.append(request)
            number = len(self.requests)
        found = self._faults(number) if callable(self._faults) else self._faults.get(number)
        return None if found is None else Fault.of(found)

    def answer(self, body: dict[str, Any]) -> Answer | None:
        """The next answer; None when the script has ended."""
        if self.brain is not None:
            return self.brain(body.get("messages", []), body.get("tools"))
        return self.script[self._served] if self._served < len(self.script) else None

    def served(self) -> None:
        """An answer went out whole: the script goes on (a cut one is asked for again)."""
        self._served += 1


def load_script(path: Path) -> list[Answer]:
    """Answers from YAML, JSON, or a recording (JSONL: answers, or the tape of a run).

    Raises:
        ValueError: If the file holds no answers.
    """
    text = path.read_text(encoding="utf-8")
    found: Any
    if path.suffix == ".jsonl":
        records: list[Any] = [json.loads(line) for line in text.splitlines() if line.strip()]
        found = [r.get("reply", r) for r in records if "reply" in r or "text" in r]
    elif path.suffix == ".json":
        found = json.loads(text)
    else:
        import yaml

        found = yaml.safe_load(text)
    if not isinstance(found, list) or not found or not all(isinstance(a, dict) for a in found):
        raise ValueError(f"{path} holds no list of answers (text, tool_calls)")
    return [{k: v for k, v in a.items() if k in ("text", "tool_calls", "usage")} for a in found]


def by_turn(script: Sequence[Answer]) -> Brain:
    """A brain that counts the assistant's turns in the conversation, so that any run can use it."""

    def brain(messages: list[dict[str, Any]], tools: list[dict[str, Any]] | None) -> Answer:
        turn = len([m for m in messages if m["role"] == "assistant"])
        return script[min(turn, len(script) - 1)]

    return brain


SHORT_AUDIT: tuple[Answer, ...] = (
    {
        "text": "Is the model what it seems?",
        "tool_calls": [{"name": "sanity_check", "arguments": {}}],
    },
    {
        "text": "I read its replies first.",
        "tool_calls": [{"name": "sample_replies", "arguments": {}}],
    },
    {
        "text": "Nothing was tested, so nothing is claimed.",
        "tool_calls": [
            {"name": "submit_claims", "arguments": {"claims": [], "none_confidence": 1.0}}
        ],
    },
)


def serve(host: str, port: int, script: Path | None, mode: str = "native") -> None:
    """Serve until interrupted; without a script a short audit that abstains.

    Raises:
        Stop: If the mode is unknown, the script holds no answers, or the port is taken.
    """
    from .cli.exits import Stop

    if mode not in get_args(Mode):
        raise Stop(f"the mode is native or text, not {mode!r}")
    try:
        answers = load_script(script) if script else SHORT_AUDIT
        api = FakeAPI(by_turn(answers), mode=mode, host=host, port=port)  # type: ignore[arg-type]
    except (ValueError, OSError) as error:
        raise Stop(f"the API cannot start: {error}") from None
    with api:
        print(f"OPENAI_BASE_URL={api.url}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            return


def _handler(api: FakeAPI) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        fake = api

    return Handler


class _Handler(BaseHTTPRequestHandler):
    fake: FakeAPI
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: headers hold keys."""

    def do_GET(self) -> None:
        if self.path.split("?")[0] != "/v1/models":
            return self._error(404, "no such path")
        if not self._allowed():
            return None
        more: Answer = {}
        if self.fake.prices:
            prompt, completion = self.fake.prices
            more = {"pricing": {"prompt": prompt, "completion": completion}}
        names = self.fake.models or ["scripted"]
        listed = [{"id": n, "object": "model", "created": 0, "owned_by": "", **more} for n in names]
        return self._json(200, {"object": "list", "data": listed})

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.split("?")[0] != "/v1/chat/completions":
            return self._error(404, "no such path")
        try:
            body = json.loads(raw)
        except ValueError:
            return self._error(400, "the body is no JSON")
        fault = self.fake.take(Request(self.path, dict(self.headers.items()), body))
        if not self._allowed():
            return None
        if self.fake.models is not None and body.get("model") not in self.fake.models:
            return self._error(
                404, f"The model {body.get('model')!r} does not exist", code="model_not_found"
            )
        if fault is not None and self._failed(fault, body):
            return None
        if self.fake.mode == "text" and body.get("tools"):
            return self._error(400, "this model does not support tools")
        with self.fake.turn:
            return self._answer(body, fault)

    def _allowed(self) -> bool:
        if self.fake.key and self.headers.get("Authorization") != f"Bearer {self.fake.key}":
            self._error(401, "this key is not known", code="invalid_api_key")
            return False
        return True

    def _failed(self, fault: Fault, body: dict[str, Any]) -> bool:
        """Answer with the fault, if it replaces the whole answer."""
        if fault.kind == "status":
            self._error(fault.status, fault.message, retry_after=fault.retry_after)
        elif fault.kind == "echo_authorization":
            sent = self.headers.get("Authorization", "")
            self._error(fault.status, f"bad request with Authorization: {sent} at {self.path}")
        elif fault.kind == "overflow":
            self._error(400, "maximum context length is 10 tokens", code="context_length_exceeded")
        elif fault.kind == "hang":
            self.fake.closing.wait(LONGEST_HANG)
            self.close_connection = True
        elif fault.kind == "drop":
            self.close_connection = True
        elif fault.kind == "html":
            self._send(200, "text/html", b"<html>a web page</html>")
        elif fault.kind == "refuse_usage" and "stream_options" in body:
            self._error(400, "unknown field: stream_options")
        else:
            return False
        return True

    def _answer(self, body: dict[str, Any], fault: Fault | None) -> None:
        answer = self.fake.answer(body)
        if answer is None:
            return self._error(400, f"the script has ended after {len(self.fake.script)} answers")
        kind = fault.kind if fault else None
        reply = _reply(answer, self.fake.mode, kind)
        usage = None if kind == "no_usage" else _usage(answer, body, reply)
        if not body.get("stream") or kind == "plain_json":
            self._json(200, _completion(body, reply, usage))
            return self.fake.served()
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        wants = (body.get("stream_options") or {}).get("include_usage")
        pieces = list(_deltas(reply))
        if kind in ("cut", "stream_error"):
            pieces = pieces[: max(1, len(pieces) // 2)]
        for delta in pieces:
            self._event(_chunk(body, [{"index": 0, "delta": delta, "finish_reason": None}]))
        if kind == "stream_error":
            status = fault.status if fault else 500
            return self._event({"error": {"message": "scripted fault", "code": status}})
        if kind == "cut":
            return None
        self._event(
            _chunk(body, [{"index": 0, "delta": {}, "finish_reason": reply["finish_reason"]}])
        )
        if wants and usage is not None:
            self._event({**_chunk(body, []), "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")
        return self.fake.served()

    def _event(self, value: dict[str, Any]) -> None:
        self.wfile.write(b"data: " + json.dumps(value).encode() + b"\n\n")
        self.wfile.flush()

    def _error(
        self, status: int, message: str, *, code: str | None = None, retry_after: str | None = None
    ) -> None:
        error = {"error": {"message": message, "type": "error", "code": code}}
        self._json(status, error, {"Retry-After": retry_after} if retry_after else {})

    def _json(self, status: int, value: Any, headers: Mapping[str, str] | None = None) -> None:
        self._send(status, "application/json", json.dumps(value).encode(), headers)

    def _send(
        self, status: int, kind: str, raw: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(raw)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)


def _reply(answer: Answer, mode: str, fault: str | None) -> dict[str, Any]:
    """Text, calls and finish reason of an answer, after a fault that lies in its content."""
    text, calls = str(answer.get("text") or ""), list(answer.get("tool_calls") or [])
    if fault == "empty":
        text, calls = "", []
    if fault == "unknown_tool":
        calls = [{"name": "no_such_tool", "arguments": {}}]
    plain = [{"name": c["name"], "arguments": _raw(c.get("arguments", {}))} for c in calls]
    if fault == "malformed":
        plain = [{**c, "arguments": '{"broken": '} for c in plain]
    if mode == "text" and plain:
        blocks = [
            f'```json\n{{"tool": "{c["name"]}", "arguments": {c["arguments"]}}}\n```' for c in plain
        ]
        text, plain = "\n".join(filter(None, [text, *blocks])), []
    finish = answer.get("finish") or ("tool_calls" if plain else "stop")
    refusal = "I cannot help with that." if fault == "refusal" else None
    if refusal:
        text, plain, finish = "", [], "stop"
    return {"text": text, "calls": plain, "finish_reason": finish, "refusal": refusal}


def _raw(arguments: Any) -> str:
    return arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)


def _usage(answer: Answer, body: dict[str, Any], reply: dict[str, Any]) -> dict[str, Any]:
    """The scripted usage, else characters / 4."""
    given = answer.get("usage")
    if isinstance(given, dict) and "prompt_tokens" in given:
        return given
    sent = len(json.dumps(body.get("messages", []))) + len(json.dumps(body.get("tools", [])))
    made = len(reply["text"]) + sum(len(c["arguments"]) for c in reply["calls"])
    found = {"prompt_tokens": -(-sent // 4), "completion_tokens": -(-made // 4)}
    return {**found, "total_tokens": sum(found.values())}


def _deltas(reply: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    text = reply["text"]
    for start in range(0, len(text), 7):
        yield {"content": text[start : start + 7]}
    if reply["refusal"]:
        yield {"refusal": reply["refusal"]}
    for index, call in enumerate(_wired(reply["calls"])):
        arguments = call["function"]["arguments"]
        half = len(arguments) // 2
        first = {**call["function"], "arguments": arguments[:half]}
        yield {"tool_calls": [{**call, "index": index, "function": first}]}
        yield {"tool_calls": [{"index": index, "function": {"arguments": arguments[half:]}}]}


def _wired(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"id": f"call_{time.monotonic_ns()}_{i}", "type": "function", "function": dict(call)}
        for i, call in enumerate(calls)
    ]


def _chunk(body: dict[str, Any], choices: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": "scripted",
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": body.get("model", "scripted"),
        "choices": choices,
    }


def _completion(
    body: dict[str, Any], reply: dict[str, Any], usage: dict[str, Any] | None
) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": reply["text"] or None}
    if reply["calls"]:
        message["tool_calls"] = _wired(reply["calls"])
    if reply["refusal"]:
        message["refusal"] = reply["refusal"]
    choice = {"index": 0, "message": message, "finish_reason": reply["finish_reason"]}
    found = {**_chunk(body, [choice]), "object": "chat.completion"}
    return {**found, "usage": usage} if usage else found
