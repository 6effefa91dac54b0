"""The happy/sad exercise with a language model as an instrument: prompts, steering, blind ratings.

The language model answers over HTTP; the same steps run without a key on shipped texts.
"""

from pathlib import Path
from typing import Any

import pytest

from mechmentor.agent.chat.connect import connect
from mechmentor.agent.chat.settings import resolve
from mechmentor.app.fake_api import FakeAPI
from mechmentor.tools.model import Model
from mechmentor.tools.runner import run_tool
from mechmentor.tools.spec import Chat, Failure
from mechmentor.tools.workbench import Workbench

KEY = "sk-test-0123456789abcdef"
GLAD, SAD = {"happy", "glad", "wonderful", "joy", "love", "great"}, {"sad", "alone", "cry", "lost"}


def writer_and_judge(messages: list[dict[str, Any]], tools: Any) -> dict[str, Any]:
    """Writes pairs when asked for them, else counts words as a judge of one text."""
    asked = messages[-1]["content"]
    if "<text>" not in asked:
        pairs = [
            f"I feel glad about the {i} cats. || I feel sad about the {i} cats." for i in "xyz"
        ]
        more = [f"What joy: day {i} is here. || I cry, day {i} is here." for i in range(9)]
        return {"text": "\n".join([*pairs, *more])}
    words = asked.split("<text>")[1].split("</text>")[0].lower().replace(".", " ").split()
    score = 5 + sum(w in GLAD for w in words) - sum(w in SAD for w in words)
    return {"text": str(max(0, min(10, score)))}


def rated_samples(bench: Workbench, chat: Chat | None, **steering: Any) -> tuple[Any, Any]:
    """Steering from written pairs, and the ratings of what it makes the model say."""
    written = run_tool("write_prompts", {}, bench=None, chat=chat).value
    assert not isinstance(written, Failure), written
    pairs = written.data.pairs
    steered = run_tool(
        "steering",
        {
            "positive": [p.first for p in pairs],
            "negative": [p.second for p in pairs],
            "up_words": sorted(GLAD),
            "down_words": sorted(SAD),
            "system_up": ["You are very happy.", "Everything delights you."],
            "system_down": ["You are very sad.", "Everything makes you cry."],
            **steering,
        },
        bench=bench,
    ).value
    assert not isinstance(steered, Failure), steered
    samples = [s.sample or "nothing" for s in steered.data.strengths]
    rated = run_tool("rate_texts", {"texts": samples}, bench=None, chat=chat).value
    assert not isinstance(rated, Failure), rated
    return steered, rated


def test_over_http_every_step_asks_the_model_and_keeps_its_controls(
    tiny_model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MECHMENTOR_DATA", str(tmp_path))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with FakeAPI(writer_and_judge, key=KEY) as api:
        chat = connect(resolve("custom", api.url, "scripted"))
        bench = Workbench(tiny_model, folder=tmp_path / "bench")
        steered, rated = rated_samples(bench, chat, max_new_tokens=8, draws=8)
        asked = [r.body["messages"][-1]["content"] for r in api.requests]
    assert rated.data.judge == "language model"
    assert len(rated.data.ratings) == 5
    assert steered.control.what
    ratings = [text for text in asked if "<text>" in text]
    assert len(ratings) == rated.data.n_asked == 5 + 2  # two are asked twice, unseen
    assert not any("steer" in text or "coefficient" in text for text in ratings), "not blind"


def test_without_a_key_the_same_steps_run_on_shipped_prompts_and_word_counts(
    tiny_model: Model, tmp_path: Path
) -> None:
    bench = Workbench(tiny_model, folder=tmp_path / "bench")
    _, rated = rated_samples(bench, None, max_new_tokens=8, draws=8)
    assert rated.data.judge == "word lists"
    assert rated.data.paste


@pytest.mark.slow
def test_on_the_bundled_model_half_a_step_either_way_is_rated_so(
    bundled_model: Model, tmp_path: Path
) -> None:
    bench = Workbench(bundled_model, folder=tmp_path / "bench")
    steered, rated = rated_samples(bench, None, coefficients=[-0.5, 0.5])
    low, plain, high = (s.text for s in steered.data.strengths)
    assert low < plain < high
    first, *_, last = rated.data.ratings
    assert first < last
