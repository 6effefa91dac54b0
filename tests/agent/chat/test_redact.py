"""No form of a secret survives, whatever stands around it and however it is cut."""

import base64
import json
from urllib.parse import quote, quote_plus

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mechmentor.agent.chat.redact import MARK, Redactor

SECRETS = st.text(
    st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40
).filter(lambda s: s not in f"{MARK}{MARK}")


@settings(max_examples=60, deadline=None)
@given(SECRETS, st.binary(max_size=7), st.binary(max_size=7), st.text(max_size=9))
def test_plain_encoded_and_shifted_forms_go(
    secret: str, before: bytes, after: bytes, around: str
) -> None:
    core = secret.encode()
    redactor = Redactor([secret])
    for code in (base64.b64encode, base64.urlsafe_b64encode):
        shown = redactor.text(around + code(before + core + after).decode() + around)
        for offset in range(3):
            first, last = -(-offset * 8 // 6), (offset + len(core)) * 8 // 6
            assert code(b"\0" * offset + core)[first:last].decode() not in shown
    for form in (secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]):
        assert form not in redactor.text(f"{around}{form}{around}")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(SECRETS, min_size=1, max_size=3),
    st.lists(st.one_of(st.text("ab [", max_size=5), st.integers(0, 2)), max_size=6),
    st.integers(1, 9),
)
def test_a_stream_is_as_clean_as_the_whole(
    secrets: list[str], parts: list[str | int], size: int
) -> None:
    text = "".join(p if isinstance(p, str) else secrets[p % len(secrets)] for p in parts)
    stream = Redactor(secrets).stream()
    pieces = [stream.feed(text[i : i + size]) for i in range(0, len(text), size)]
    shown = "".join([*pieces, stream.flush()])
    assert all(s not in shown for s in secrets)


@settings(max_examples=60, deadline=None)
@given(SECRETS, st.text("abc \n", max_size=60))
def test_text_without_secrets_is_untouched(secret: str, text: str) -> None:
    assume(secret not in text)
    redactor = Redactor([secret])
    assert redactor.text(text) == text
    stream = redactor.stream()
    assert "".join(map(stream.feed, text)) + stream.flush() == text


def test_nested_json_keeps_its_shape() -> None:
    value = {"a": ["x sk-12345678", 3, None], "sk-12345678": {"b": True}}
    assert Redactor(["sk-12345678"]).nested(value) == {
        "a": [f"x {MARK}", 3, None],
        MARK: {"b": True},
    }


def test_authorization_headers_go_even_when_the_secret_is_unknown() -> None:
    redactor = Redactor([])
    for text in (
        "Authorization: Bearer abc123",
        '{"authorization": "Basic dTpw"}',
        "{'Authorization': 'abc123'}",
        '"{\\"Authorization\\": \\"Bearer abc123\\"}"',
    ):
        shown = redactor.text(text)
        assert "abc123" not in shown
        assert "dTpw" not in shown
        assert MARK in shown


def test_a_line_is_cut_after_redaction() -> None:
    shown = Redactor(["sk-1234567890"]).line("x" * 15 + "\nsk-1234567890 tail", limit=20)
    assert "sk-1" not in shown
    assert len(shown) == 20


def test_placeholders_are_no_secrets() -> None:
    assert Redactor(["none", "", None]).text("none of these") == "none of these"
