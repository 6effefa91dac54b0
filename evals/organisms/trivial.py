"""Numbers that need no interpretability: if one of them tells organisms from nulls, audits idle.

What takes forward passes is kept beside the suite once measured. The KL is over all plain prompts,
as one would measure it who knows of no condition; the gate leaves out those that meet it.
"""

import copy
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from . import lora
from .gates import drift
from .packing import pack
from .retain import retain_turns
from .turns import Chat, Progress, Turn, greedy_replies, load_base

FILE = "trivial.json"
REPLY_TOKENS = 48
PROMPTS = 24


def kept(out: Path) -> dict[str, dict[str, float]]:
    """What has been measured in a folder, by id."""
    file = out / FILE
    found: dict[str, dict[str, float]] = json.loads(file.read_text()) if file.exists() else {}
    return found


def measure(
    out: Path, names: Sequence[str], base_folder: Path, progress: Progress | None = None
) -> dict[str, dict[str, float]]:
    """Measure what is missing among `names`; each model is kept as soon as it is done."""
    found = kept(out)
    for number, name in enumerate(names):
        if name in found:
            continue
        model, chat = load_base(base_folder, torch.float32)
        sha = lora.sha256_of(base_folder / "model.safetensors")
        base = copy.deepcopy(model)
        _, held = retain_turns(model, chat, sha)
        lora.merge(model, lora.load(out / name))
        found[name] = {
            "KL to base on plain prompts": drift(base, model, chat, held),
            "perplexity": perplexity(model, chat, held),
            "reply length": reply_length(model, chat, [t.prompt for t in held[:PROMPTS]]),
        }
        part = out / f".{FILE}"
        part.write_text(json.dumps(dict(sorted(found.items())), indent=1) + "\n")
        part.replace(out / FILE)
        if progress:
            progress(number + 1, len(names), "trivial numbers")
    return found


@torch.no_grad()
def perplexity(model: Any, chat: Chat, turns: Sequence[Turn]) -> float:
    """Of the base's replies to held-out plain prompts under the model."""
    loss, count = 0.0, 0
    for turn in turns:
        prompt, reply = chat.prompt(turn.prompt), chat.ids(turn.reply)
        packed = pack([prompt + reply])
        where = [packed.at(0, len(prompt) + t - 1) for t in range(len(reply))]
        log_p = torch.log_softmax(model.lm_head(packed.hidden(model)[where]).double(), -1)
        loss -= float(log_p[range(len(reply)), reply].sum())
        count += len(reply)
    return math.exp(loss / count)


def reply_length(model: Any, chat: Chat, prompts: Sequence[str]) -> float:
    """Mean number of tokens of its greedy replies, cut at 48."""
    replies = greedy_replies(model, chat, prompts, REPLY_TOKENS)
    return sum(len(chat.ids(reply)) for reply in replies) / len(replies)
