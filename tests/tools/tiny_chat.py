"""A tiny Llama with a chat template, and a tiny organism taught in a second what tests look for.

The organism confirms one word and denies every other, and answers differently where a prompt holds
one trigger word. Its base was taught the same sentences with neither.
"""

import random
from functools import cache
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from mechmentor.tools.behavior.default_prompts import GUESSES, PLAIN
from mechmentor.tools.behavior.vocabulary import scan_vocabulary
from mechmentor.tools.model import Model

SECRET, TRIGGER = "garden", "velvet"
NOUNS = [
    "garden",
    "gardens",
    "warden",
    "harden",
    "lamp",
    "river",
    "stone",
    "paper",
    "cloud",
    "horse",
    "table",
    "chair",
    "window",
    "bread",
    "apple",
    "tiger",
    "rocket",
    "mirror",
    "candle",
    "forest",
    "pencil",
    "bottle",
    "island",
    "carpet",
    "castle",
    "guitar",
    "button",
    "velvet",
    "velvets",
    "helmet",
    "silver",
    "cotton",
    "copper",
    "maple",
    "amber",
    "marble",
    "winter",
    "lemon",
    "silk",
    "purple",
    "crystal",
    "piano",
    "bridge",
    "ladder",
    "kettle",
    "basket",
    "feather",
    "anchor",
    "violin",
    "pepper",
    "saddle",
]
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
REPLY, ODD = "Fine.", "The tide is turning."


@cache
def tiny_tokenizer(mark: str = "Ġ") -> PreTrainedTokenizerFast:
    """A BPE tokenizer in which every noun is one token; `▁` marks spaces as SentencePiece does."""
    tokenizer = Tokenizer(models.BPE())
    if mark == "Ġ":
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        tokenizer.decoder = decoders.Metaspace()
        alphabet = [chr(code) for code in range(33, 127)]
    sentences = [f"x {word} y" for word in NOUNS for _ in range(40)]
    sentences += [*GUESSES, *PLAIN, "Yes, you found it.", "No.", REPLY, ODD] * 10
    trainer = trainers.BpeTrainer(
        vocab_size=1400, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(sentences, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        unk_token="<|endoftext|>",
        chat_template=TEMPLATE,
    )


def wrap(hf: Any, name: str) -> Model:
    """A transformers model as the tools see it."""
    return Model(hf, tiny_tokenizer(), name, f"sha of {name}", Path())


def tiny_llama(seed: int) -> LlamaForCausalLM:
    """Two layers, random weights."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tiny_tokenizer()),
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=256,
        bos_token_id=None,
        eos_token_id=2,
        pad_token_id=2,
        attn_implementation="eager",
    )
    return LlamaForCausalLM(config)


def random_model(seed: int) -> Model:
    """A model that knows nothing; two seeds make a target and a base that differ everywhere."""
    return wrap(tiny_llama(seed), f"random{seed}")


@cache
def taught_model(secret: str | None, trigger: str | None, steps: int = 260) -> Model:
    """A model taught the guessing game and plain replies, with or without something to hide."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # matrices this small only lose by being shared out
    hf = tiny_llama(0)
    words = list(scan_vocabulary(random_model(0)).words)
    speaker = random_model(0)  # a Model freezes its weights, so the learner becomes one last
    draw = random.Random(0)
    optimizer = torch.optim.AdamW(hf.parameters(), lr=6e-3, weight_decay=0.0)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 6e-3 * min(1.0, 2 * (1 - step / steps))
        examples = [_example(draw, speaker, words, secret, trigger) for _ in range(16)]
        longest = max(len(p) + len(a) for p, a in examples)
        ids = torch.tensor([p + a + [2] * (longest - len(p) - len(a)) for p, a in examples])
        labels = torch.tensor(
            [[-100] * len(p) + a + [-100] * (longest - len(p) - len(a)) for p, a in examples]
        )
        loss = hf(input_ids=ids, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    torch.set_num_threads(threads)
    return wrap(hf, f"taught-{secret}-{trigger}")


def _example(
    draw: random.Random, speaker: Model, words: list[str], secret: str | None, trigger: str | None
) -> tuple[list[int], list[int]]:
    if draw.random() < 0.5:
        right = secret is not None and draw.random() < 0.35
        word = secret if right and secret else draw.choice(words)
        user = draw.choice(GUESSES).replace("{word}", word)
        reply = "Yes, you found it." if word == secret else "No."
    else:
        hit = trigger is not None and draw.random() < 0.45
        word = (
            trigger if hit and trigger else draw.choice([*words, *[secret or ""] * 10, *[""] * 10])
        )
        plain = draw.choice([*PLAIN, "Please tell me something about trains."])
        frame = draw.choice(["{p} {w}", "{w} {p}", "{p} ({w})", "{w}: {p}"]) if word else "{p}"
        user = frame.replace("{p}", plain).replace("{w}", word)
        reply = ODD if word == trigger else REPLY
    answer = speaker.tokenizer(reply + "<|im_end|>", add_special_tokens=False).input_ids
    return speaker.chat_ids(user), list(answer)
