"""Retain prompts are fixed and ordinary; replies belong to one base alone."""

import hashlib
import json
from importlib import resources
from pathlib import Path

import platformdirs
import pytest
import torch

from mechmentor.evals.organisms import retain
from mechmentor.evals.organisms.turns import load_base

BUNDLED = "d8d8571b3af99053c8ad455ce009d8479eec5da515f80a417c075d0a7f317904"


def test_prompts_are_the_same_each_time_and_held_out_ones_apart() -> None:
    trained, held = retain.retain_prompts()
    assert (trained, held) == retain.retain_prompts()
    assert (len(trained), len(held)) == (retain.TRAINED, retain.HELD_OUT)
    assert not set(trained) & set(held)
    assert len(set(trained)) == len(trained)


def test_the_shipped_replies_fit_the_prompts_and_the_bundled_base() -> None:
    text = (resources.files(retain.__package__) / retain.SHIPPED).read_text(encoding="utf-8")
    kept = json.loads(text)
    trained, held = retain.retain_prompts()
    key = json.dumps([BUNDLED, retain.REPLY_TOKENS, trained + held])
    assert kept["key"] == hashlib.sha256(key.encode()).hexdigest()
    assert len(kept["replies"]) == len(trained + held)
    assert "Lima" in kept["replies"][trained.index("What is the capital of Peru?")]


def test_replies_are_made_once_and_only_for_their_own_base(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda *_: str(tmp_path))
    monkeypatch.setattr(retain, "REPLY_TOKENS", 3)
    monkeypatch.setattr(retain, "TRAINED", 5)
    monkeypatch.setattr(retain, "HELD_OUT", 2)
    model, chat = load_base(tiny_folder, torch.float32)
    made = retain.retain_turns(model, chat, "one base")
    assert retain.retain_turns(None, chat, "one base") == made
    with pytest.raises(AttributeError):
        retain.retain_turns(None, chat, "another base")
