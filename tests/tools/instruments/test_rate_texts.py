"""Judges good, noisy, constant and off the scale; the form without a key; a second computation."""

import random
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from mechmentor.tools.instruments.rate_texts import (
    RateTextsData,
    by_words,
    parse,
    rank_correlation,
    retest,
)
from mechmentor.tools.runner import run_tool
from mechmentor.tools.spec import Failure, Message, Reply, Result

TEXTS = [f"Text number {i} " + "glad " * (i % 5) for i in range(30)]


class Judge:
    """A scripted language model: `answer` sees the rated text."""

    model = "scripted"

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.seen: list[str] = []

    def complete(self, messages: list[Message], tools: Any = None, on_text: Any = None) -> Reply:
        text = messages[-1].content.split("<text>\n")[1].split("\n</text>")[0]
        self.seen.append(text)
        return Reply(text=str(self.answer(text)))


def rated(chat: Any = None, **arguments: Any) -> Result[RateTextsData]:
    value = run_tool("rate_texts", {"texts": TEXTS, **arguments}, bench=None, chat=chat).value
    assert not isinstance(value, Failure), value
    return value


def test_a_steady_judge_is_trusted_and_sees_a_tenth_twice_in_another_order() -> None:
    judge = Judge(lambda text: text.count("glad") * 2)
    result = rated(judge, labels=[t.count("glad") for t in TEXTS])
    assert result.data.ratings == [t.count("glad") * 2 for t in TEXTS]
    assert result.data.reliability == 1
    assert result.data.agreement == pytest.approx(1)
    assert result.control
    assert result.control.beyond
    assert len(judge.seen) == 33
    assert sorted(set(judge.seen)) == sorted(t for t in TEXTS)
    assert judge.seen[:30] != TEXTS


def test_the_same_answer_to_everything_is_no_measurement() -> None:
    result = rated(Judge(lambda _: 7))
    assert result.data.reliability == 0
    assert result.control
    assert result.control.beyond is False
    assert "7 to everything" in result.warnings[0]
    assert result.summary.startswith("No effect beyond control")


def test_answers_outside_the_scale_are_told_and_not_used() -> None:
    result = rated(Judge(lambda text: 99 if "number 3 " in text else 5 + text.count("glad")))
    assert result.data.ratings[3] is None
    assert result.data.n_outside >= 1
    assert "outside the scale" in result.summary
    assert result.control
    assert result.control.beyond is False


def test_a_judge_that_throws_dice_shows_in_the_repeats() -> None:
    dice = random.Random(0)
    texts = [f"{t} {i}" for i, t in enumerate(TEXTS * 6)]
    result = rated(Judge(lambda _: dice.randint(0, 10)), texts=texts)
    assert result.data.reliability is not None
    assert result.data.reliability < 0.5


def test_without_a_key_words_are_counted_and_the_prompt_can_be_pasted() -> None:
    first = rated()
    assert first.data.judge == "word lists"
    lines = re.findall(r"<text>(.*?)</text>", first.data.paste)
    assert len(lines) == 33
    second = rated(answers=[str(line.count("glad")) for line in lines])
    assert second.data.judge == "pasted answers"
    assert second.data.ratings == [t.count("glad") for t in TEXTS]
    assert by_words("Glad, sad, sad day.", ["glad"], ["sad"]) == -25


def test_the_price_comes_first_and_asks_nobody() -> None:
    judge = Judge(lambda _: 1)
    assert rated(judge, price_only=True).data.estimated_tokens > 0
    assert judge.seen == []


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3))
def test_rank_correlation_is_spearmans(pairs: list[tuple[int, int]]) -> None:
    a, b = [float(x) for x, _ in pairs], [float(y) for _, y in pairs]
    own = rank_correlation(a, b)
    if own is None:
        assert len(set(a)) == 1 or len(set(b)) == 1
    else:
        assert own == pytest.approx(float(spearmanr(a, b).statistic), abs=1e-9)


@pytest.mark.parametrize(
    ("answer", "value"),
    [("7", 7.0), (" 7.\n", 7.0), ("Rating: 3", 3.0), ("11", None), ("", None), ("3 or 4", None)],
)
def test_only_one_number_on_the_scale_is_an_answer(answer: str, value: float | None) -> None:
    assert parse(answer, 0, 10) == value


def test_reliability_is_one_minus_noise_over_spread() -> None:
    assert retest([(1.0, 3.0)], [0.0, 4.0]).reliability == pytest.approx(1 - 2 / 4)


@pytest.mark.parametrize(
    "arguments", [{"low": 5, "high": 5}, {"labels": [1.0]}, {"answers": ["1"]}, {"texts": ["one"]}]
)
def test_bad_arguments_are_refused(arguments: dict[str, Any]) -> None:
    value = run_tool("rate_texts", {"texts": TEXTS, **arguments}, bench=None).value
    assert isinstance(value, Failure)
    assert value.code == "bad_args"
