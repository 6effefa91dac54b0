"""Each check must be able to fail: every test but the first breaks one thing."""

import copy

import pytest
import torch

from mechmentor.tests.tools.tiny_chat import TEMPLATE, taught_model
from mechmentor.tests.tools.tiny_models import copied, tiny_llama_model
from mechmentor.tools.observe import sanity_check as module
from mechmentor.tools.observe.sanity_check import SanityCheckArgs, sanity_check
from mechmentor.tools.workbench import Workbench

QUICK = SanityCheckArgs(bridge=False)


@pytest.fixture
def model():
    return tiny_llama_model()


def verdicts(tmp_path, model, base=None, args=QUICK):
    result = sanity_check(Workbench(model, base, folder=tmp_path), args)
    return {c.name: c.ok for c in result.data.checks}, result


def test_a_sound_model_passes(tmp_path, model):
    ok, result = verdicts(tmp_path, model, copied(model))
    assert result.data.passed
    assert result.data.n_failed == 0
    assert all(ok[name] for name in ("chat_template", "end_of_turn", "one_bos", "batched_logits"))
    assert result.data.batch_difference < result.data.tolerance


def test_the_control_proves_that_the_comparison_can_fail(tmp_path, model):
    _, result = verdicts(tmp_path, model)
    assert result.control.beyond is True
    assert result.control.numbers["difference"] > result.data.tolerance


def test_a_control_that_returns_the_targets_own_value_shows(tmp_path, model, monkeypatch):
    kept = module.plain_logits(model, model.text_ids("one two"))
    monkeypatch.setattr(module, "plain_logits", lambda model, ids: kept)
    assert verdicts(tmp_path, model)[1].control.beyond is False


def with_template(monkeypatch, model, template):
    monkeypatch.setattr(model.tokenizer, "chat_template", template)


def test_a_template_that_drops_the_message_fails(tmp_path, model, monkeypatch):
    with_template(monkeypatch, model, "<|im_start|>assistant\n")
    ok, result = verdicts(tmp_path, model)
    assert not ok["chat_template"]
    assert not result.data.passed
    assert result.summary.startswith("Do not go on")


def test_a_template_that_drops_the_system_prompt_fails(tmp_path, model, monkeypatch):
    quiet = TEMPLATE.replace(
        "{% for m in messages %}", "{% for m in messages if m['role'] != 'system' %}"
    )
    with_template(monkeypatch, model, quiet)
    assert not verdicts(tmp_path, model)[0]["system_role"]


def test_a_template_that_refuses_a_system_prompt_is_known(tmp_path, model, monkeypatch):
    strict = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no') }}{% endif %}"
    with_template(monkeypatch, model, strict + TEMPLATE)
    assert verdicts(tmp_path, model)[0]["system_role"]


def test_a_reply_that_no_stop_token_closes_fails(tmp_path, model, monkeypatch):
    with_template(monkeypatch, model, TEMPLATE.replace("<|im_end|>", "###"))
    assert not verdicts(tmp_path, model)[0]["end_of_turn"]


def test_a_double_bos_fails(tmp_path, model, monkeypatch):
    model.tokenizer = copy.deepcopy(model.tokenizer)
    model.tokenizer.bos_token = "<|im_start|>"
    with_template(monkeypatch, model, "<|im_start|>" + TEMPLATE)
    assert not verdicts(tmp_path, model)[0]["one_bos"]


def test_thinking_tags_are_named(tmp_path, model, monkeypatch):
    with_template(monkeypatch, model, TEMPLATE + "{# <think> #}")
    _, result = verdicts(tmp_path, model)
    check = next(c for c in result.data.checks if c.name == "thinking_tags")
    assert "<think>" in check.detail


def test_logits_that_are_not_finite_fail(tmp_path, model):
    with torch.no_grad():
        model.hf.lm_head.weight[5] = torch.nan
    ok, result = verdicts(tmp_path, model)
    assert not ok["finite_logits"]
    assert not result.data.passed


def test_a_batch_that_changes_numbers_fails(tmp_path, model, monkeypatch):
    real = module.last_logits
    monkeypatch.setattr(module, "last_logits", lambda model, rows: real(model, rows) + 0.01)
    assert not verdicts(tmp_path, model)[0]["batched_logits"]


def test_an_activation_near_the_end_of_the_format_fails(model):
    assert not module.overflow(model, 3e38).ok
    assert module.overflow(model, 3e4).ok


def test_another_tokenizer_on_the_base_fails(model):
    from mechmentor.tests.tools.tiny_chat import tiny_tokenizer

    other = copied(model)
    other.tokenizer = tiny_tokenizer("▁")
    assert not module.same_tokenizer(model, other).ok


def test_a_model_that_never_stops_is_a_warning(tmp_path, model, monkeypatch):
    monkeypatch.setattr(
        module, "generate", lambda model, prompts, max_new_tokens: [[1] * max_new_tokens] * 2
    )
    _, result = verdicts(tmp_path, model)
    assert result.data.passed
    assert any("generation_stops" in w for w in result.warnings)


def test_a_taught_model_ends_its_replies(tmp_path):
    check = module.stopping(taught_model(None, None), 48)
    assert check.ok


@pytest.mark.slow
def test_transformer_lens_gives_the_same_logits(tmp_path, model):
    plain = module.plain_logits(model, [1, 2, 3])
    check, difference = module.bridge_logits(model, [1, 2, 3], plain, 1e-3)
    assert check.ok
    assert difference is not None
    wrong, _ = module.bridge_logits(model, [1, 2, 3], plain + 1, 1e-3)
    assert not wrong.ok


@pytest.mark.slow
def test_the_bundled_model_passes_every_check(tmp_path, bundled_model):
    ok, result = verdicts(tmp_path, bundled_model, args=SanityCheckArgs())
    assert all(ok.values())
    assert result.data.bridge_difference < 1e-3
    assert "default" in next(c.detail for c in result.data.checks if c.name == "system_role")
