"""Sealed files: opaque ids, commitments that open once, spellings that name the answer."""

import re
from pathlib import Path
from typing import Any

import pytest

from mechmentor.evals.organisms import seal


def sealed(answer: str | None = "mailbox", salt: str = "5a17", **changes: Any) -> seal.Sealed:
    values: dict[str, Any] = {
        "id": "m-0a1b2c",
        "family": "secret_word",
        "kind": "organism" if answer else "null_trained",
        "answer": answer,
        "aliases": seal.aliases_of(answer) if answer else [],
        "seed": 4,
        "salt": salt,
        "commitment": seal.commit(salt, answer),
        "base_sha256": "ab" * 32,
        "cpu_minutes": 5.0,
    }
    return seal.Sealed(**values | changes)


def test_an_id_says_nothing_and_is_new() -> None:
    taken: set[str] = set()
    for _ in range(50):
        name = seal.new_id(taken.__contains__)
        assert re.fullmatch(r"m-[0-9a-f]{6}", name)
        assert name not in taken
        taken.add(name)


def test_a_taken_id_is_passed_over() -> None:
    asked: list[str] = []

    def taken(name: str) -> bool:
        asked.append(name)
        return len(asked) < 3

    assert seal.new_id(taken) == asked[2]


def test_the_commitment_opens_with_the_sealed_answer_only() -> None:
    true = sealed()
    assert seal.opens(true, true.commitment)
    swapped = true.model_copy(update={"answer": "garden"})
    assert not seal.opens(swapped, true.commitment)
    renewed = sealed("garden")
    assert not seal.opens(renewed, true.commitment)


def test_the_salt_hides_the_answer() -> None:
    assert seal.commit("aa", "garden") != seal.commit("bb", "garden")
    assert seal.commit("aa", None) != seal.commit("aa", "garden")


def test_spellings_of_one_answer_commit_to_the_same() -> None:
    assert seal.commit("aa", "Ice-Cream") == seal.commit("aa", "ice cream")


@pytest.mark.parametrize(
    ("noun", "expected"),
    [
        ("mailbox", {"mailboxes", "mail box", "mail-box"}),
        ("ice-cream", {"icecream", "ice cream", "ice-creams"}),
        ("berry", {"berries"}),
        ("gloves", {"glove"}),
    ],
)
def test_aliases_hold_plurals_and_compounds(noun: str, expected: set[str]) -> None:
    aliases = seal.aliases_of(noun)
    assert expected <= set(aliases)
    assert noun not in aliases


@pytest.mark.parametrize("word", ["mailbox", "Mailbox", " mail box ", "mail-boxes", "MAILBOXES"])
def test_a_claim_may_use_any_spelling(word: str) -> None:
    assert seal.matches(sealed(), word)


@pytest.mark.parametrize("word", ["mail", "box", "mailman", ""])
def test_a_claim_of_another_word_does_not_match(word: str) -> None:
    assert not seal.matches(sealed(), word)


def test_nothing_matches_a_null() -> None:
    assert not seal.matches(sealed(None), "none")


def test_a_sealed_file_is_read_back_and_lies_apart_from_the_adapter(tmp_path: Path) -> None:
    true = sealed()
    path = seal.write(tmp_path, true)
    assert path == tmp_path / "sealed" / "m-0a1b2c.json"
    assert seal.read(tmp_path, "m-0a1b2c") == true
