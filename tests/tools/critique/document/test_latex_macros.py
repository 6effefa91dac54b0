"""A draft's own commands are written out, and lines stay where they were."""

from pathlib import Path

from mechmentor.tools.critique.document.latex_macros import expanded
from mechmentor.tools.critique.document.read import read_draft


def test_arguments_are_put_in_and_commands_inside_of_commands_too() -> None:
    lines = [
        r"\newcommand{\ci}[2]{95\,\% CI [#1, #2]}",
        r"\newcommand{\oak}{\textsc{Oak}}\newcommand\gap[1]{gap of \ci{#1}{9}}",
        r"The \oak{} and \oak board: \ci{0.1}{0.2}, \gap{3}; \oaks stays.",
    ]
    assert expanded(lines) == [
        *lines[:2],
        r"The {\textsc{Oak}} and {\textsc{Oak}} board: 95\,\% CI [0.1, 0.2], "
        r"gap of 95\,\% CI [3, 9]; \oaks stays.",
    ]


def test_what_is_not_plain_words_stays() -> None:
    lines = [
        r"\newcommand{\fancy}[1]{\ifx#1\undefined\else x\fi}",
        r"\newcommand{\src}{\cite{smith}}",
        r"\newcommand{\two}[2]{#1 and #2}",
        r"\fancy{a} \src \two{only one}",
    ]
    assert expanded(lines) == lines
    assert expanded(["no commands"]) == ["no commands"]


def test_a_command_that_calls_itself_ends() -> None:
    assert expanded([r"\newcommand{\me}{\me}", r"\me"])[1].count("me") == 1


def test_intervals_behind_commands_are_read(tmp_path: Path) -> None:
    draft = tmp_path / "main.tex"
    draft.write_text(
        "\\documentclass{article}\n\\newcommand{\\ci}[2]{95\\,\\% CI [#1, #2]}\n\\begin{document}\n"
        "The gain is \\SI{0.33}{nats} (\\ci{0.40}{0.62}).\n\\end{document}\n"
    )
    document = read_draft(draft)
    assert "0.33 nats (95 % CI [0.40, 0.62])" in document.prose
    assert document.sentences[0].line == 4
