"""Sorts what an API answers into: try again, fall back, or end with one clear line."""

import datetime
import email.utils
import re
from typing import Any, Literal

from .errors import ChatError, ContextOverflow, Kind
from .no_remote import NetworkForbidden
from .redact import Redactor
from .settings import Endpoint

LONGEST_WAIT = 30.0

_OVERFLOW = re.compile(
    r"context[ _-]?(?:length|window|size)|maximum context|prompt is too long|input is too long"
    r"|too many (?:input )?tokens|maximum number of (?:input )?tokens|reduce the length"
    r"|request too large",
    re.IGNORECASE,
)
_MODEL = re.compile(
    r"model[ _]?not[ _]?found|(?:not a valid|invalid|unknown|no such) model"
    r"|\bmodel\b.{0,120}(?:does ?n[o']t exist|not (?:be )?found|not available|unknown)"
    r"|no endpoints found|decommissioned",
    re.IGNORECASE | re.DOTALL,
)
_TOOLS = re.compile(r"\btools?\b|tool[_ -](?:use|choice|call)|function[_ -]?call", re.IGNORECASE)
_BROKEN = {"TransportError", "StreamError", "OSError", "JSONDecodeError", "UnicodeDecodeError"}
# A complaint about one message of the history does not mean that the endpoint knows no tools.
_HISTORY = re.compile(r"tool_(?:call|use)_id|messages?[.\[ ]*\d", re.IGNORECASE)
_QUOTA = re.compile(r"insufficient_quota|exceeded your current quota|billing", re.IGNORECASE)


class Fault(Exception):
    """One failed request. The text is redacted, and nothing of the request hangs on it.

    Attributes:
        kind: Kind of the `ChatError` that it becomes.
        status: HTTP status, where there was an answer.
        again: Whether the same request may succeed later.
        wait: Seconds that the server asked for.
        about: The part of the request that was refused, if the fault says so.
    """

    def __init__(
        self,
        text: str,
        kind: Kind,
        *,
        status: int | None = None,
        again: bool = False,
        wait: float | None = None,
        about: Literal["tools", "usage", "overflow"] | None = None,
    ) -> None:
        super().__init__(text)
        self.kind: Kind = kind
        self.status = status
        self.again = again
        self.wait = wait
        self.about = about

    def error(self, endpoint: Endpoint, tries: int = 1) -> ChatError:
        """The fault as the error that callers see."""
        times = f" ({tries} tries)" if tries > 1 else ""
        text = f"{endpoint.host}: {self}{times}{_fix(self, endpoint)}"
        text = Redactor(endpoint.secrets()).line(text, 500)
        return ContextOverflow(text) if self.about == "overflow" else ChatError(text, self.kind)


def classify(error: Exception, redactor: Redactor, *, tools_sent: bool) -> Fault | None:
    """What an exception of the client means.

    Args:
        error: From the SDK or its HTTP library.
        redactor: Cleans the server's words.
        tools_sent: Whether the request carried native tools.

    Returns:
        The fault; None where the exception is no fault of the endpoint.
    """
    chain = _chain(error)
    forbidden = next((e for e in chain if isinstance(e, NetworkForbidden)), None)
    if forbidden is not None:
        return Fault(str(forbidden), "unreachable")
    status = getattr(error, "status_code", None)
    body = getattr(error, "body", None)
    if isinstance(status, int):
        response = getattr(error, "response", None)
        words = redactor.line(_words(body) or _text(response) or _first(error))
        return from_status(
            status, words, wait=retry_after(getattr(response, "headers", {})), tools=tools_sent
        )
    names = {kind.__name__ for e in chain for kind in type(e).__mro__}
    if names & {"APITimeoutError", "TimeoutException", "TimeoutError"}:
        return Fault("no answer in time", "timeout", again=True)
    if names & {"UnsupportedProtocol", "InvalidURL", "LocalProtocolError"}:
        return Fault("this address or key cannot be sent", "wrong_url")
    if "APIConnectionError" in names or "ConnectError" in names:
        return Fault(f"cannot be reached: {_cause(chain, redactor)}", "unreachable", again=True)
    if "APIError" in names:  # an error that came inside a stream
        code = body.get("code") if isinstance(body, dict) else None
        status = int(str(code)) if str(code).isdigit() else 502
        return from_status(status, redactor.line(_words(body) or _first(error)), tools=tools_sent)
    if names & {
        "TransportError",
        "StreamError",
        "OSError",
        "JSONDecodeError",
        "UnicodeDecodeError",
    }:
        return cut()
    return None


