"""A scripted sampler whose important sentence is known; a plain count as the second computation."""

import re
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mechmentor.tools.behavior.resample_reasoning import (
    ResampleReasoningData,
    importances,
    last_match,
    split,
    variation,
)
from mechmentor.tools.spec import Failure, Result
from mechmentor.tools.workbench import Workbench

TRACE = "Let me think. There are two boxes. So the sum is 7. That seems right. I am done."


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def scripted(key: str) -> Any:
    """Answers 7 nine times in ten once `key` stands; before, one of five at random."""
    draw = seeded(3)

    def sample(start: str, n: int) -> list[str]:
        out = []
        for _ in range(n):
            sure = key in start and float(torch.rand(1, generator=draw)) < 0.9
            out.append("7" if sure else str(int(torch.randint(5, (1,), generator=draw))))
        return out

    return sample


def test_the_sentence_that_decides_is_found_and_no_other() -> None:
    sentences = split(TRACE)
    found = importances(sentences, scripted("sum is 7"), 40, seeded())
    assert max(range(5), key=lambda i: found.values[i]) == 2
    assert found.values[2] == pytest.approx(0.9, abs=0.15)
    assert found.p[2] < 0.01
    assert all(found.values[i] <= found.limit for i in (0, 1, 3, 4))
    assert found.answers[2:] == ["7", "7", "7"]


def test_nothing_decides_where_answers_do_not_depend_on_the_text() -> None:
    alarms = 0
    for seed in range(20):
        draw = seeded(seed)
        found = importances(
            ["A.", " B.", " C."],
            lambda start, n, draw=draw: [
                str(int(x)) for x in torch.randint(3, (n,), generator=draw)
            ],
            16,
            seeded(seed),
        )
        alarms += max(found.values) > found.limit
    assert alarms <= 4  # 5% of 20 is 1; five or more have probability 0.003


@given(st.lists(st.sampled_from("ab"), min_size=1), st.lists(st.sampled_from("abc"), min_size=1))
def test_variation_is_the_largest_difference_over_all_events(one: Any, other: Any) -> None:
    events = [{"abc"[i] for i in range(3) if bits >> i & 1} for bits in range(8)]
    share = lambda xs, e: sum(x in e for x in xs) / len(xs)  # noqa: E731
    assert variation(one, other) == pytest.approx(
        max(share(one, e) - share(other, e) for e in events)
    )


@given(st.text(alphabet="ab .!?\n", max_size=60))
def test_sentences_joined_are_the_text(text: str) -> None:
    assert "".join(split(text)).strip() == text.strip()


def test_the_last_match_is_the_answer() -> None:
    assert last_match(re.compile(r"\d+"), "3 and 4 are 7.") == "7"
    assert last_match(re.compile(r"\d+"), "none") == ""


def resampled(bench: Workbench, **arguments: Any) -> Result[ResampleReasoningData]:
    result = bench.run("resample_reasoning", **arguments)
    assert not isinstance(result, Failure), result
    return result


def test_it_runs_on_a_model_and_the_same_draw_comes_out_again(alone: Workbench) -> None:
    arguments = {"reasoning": "One. Two 2.", "n": 4, "max_new_tokens": 8}
    first = resampled(alone, **arguments)
    assert [s.text for s in first.data.sentences] == ["One.", " Two 2."]
    assert resampled(alone, **arguments).data == first.data


@pytest.mark.parametrize(
    "arguments", [{"answer": "("}, {"reasoning": "  "}, {"n": 1}, {"temperature": 0}]
)
def test_bad_arguments_are_refused(alone: Workbench, arguments: dict[str, Any]) -> None:
    result = alone.run("resample_reasoning", **arguments)
    assert isinstance(result, Failure)
    assert result.code == "bad_args"
