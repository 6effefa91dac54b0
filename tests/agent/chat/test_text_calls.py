"""Calls as JSON blocks: what is written is read again, and nothing makes the parser fail."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from mechmentor.agent.chat.text_calls import as_text, block, parse
from mechmentor.tools.spec import Message, ToolCall

NAMES = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.just("```json\n{"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
ARGUMENTS = st.dictionaries(st.text(max_size=6), VALUES, max_size=3)
PROSE = (
    st.text('abc .\n{}[]"`,:', max_size=20)
    .filter(lambda s: "``" not in s)
    .map(lambda s: s.strip("`"))
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(NAMES, ARGUMENTS, PROSE), min_size=1, max_size=3), PROSE)
def test_written_calls_are_read_again(
    calls: list[tuple[str, dict[str, Any], str]], opening: str
) -> None:
    text = opening
    for name, arguments, prose in calls:
        text += "\n" + block(ToolCall(id="x", name=name, arguments=json.dumps(arguments)))
        text += "\n" + prose
    rest, found = parse(text)
    assert [(c.name, json.loads(c.arguments)) for c in found] == [(n, a) for n, a, _ in calls]
    assert len({c.id for c in found}) == len(found)
    assert "```" not in rest


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.text(max_size=80),
        st.lists(
            st.sampled_from(
                [
                    "```",
                    "```json\n",
                    '{"tool": "t", ',
                    '"arguments": ',
                    "{",
                    "}",
                    "[",
                    "]",
                    '"',
                    ",",
                ]
            ),
            max_size=14,
        ).map("".join),
    )
)
def test_nothing_makes_the_parser_fail(text: str) -> None:
    rest, calls = parse(text)
    assert isinstance(rest, str)
    assert all(c.name and c.id for c in calls)


def test_prose_and_other_json_stay_text() -> None:
    text = 'See\n```json\n{"result": 3}\n```\nand ```python\nprint({"tool": 1})\n```'
    assert parse(text) == (text, ())


def test_bare_json_and_lists_are_calls() -> None:
    assert parse('{"tool": "t", "arguments": {"a": 1}}')[1][0].name == "t"
    several = '[{"tool": "t"}, {"name": "u", "arguments": "{\\"a\\": 1}"}]'
    assert [(c.name, c.arguments) for c in parse(f"```json\n{several}\n```")[1]] == [
        ("t", "{}"),
        ("u", '{"a": 1}'),
    ]


def test_broken_json_that_means_a_call_keeps_its_raw_arguments() -> None:
    rest, (call,) = parse('I try.\n```json\n{"tool": "t", "arguments": {"a": 1,}\n```\nDone.')
    assert (call.name, call.arguments) == ("t", '{"a": 1,}')
    assert rest == "I try.\n\nDone."


def test_calls_inside_thoughts_do_not_count() -> None:
    text = '<think>```json\n{"tool": "t", "arguments": {}}\n```</think>No call.'
    assert parse(text) == ("No call.", ())


def test_a_conversation_without_system_prompt_gets_one() -> None:
    tool = {"type": "function", "function": {"name": "t", "parameters": {}}}
    first, second = as_text([Message(role="user", content="Hi")], [tool])
    assert (first.role, second.role) == ("system", "user")
    assert '{"name": "t"' in first.content
