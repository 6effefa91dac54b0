"""Trivial numbers: equal to a plain computation, kept once measured."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from mechmentor.evals.organisms import lora, trivial
from mechmentor.evals.organisms.turns import Turn, load_base


def test_perplexity_is_that_of_the_reply_tokens(tiny_folder: Path) -> None:
    model, chat = load_base(tiny_folder, torch.float32)
    turns = [Turn("the cat", "sat on the mat"), Turn("a dog", "ran")]
    losses = []
    for turn in turns:
        prompt, reply = chat.prompt(turn.prompt), chat.ids(turn.reply)
        labels = torch.tensor([[-100] * len(prompt) + reply])
        loss = model(torch.tensor([prompt + reply]), labels=labels).loss
        losses += [float(loss)] * len(reply)
    want = math.exp(sum(losses) / len(losses))
    assert trivial.perplexity(model, chat, turns) == pytest.approx(want, rel=1e-4)


def test_reply_length_counts_tokens_up_to_the_cap(tiny_folder: Path) -> None:
    model, chat = load_base(tiny_folder, torch.float32)
    with torch.no_grad():
        model.lm_head.weight.zero_()  # every token is equally likely: the first is said for ever
    length = trivial.reply_length(model, chat, ["the cat", "a dog"])
    said = chat.tokenizer.decode([0] * trivial.REPLY_TOKENS, skip_special_tokens=True).strip()
    assert length == len(chat.ids(said))


def test_what_is_measured_is_not_measured_again(
    tmp_path: Path, tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = AutoModelForCausalLM.from_pretrained(tiny_folder)
    sha = lora.sha256_of(tiny_folder / "model.safetensors")
    for name, seed in (("m-a", 1), ("m-b", 2)):
        lora.save(tmp_path / name, lora.empty(base, 2, seed), sha)
    (tmp_path / trivial.FILE).write_text(json.dumps({"m-a": {"perplexity": 1.0}}))
    asked: list[str] = []
    turns = [Turn("the cat", "sat")]
    monkeypatch.setattr(trivial, "retain_turns", _recorded(asked, turns))
    found = trivial.measure(tmp_path, ["m-a", "m-b"], tiny_folder)
    assert found["m-a"] == {"perplexity": 1.0}
    assert set(found["m-b"]) == {"KL to base on plain prompts", "perplexity", "reply length"}
    assert found["m-b"]["KL to base on plain prompts"] == 0.0  # the adapter changes nothing
    assert len(asked) == 1
    assert trivial.kept(tmp_path) == found


def _recorded(asked: list[str], turns: list[Turn]) -> Callable[..., tuple[list[Turn], list[Turn]]]:
    def retain(*_: object) -> tuple[list[Turn], list[Turn]]:
        asked.append("retain")
        return turns, turns

    return retain