def from_status(status: int, words: str, *, wait: float | None = None, tools: bool = True) -> Fault:
    """The fault of an HTTP status and the server's redacted words."""
    text = f"{status}: {words}" if words else f"status {status}"

    def fault(kind: Kind, **more: Any) -> Fault:
        return Fault(text, kind, status=status, **more)

    if status in (408, 504):
        return fault("timeout", again=True, wait=wait)
    if status == 429:
        return fault("rate_limited", again=not _QUOTA.search(words), wait=wait)
    if status in (401, 402, 403):
        return fault("auth")
    if status in (400, 413, 422) and _OVERFLOW.search(words):
        return fault("bad_request", about="overflow")
    if "stream_options" in words or "include_usage" in words:
        return fault("bad_request", about="usage")
    if tools and status in (400, 404, 405, 422, 501) and _no_tools(words):
        return fault("bad_request", about="tools")
    if status in (400, 404, 422) and _MODEL.search(words):
        return fault("unknown_model")
    if status in (301, 302, 307, 308, 404, 405):
        return fault("wrong_url")
    if status >= 500:
        return fault("unreachable", again=True, wait=wait)
    return fault("bad_request")


def _no_tools(words: str) -> bool:
    return bool(_TOOLS.search(words)) and not _HISTORY.search(words)


def from_body(value: Any, redactor: Redactor, *, tools_sent: bool) -> Fault | None:
    """The fault that some endpoints put into the body of a 200; None where there is none."""
    if not isinstance(value, dict) or not value.get("error") or value.get("choices"):
        return None
    inner = value["error"]
    code = str(inner.get("code")) if isinstance(inner, dict) else ""
    status = int(code) if code.isdecimal() and 400 <= int(code) <= 599 else 502
    return from_status(status, redactor.line(_words(value)), tools=tools_sent)


def cut() -> Fault:
    """A stream that ended before it said that it had finished."""
    return Fault("the reply was cut off", "unreachable", again=True)


def retry_after(headers: Any) -> float | None:
    """Seconds that a server asked to wait, capped; None where it did not say."""
    millis, text = headers.get("retry-after-ms"), headers.get("retry-after")
    try:
        if millis:
            seconds = float(millis) / 1000
        elif text and re.fullmatch(r"\s*[\d.]+\s*", text):
            seconds = float(text)
        elif text:
            now = datetime.datetime.now(datetime.UTC)
            seconds = (email.utils.parsedate_to_datetime(text) - now).total_seconds()
        else:
            return None
    except (ValueError, TypeError):
        return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


def _fix(fault: Fault, endpoint: Endpoint) -> str:
    if fault.about == "overflow":
        return ""
    if fault.kind == "auth" and fault.status == 402:
        return f"; the account of {endpoint.key_name} has no credit"
    path = f"the base URL {endpoint.base_url} (it usually ends in /v1)"
    return {
        "auth": f"; check {endpoint.key_name}",
        "unknown_model": f"; no model {endpoint.model!r} there, name another with --model",
        "wrong_url": f"; check {path}",
        "unreachable": "; check the address and the network, or try later",
        "rate_limited": "; wait, or take another model or provider",
        "timeout": "; try later, or take a faster model",
        "bad_request": "",
    }[fault.kind]


def _words(body: Any) -> str:
    """The message inside an error body, wherever providers put it."""
    if isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, dict):
        return body if isinstance(body, str) else ""
    inner = body.get("error", body)
    if not isinstance(inner, dict):
        return str(inner)
    raw = inner["metadata"].get("raw", "") if isinstance(inner.get("metadata"), dict) else ""
    code = inner.get("code")
    parts = [inner.get("message") or inner.get("detail"), raw, code if code != "null" else ""]
    return " ".join(str(p) for p in parts if p and not isinstance(p, int))


def _text(response: Any) -> str:
    try:
        text = str(response.text)
    except Exception:  # a body that was never read
        return ""
    return "" if text.lstrip()[:1] == "<" else text


def _first(error: Exception) -> str:
    return str(getattr(error, "message", "")) or type(error).__name__


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in found:
        found.append(at)
        at = at.__cause__ or at.__context__
    return found


def _cause(chain: list[BaseException], redactor: Redactor) -> str:
    return redactor.line(str(chain[-1]) or type(chain[-1]).__name__, 160)
