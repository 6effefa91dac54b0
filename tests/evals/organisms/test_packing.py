"""A packed pass gives what separate passes give, values and gradients."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from mechmentor.evals.organisms.packing import first_reply_states, pack
from mechmentor.evals.organisms.turns import Chat

CHATS = [[7, 8, 9, 20, 21], [7, 8, 9, 30, 31, 32, 33], [7, 8, 9, 40]]


@pytest.fixture
def model(tiny_folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(tiny_folder).eval()


def separate(model: Any) -> list[torch.Tensor]:
    return [model.model(input_ids=torch.tensor([ids])).last_hidden_state[0] for ids in CHATS]


def test_the_common_opening_is_packed_once() -> None:
    packed = pack(CHATS)
    assert packed.shared == 3
    assert packed.ids[0].tolist() == [7, 8, 9, 20, 21, 30, 31, 32, 33, 40]
    assert packed.positions[0].tolist() == [0, 1, 2, 3, 4, 3, 4, 5, 6, 3]
    assert [packed.at(1, 0), packed.at(1, 3), packed.at(2, 3)] == [0, 5, 9]


def test_a_chat_keeps_a_token_of_its_own_even_if_all_are_equal() -> None:
    packed = pack([[4, 5, 6], [4, 5, 6]])
    assert packed.shared == 2
    assert packed.ids[0].tolist() == [4, 5, 6, 6]


@torch.no_grad()
def test_packed_states_equal_separate_ones(model: Any) -> None:
    packed = pack(CHATS)
    states = packed.hidden(model)
    for number, expected in enumerate(separate(model)):
        where = [packed.at(number, position) for position in range(len(expected))]
        assert torch.allclose(states[where], expected, atol=1e-4)


def test_packed_gradients_equal_separate_ones(model: Any) -> None:
    weight = model.model.layers[0].self_attn.k_proj.weight
    packed = pack(CHATS)
    ends = [packed.at(number, len(ids) - 1) for number, ids in enumerate(CHATS)]
    packed.hidden(model)[ends].pow(2).sum().backward()
    joint = weight.grad.clone()
    model.zero_grad()
    sum(states[-1].pow(2).sum() for states in separate(model)).backward()
    assert torch.allclose(joint, weight.grad, rtol=1e-3, atol=1e-4)


@torch.no_grad()
def test_first_reply_states_come_in_order_over_batches(model: Any, tiny_tokenizer: Any) -> None:
    chat = Chat(tiny_tokenizer)
    prompts = ["Is it a house?", "Tell me a story.", "The sea", "Paris?", "No."]
    states = first_reply_states(model, chat, prompts, batch=2)
    for prompt, state in zip(prompts, states, strict=True):
        ids = torch.tensor([chat.prompt(prompt)])
        assert torch.allclose(model.model(input_ids=ids).last_hidden_state[0, -1], state, atol=1e-4)
