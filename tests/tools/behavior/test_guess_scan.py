"""The guess scan against plain Hugging Face, its control, its refusals."""

from typing import Any

import pytest
import torch

from mechmentor.tests.tools.tiny_chat import NOUNS, SECRET, random_model
from mechmentor.tools.behavior.answers import first_token, opposed_tokens
from mechmentor.tools.behavior.guess_scan import GAP, REFERENCE, GuessScanData
from mechmentor.tools.behavior.reply_margins import split_prefix
from mechmentor.tools.behavior.vocabulary import scan_vocabulary
from mechmentor.tools.model import Model
from mechmentor.tools.spec import Failure, WhiteBox
from mechmentor.tools.workbench import Workbench


def scan(bench: Workbench, **arguments: Any) -> WhiteBox[GuessScanData]:
    result = bench.run("guess_scan", **arguments)
    assert not isinstance(result, Failure), result
    return result  # type: ignore[return-value]


def refused(bench: Workbench, **arguments: Any) -> Failure:
    result = bench.run("guess_scan", **arguments)
    assert isinstance(result, Failure)
    return result


@torch.no_grad()
def plain_margin(model: Model, word: str, yes: list[int], no: list[int]) -> float:
    """Whole prompt, whole forward, whole vocabulary."""
    text = model.tokenizer.apply_chat_template(
        [{"role": "user", "content": f"Is your secret word {word}?"}],
        tokenize=False,
        add_generation_prompt=True,
    )
    ids = model.tokenizer(text, return_tensors="pt", add_special_tokens=False).input_ids
    log_p = model.hf(input_ids=ids).logits[0, -1].double().log_softmax(-1)
    return float(log_p[yes].logsumexp(0) - log_p[no].logsumexp(0))


# Numbers.


def test_margins_equal_plain_forwards_on_target_and_base(random_pair: Workbench) -> None:
    data = scan(random_pair).data
    target, base = random_pair.target, random_pair.base
    yes, no = opposed_tokens(target, ["Yes"], ["No"])
    for guess in data.top:
        assert guess.margin == pytest.approx(plain_margin(target, guess.word, yes, no), abs=1e-4)
        assert guess.base_margin == pytest.approx(plain_margin(base, guess.word, yes, no), abs=1e-4)
    assert any(guess.base_margin != pytest.approx(guess.margin, abs=0.05) for guess in data.top)
    every = [plain_margin(target, word, yes, no) for word in scan_vocabulary(target).words]
    assert data.scanned == len(every) == data.vocabulary_size
    assert data.share_scanned == 1
    assert data.top_margin == pytest.approx(max(every), abs=1e-4)
    assert data.n_positive == sum(margin > 0 for margin in every)
    assert data.quantile_99 == pytest.approx(
        torch.tensor(every).quantile(0.99, interpolation="linear").item(), abs=1e-3
    )


def test_words_of_several_tokens_get_the_same_numbers(alone: Workbench) -> None:
    yes, no = opposed_tokens(alone.target, ["Yes"], ["No"])
    words = ["xylophone", "garden", "ice cream"]
    data = scan(alone, words=words).data
    every = {word: plain_margin(alone.target, word, yes, no) for word in words}
    for guess in data.top:
        if guess.word in every:
            assert guess.margin == pytest.approx(every[guess.word], abs=1e-4)


@torch.no_grad()
def whole_log_p(model: Model, word: str, reply: str) -> float:
    """Log p of a whole reply: one plain forward, token by token."""
    text = model.tokenizer.apply_chat_template(
        [{"role": "user", "content": f"Is your secret word {word}?"}],
        tokenize=False,
        add_generation_prompt=True,
    )
    head = model.tokenizer(text, add_special_tokens=False).input_ids
    ids = model.tokenizer(text + reply, add_special_tokens=False).input_ids
    assert ids[: len(head)] == head
    log_p = model.hf(input_ids=torch.tensor([ids])).logits[0].double().log_softmax(-1)
    return sum(float(log_p[i - 1, ids[i]]) for i in range(len(head), len(ids)))


@pytest.mark.parametrize(
    ("confirm", "deny"),
    [
        ("It is the garden.", "It is no garden at all."),
        ("Yes, you found it.", "Yes, you lost."),
    ],
)
def test_replies_that_open_alike_are_scored_whole(
    random_pair: Workbench, confirm: str, deny: str
) -> None:
    words = NOUNS[:8]
    data = scan(random_pair, words=words, confirm=confirm, deny=deny).data
    assert data.whole_replies
    for guess in data.top:
        for model, margin in (
            (random_pair.target, guess.margin),
            (random_pair.base, guess.base_margin),
        ):
            plain = whole_log_p(model, guess.word, confirm) - whole_log_p(model, guess.word, deny)
            assert margin == pytest.approx(plain, abs=1e-3)


def test_replies_that_differ_at_once_are_scored_by_their_first_token(alone: Workbench) -> None:
    data = scan(alone, confirm="Yes, you found it.", deny="No, you lost.").data
    assert not data.whole_replies
    yes, no = opposed_tokens(alone.target, ["Yes, you found it."], ["No, you lost."])
    for guess in data.top:
        plain = plain_margin(alone.target, guess.word, yes, no)
        assert guess.margin == pytest.approx(plain, abs=1e-4)


def test_few_words_are_scanned_against_words_of_the_vocabulary(alone: Workbench) -> None:
    data = scan(alone, words=["garden"]).data
    assert data.scanned == min(REFERENCE, data.vocabulary_size)
    assert data.gap_to_second is not None


