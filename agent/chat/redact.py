"""Takes secrets out of text: plain, base64, URL-encoded, escaped; and Authorization values."""

import base64
import json
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, quote_plus

MARK = "[redacted]"
# Shorter "secrets" are placeholders such as `none`; removing them would rewrite ordinary words.
SHORTEST = 6

_HEADER = re.compile(
    r"""((?:proxy-)?authorization\\?["']?\s*[:=,]\s*\\?["']?)"""
    r"""(?:(?:bearer|basic|token)\s+)?[^\s"',}\\]+""",
    re.IGNORECASE,
)
_BEARER = re.compile(r"\b(bearer\s+)(?=[\w.~+/-]*\d)[\w.~+/-]{16,}=*", re.IGNORECASE)


class Redactor:
    """Removes a fixed set of secrets from whatever leaves this package.

    Args:
        secrets: The secrets; None and very short ones are ignored.
    """

    def __init__(self, secrets: Iterable[str | None]) -> None:
        kept = {s for s in secrets if s and len(s) >= SHORTEST}
        found = {form for secret in kept for form in _forms(secret)}
        self._forms = sorted(found, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, self._forms)) or r"(?!)")

    def __repr__(self) -> str:
        return f"Redactor({len(self._forms)} forms)"

    def text(self, text: str) -> str:
        """`text` without any secret or Authorization value."""
        text = self._pattern.sub(MARK, text)
        return _BEARER.sub(rf"\1{MARK}", _HEADER.sub(rf"\1{MARK}", text))

    def plain(self, text: str) -> str:
        """`text` without any secret; other Authorization values stay (for a model's own prose)."""
        return self._pattern.sub(MARK, text)

    def nested(self, value: Any) -> Any:
        """The same JSON value with every string in it redacted, keys included."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.nested(k): self.nested(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.nested(item) for item in value)
        return value

    def line(self, text: str, limit: int = 300) -> str:
        """One redacted line; cut only after redaction, so that no piece of a key survives."""
        # Twice: joining lines can complete a secret that held a line break, and the reverse.
        flat = " ".join(self.text(text).split())
        flat = self.text(flat)
        return flat if len(flat) <= limit else flat[: limit - 1] + "…"

    def stream(self) -> "StreamRedactor":
        """A redactor for text that arrives in pieces."""
        return StreamRedactor(self)

    def _cut(self, text: str) -> int:
        """Where `text` may be cut so that no secret is split."""
        cut = len(text)
        for form in self._forms:
            for size in range(min(len(form) - 1, len(text)), 0, -1):
                if text.endswith(form[:size]):
                    cut = min(cut, len(text) - size)
                    break
        for match in self._pattern.finditer(text):
            if match.start() < cut < match.end():
                return match.start()
        return cut


class StreamRedactor:
    """Holds back the end of a text for as long as it may be the beginning of a secret."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._kept = ""

    def feed(self, piece: str) -> str:
        """What may be shown after `piece` has arrived."""
        text = self._kept + piece
        cut = self._redactor._cut(text)
        self._kept = text[cut:]
        return self._redactor.plain(text[:cut])

    def flush(self) -> str:
        """What was held back, at the end of the text."""
        text, self._kept = self._kept, ""
        return self._redactor.plain(text)


def _forms(secret: str) -> set[str]:
    raw = secret.encode("utf-8", "surrogatepass")
    quoted = {quote(raw), quote(raw, safe=""), quote_plus(raw), "".join(f"%{b:02X}" for b in raw)}
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    forms = {secret, repr(secret)[1:-1]} | quoted | escaped
    forms |= {re.sub("%[0-9A-F]{2}", lambda m: m[0].lower(), form) for form in quoted}
    for offset in range(3):
        # Characters that also depend on a neighbour are left out: 8 bits a byte, 6 a character.
        first, last = -(-offset * 8 // 6), (offset + len(raw)) * 8 // 6
        code = base64.b64encode(b"\0" * offset + raw)[first:last].decode()
        forms |= {code, code.replace("+", "-").replace("/", "_")}
    return {form for form in forms if form}
