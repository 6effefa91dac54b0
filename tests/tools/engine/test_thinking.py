"""Templates of five families: the switch, the system prompt, thought and answer."""

import copy
from pathlib import Path

import pytest
import torch

from mechmentor.tests.tools import chat_templates as templates
from mechmentor.tests.tools.tiny_chat import random_model
from mechmentor.tools.engine.thinking import Thought, opens_thought, split_thought
from mechmentor.tools.model import Model
from mechmentor.tools.spec import Failure
from mechmentor.tools.workbench import Workbench

EMPTY = "<think>\n\n</think>\n\n"


def speaking(template: str) -> Model:
    model = random_model(1)
    model.tokenizer = copy.deepcopy(model.tokenizer)
    model.tokenizer.chat_template = template
    model.tokenizer.bos_token = "<|endoftext|>"
    return model


def test_the_hybrid_thinks_or_not_by_its_own_switch() -> None:
    model = speaking(templates.QWEN3)
    assert model.chat_text("Hi.", thinking="off").endswith(f"assistant\n{EMPTY}")
    assert model.chat_text("Hi.").endswith(EMPTY)
    assert model.chat_text("Hi.", thinking="on").endswith("assistant\n")
    assert model.chat_text("Hi.", thinking="auto").endswith("assistant\n")
    assert not opens_thought(model.chat_text("Hi.", thinking="off"))


def test_a_thinking_only_model_is_inside_its_thought_unless_that_is_switched_off() -> None:
    model = speaking(templates.QWEN3_THINKING)
    for thinking in ("on", "auto"):
        assert opens_thought(model.chat_text("Hi.", thinking=thinking))
    for text in (model.chat_text("Hi."), model.chat_text("Hi.", prefill="Yes", system="Short.")):
        assert not opens_thought(text)
        assert text.removesuffix("Yes").endswith(f"assistant\n{EMPTY}")
    assert model.chat_ids("Hi.", prefill="Yes")[: len(model.chat_ids("Hi."))] == model.chat_ids(
        "Hi."
    )


def test_a_template_without_a_system_role_gets_it_with_the_first_message() -> None:
    for template in (templates.GEMMA2, templates.GEMMA3):
        text = speaking(template).chat_text("Hi.", system="Be brief.")
        assert text.endswith(
            "<start_of_turn>user\nBe brief.\n\nHi.<end_of_turn>\n<start_of_turn>model\n"
        )
        assert text.count("<|endoftext|>") == 1


def test_one_start_token_and_no_date_of_today() -> None:
    model = speaking(templates.LLAMA3)
    text = model.chat_text("Hi.", system="Be brief.", prefill="Yes")
    assert "Today Date: 01 Jan 2025\n\nBe brief." in text
    assert text.endswith("assistant<|end_header_id|>\n\nYes")
    ids = model.chat_ids("Hi.")
    assert ids.count(model.tokenizer.bos_token_id) == 1


@pytest.mark.parametrize(
    ("reply", "opened", "found"),
    [
        ("Paris.", False, Thought(None, "Paris.")),
        ("<think>\nHm.\n</think>\n\nParis.", False, Thought("Hm.", "Paris.")),
        ("Hm.\n</think>\n\nParis.", True, Thought("Hm.", "Paris.")),
        ("Hm, never closed", True, Thought("Hm, never closed", "")),
        ("<think>\n\n</think>\n\nParis.", False, Thought(None, "Paris.")),
    ],
)
def test_thought_and_answer_are_kept_apart(reply: str, opened: bool, found: Thought) -> None:
    assert split_thought(reply, opened=opened) == found


def test_replies_of_a_thinking_only_model_keep_the_thought_out_of_the_answer(
    tmp_path: Path,
) -> None:
    bench = Workbench(speaking(templates.QWEN3_THINKING), folder=tmp_path)
    found = bench.run("sample_replies", prompts=["Hi."], max_new_tokens=6, thinking="on")
    assert not isinstance(found, Failure)
    (row,) = found.data.rows
    assert row.thought  # six tokens never close it
    assert row.reply == ""
    hybrid = Workbench(speaking(templates.QWEN3), folder=tmp_path)
    found = hybrid.run("sample_replies", prompts=["Hi."], max_new_tokens=6)
    assert not isinstance(found, Failure)
    assert found.data.rows[0].thought is None
    assert found.data.rows[0].reply


def test_tools_without_the_switch_read_answers_never_thoughts(tmp_path: Path) -> None:
    model = speaking(templates.QWEN3_THINKING)
    found = Workbench(model, folder=tmp_path).run("next_token", prompt="Hi.")
    assert not isinstance(found, Failure)
    closed = f"{model.chat_text('Hi.', thinking='on')}\n</think>\n\n"
    logits = model.hf(input_ids=torch.tensor([model.tokenizer(closed).input_ids])).logits[0, -1]
    top = found.data.top[0]
    assert top.id == int(logits.argmax())
    assert top.p == pytest.approx(float(logits.softmax(-1).max()), abs=1e-5)