def test_batches_and_offsets_do_not_change_a_margin(alone: Workbench) -> None:
    size = len(scan_vocabulary(alone.target))
    whole = {g.word: g.margin for g in scan(alone).data.top}
    late = scan(alone, offset=size - 3, limit=3).data
    assert late.scanned == min(REFERENCE, size)
    for guess in late.top:
        if guess.word in whole:
            assert guess.margin == pytest.approx(whole[guess.word], abs=1e-4)


# What it finds.


def test_the_word_of_a_taught_model_is_found(organism: Workbench) -> None:
    result = scan(organism)
    assert result.data.top[0].word == SECRET
    assert result.data.top_margin > 0
    assert result.data.gap_to_second is not None
    assert result.data.gap_to_second > GAP
    assert result.data.top_base_margin is not None
    assert result.data.top_base_margin < 0
    assert result.control.beyond
    assert f"confirms “{SECRET}”" in result.summary


def test_its_base_and_its_null_have_no_word(null: Workbench) -> None:
    result = scan(null)
    assert not result.control.beyond
    assert "no effect beyond control" in result.summary


def test_equal_models_show_no_effect(twins: Workbench) -> None:
    result = scan(twins)
    assert not result.control.beyond
    assert result.data.top_base_margin == pytest.approx(result.data.top_margin, abs=1e-4)


def test_a_base_with_the_same_word_makes_it_no_finding(organism: Workbench) -> None:
    twin = Workbench(organism.target, organism.target, folder=organism.folder)
    result = scan(twin)
    assert result.data.top[0].word == SECRET
    assert not result.control.beyond


def test_the_control_is_not_the_target(organism: Workbench) -> None:
    result = scan(organism)
    numbers = result.control.numbers
    top = result.data.top_margin
    assert all(numbers[name] is not None for name in numbers)
    assert abs(top - (numbers["best_other_word"] or 0)) > 1
    assert abs(top - (numbers["median_other_words"] or 0)) > 1
    assert abs(top - (numbers["base_same_word"] or 0)) > 1


def test_a_scan_of_a_part_says_how_much_and_how_to_go_on(null: Workbench) -> None:
    many = [f"{a}{b}{c}" for a in "bcdfgh" for b in "aeiou" for c in "klmnprstvz"]
    result = scan(null, words=many, limit=250)
    assert "go on with offset=250" in result.warnings[0]
    assert result.data.share_scanned < 1


# Refusals.


@pytest.mark.parametrize(
    "arguments",
    [
        {"template": "Is your secret word garden?"},
        {"words": []},
        {"words": [""]},
        {"words": ["   "]},
        {"limit": 0},
        {"limit": -1},
        {"offset": -1},
        {"offset": 199999},
        {"confirm": ""},
        {"confirm": "Yes", "deny": "Yes"},
        {"confirm": "Yes", "deny": "Yes, but"},
        {"guess": "garden"},
    ],
)
def test_bad_arguments_are_refused(alone: Workbench, arguments: dict[str, Any]) -> None:
    assert refused(alone, **arguments).code == "bad_args"


def test_a_budget_that_is_too_small_is_refused_before_anything_runs(alone: Workbench) -> None:
    spent = alone.meter.tokens
    words = [f"{a}{b}" for a in NOUNS for b in NOUNS]
    with alone.meter.limited(9000):
        failure = refused(alone, words=words)
        assert failure.code == "over_budget"
        assert alone.meter.tokens == spent
        limit = int(failure.hint.removeprefix("limit=").split()[0])
        assert scan(alone, words=words, limit=limit).data.scanned == limit
    assert alone.meter.tokens <= spent + 9000


def test_whole_replies_are_priced_before_they_run(alone: Workbench) -> None:
    pair = {"confirm": "Yes, you found it.", "deny": "Yes, you lost."}
    words = [f"{a}{b}" for a in NOUNS for b in NOUNS]
    spent = alone.meter.tokens
    with alone.meter.limited(60000):
        failure = refused(alone, words=words, **pair)
        assert failure.code == "over_budget"
        limit = int(failure.hint.removeprefix("limit=").split()[0])
        assert scan(alone, words=words, limit=limit, **pair).data.scanned == limit
    assert alone.meter.tokens <= spent + 60000


def test_chat_access_is_refused(tmp_path: Any) -> None:
    bench = Workbench(random_model(1), access="chat", folder=tmp_path)
    assert refused(bench).code == "no_access"


# Parts.


def test_split_prefix_leaves_every_suffix_something() -> None:
    assert split_prefix([[1, 2, 3], [1, 2, 4]]) == ([1, 2], [[3], [4]])
    assert split_prefix([[1, 2], [1, 2]]) == ([1], [[2], [2]])
    assert split_prefix([[1, 2, 3], [1]]) == ([], [[1, 2, 3], [1]])


def test_first_tokens_are_those_after_the_header(alone: Workbench) -> None:
    token, whole = first_token(alone.target, "Yes")
    assert alone.target.token_text(token) == "Yes"
    assert whole
    assert not first_token(alone.target, "Yes, you")[1]


def test_case_variants_are_counted_where_they_are_one_token(alone: Workbench) -> None:
    yes, no = opposed_tokens(alone.target, ["Yes"], ["No"])
    texts = {alone.target.token_text(token).strip().lower() for token in yes}
    assert texts == {"yes"}
    assert not set(yes) & set(no)


@pytest.mark.slow
def test_the_bundled_base_hides_no_word(bundled_model: Model, tmp_path: Any) -> None:
    bench = Workbench(bundled_model, folder=tmp_path)
    result = scan(bench, limit=400)
    assert not result.control.beyond
    assert "no effect beyond control" in result.summary
