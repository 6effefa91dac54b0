"""Prompt pairs: builders, files, and prompts whose tokens do not line up."""

import json

import pytest
import torch

from mechmentor.tests.tools.tiny_models import tiny_llama_model
from mechmentor.tools.intervene.pairs.aligned import check_aligned
from mechmentor.tools.intervene.pairs.builders import BUILDERS, build
from mechmentor.tools.intervene.pairs.choose import choose_pairs
from mechmentor.tools.spec import Refusal
from mechmentor.tools.workbench import Workbench

GOOD = {
    "clean": "Is the lamp by the river", "corrupted": "Is the lamp by the castle",
    "answer": " garden", "wrong": " tiger",
}  # fmt: skip


@pytest.fixture
def bench(tmp_path):
    return Workbench(tiny_llama_model(), folder=tmp_path)


def draw():
    return torch.Generator().manual_seed(0)


def chosen(bench, path, count=8):
    return choose_pairs(bench, str(path), count, chat=False, generator=draw())


@pytest.mark.slow
@pytest.mark.parametrize("name", BUILDERS)
def test_builders_make_pairs_of_one_length_that_differ(bundled_model, name):
    pairs = build(bundled_model, name, 4, draw())
    assert len(pairs) == 4
    assert len({len(p.clean) for p in pairs}) == 1
    assert all(p.differing and len(p.clean) == len(p.corrupted) for p in pairs)
    assert len({tuple(p.clean) for p in pairs}) == 4


def test_repeated_tokens_ask_for_what_followed(bench):
    (pair,) = build(bench.target, "repeated", 1, draw())
    tail = pair.clean.index(pair.clean[-1])
    assert pair.clean[tail + 1] == pair.answer
    assert pair.corrupted[tail + 1] == pair.wrong
    assert len(pair.differing) == 1


def test_a_file_gives_its_pairs(bench, tmp_path):
    path = tmp_path / "own.jsonl"
    longer = {**GOOD, "clean": "the river", "corrupted": "the castle"}
    path.write_text("\n".join(map(json.dumps, (GOOD, longer, GOOD))))
    pairs, warnings = chosen(bench, path)
    assert len(pairs) == 2
    assert "1 pairs were left out" in warnings[-1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no pair"),
        ("secret text", "line 1 is no pair"),
        ('{"clean": "a"}', "line 1 is no pair"),
        (json.dumps({**GOOD, "corrupted": "the old castle by a river"}), "line 1: clean has"),
    ],
)
def test_bad_files_are_refused_by_line_and_never_repeated(bench, tmp_path, text, message):
    path = tmp_path / "own.jsonl"
    path.write_text(text)
    with pytest.raises(Refusal, match=message) as refused:
        chosen(bench, path)
    assert "secret text" not in str(refused.value.failure)


def test_what_is_neither_builder_nor_file(bench, tmp_path):
    with pytest.raises(Refusal, match="no builder 'capital'"):
        chosen(bench, "capital")
    with pytest.raises(Refusal, match=r"there is no none\.jsonl"):
        chosen(bench, tmp_path / "none.jsonl")


def test_tokens_that_merge_across_the_edit_are_refused_with_the_fix():
    with pytest.raises(Refusal, match="joins the changed word 'cat'") as refused:
        check_aligned(["the", " cat sat", " down"], ["the", " dog sat", " down"])
    assert "change both words" in refused.value.failure.hint
    assert check_aligned(["the", " cat", " sat"], ["the", " dog", " sat"]) == []


def test_words_that_moved_are_named():
    (warning,) = check_aligned(["a", " b", "c", " d", " e"], ["a", " x", " d", " y", "z"])
    assert "'d' stands at different positions" in warning
