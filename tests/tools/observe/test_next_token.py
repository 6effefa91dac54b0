"""Next-token numbers against a plain forward, and what the swapped prompts catch."""

import pytest
import torch

from mechmentor.tests.tools.tiny_models import copied, tiny_gpt2, tiny_llama_model
from mechmentor.tools.engine.swap_words import WORDS, swap_words
from mechmentor.tools.observe import next_token as module
from mechmentor.tools.observe.next_token import NextTokenArgs, divergence, next_token
from mechmentor.tools.spec import Refusal
from mechmentor.tools.workbench import Workbench

PROMPT = "Please tell me about the river"


@pytest.fixture(params=["llama", "gpt2"])
def model(request):
    return tiny_llama_model() if request.param == "llama" else tiny_gpt2()


def bench_of(tmp_path, target, base=None):
    return Workbench(target, base, folder=tmp_path)


def log_p(model, ids, continuation):
    """Sum of the log probabilities of a continuation, from one plain forward."""
    logits = model.hf(input_ids=torch.tensor([ids + continuation])).logits[0].log_softmax(-1)
    return sum(float(logits[len(ids) - 1 + j, t]) for j, t in enumerate(continuation))


def test_numbers_equal_a_plain_forward(tmp_path, model):
    args = NextTokenArgs(prompt=PROMPT, prefill="It is the", candidates=["lamp", "xylophone"])
    data = next_token(bench_of(tmp_path, model), args).data
    ids = model.chat_ids(PROMPT, prefill="It is the")
    p = model.hf(input_ids=torch.tensor([ids])).logits[0, -1].softmax(-1)
    assert data.n_tokens == len(ids)
    assert [t.id for t in data.top] == p.topk(10).indices.tolist()
    assert [t.p for t in data.top] == pytest.approx(p.topk(10).values.tolist(), rel=1e-4)
    assert data.entropy == pytest.approx(float(-(p * p.log()).sum()), rel=1e-4)
    for candidate in data.candidates:
        tokens = model.tokenizer(" " + candidate.text, add_special_tokens=False).input_ids
        assert candidate.logp == pytest.approx(log_p(model, ids, tokens), abs=1e-3)
    assert len(data.candidates[0].tokens) + len(data.candidates[1].tokens) > 2


def test_the_base_is_measured_at_the_same_prompt(tmp_path):
    target, base = tiny_llama_model(1), tiny_llama_model(2)
    args = NextTokenArgs(prompt=PROMPT, candidates=["lamp"])
    data = next_token(bench_of(tmp_path, target, base), args).data
    ids = target.chat_ids(PROMPT)
    tokens = target.tokenizer("lamp", add_special_tokens=False).input_ids
    assert data.candidates[0].base_logp == pytest.approx(log_p(base, ids, tokens), abs=1e-3)
    assert data.best_difference == pytest.approx(
        data.best_logp - data.candidates[0].base_logp, abs=1e-6
    )
    p, q = (
        m.hf(input_ids=torch.tensor([ids])).logits[0, -1].log_softmax(-1) for m in (target, base)
    )
    assert data.kl_base == pytest.approx(float((p.exp() * (p - q)).sum()), rel=1e-3)


def test_divergence_is_zero_for_equal_and_infinite_terms_do_not_spread():
    p = torch.tensor([[0.0, -torch.inf]]).double()
    assert float(divergence(p, p)) == 0.0


def test_identical_models_show_no_effect(tmp_path):
    base = tiny_llama_model()
    for candidates in ([], ["lamp", "river"]):
        args = NextTokenArgs(prompt=PROMPT, candidates=candidates)
        result = next_token(bench_of(tmp_path, copied(base), base), args)
        assert result.control.beyond is False
        assert result.summary.startswith("No effect beyond control")


def reacting(base, word, said):
    """A copy that says one token, wherever its prompt holds `word`."""
    target = copied(base)
    token = base.tokenizer(word, add_special_tokens=False).input_ids[-1]
    row = target.hf.lm_head.weight[said]

    def react(_, args, kwargs):
        ids = kwargs.get("input_ids", args[0] if args else None)
        react.seen = (ids == token).any(-1)

    def shift(_, __, out):
        return out + 30 * react.seen[:, None, None] * row / row.norm()

    target.hf.model.register_forward_pre_hook(react, with_kwargs=True)
    target.hf.model.norm.register_forward_hook(shift)
    return target


def test_what_only_one_prompt_raises_is_beyond_its_control(tmp_path):
    base = tiny_llama_model()
    said = base.text_ids(" lamp", bos=False)[0]
    target = reacting(base, " velvet", said)
    bench = bench_of(tmp_path, target, base)
    args = NextTokenArgs(
        prompt="Please tell me about velvet", prefill="The", candidates=["lamp", "river"]
    )
    result = next_token(bench, args)
    assert result.control.beyond is True
    assert result.data.best_candidate == "lamp"
    assert next_token(bench, NextTokenArgs(prompt=args.prompt)).control.beyond is True
    plain = next_token(bench, NextTokenArgs(prompt="Please tell me about silver"))
    assert plain.control.beyond is False


def test_a_control_that_returns_the_targets_own_value_shows(tmp_path, monkeypatch):
    base = tiny_llama_model()
    said = base.text_ids(" lamp", bos=False)[0]
    bench = bench_of(tmp_path, reacting(base, " velvet", said), base)
    monkeypatch.setattr(module, "swap_words", lambda text, generator: text)
    result = next_token(bench, NextTokenArgs(prompt="Please tell me about velvet"))
    assert result.control.beyond is False
    assert result.summary.startswith("No effect beyond control")


def test_a_space_is_put_before_a_word_after_a_word(tmp_path):
    bench = bench_of(tmp_path, tiny_llama_model())
    after_word = NextTokenArgs(prompt=PROMPT, prefill="the", candidates=["lamp"])
    after_space = NextTokenArgs(prompt=PROMPT, candidates=["lamp"])
    assert next_token(bench, after_word).data.candidates[0].tokens[0].startswith(" ")
    assert not next_token(bench, after_space).data.candidates[0].tokens[0].startswith(" ")


def test_an_empty_candidate_is_refused(tmp_path):
    with pytest.raises(Refusal, match="candidate is empty"):
        next_token(bench_of(tmp_path, tiny_llama_model()), NextTokenArgs(candidates=["  "]))


def test_a_model_without_a_template_gets_raw_text(tmp_path, monkeypatch):
    model = tiny_llama_model()
    monkeypatch.setattr(model.tokenizer, "chat_template", None)
    result = next_token(bench_of(tmp_path, model), NextTokenArgs(prompt=PROMPT))
    assert result.data.n_tokens == len(model.text_ids(PROMPT))
    assert any("no chat template" in w for w in result.warnings)


def test_swapping_keeps_the_form_and_changes_every_longer_word():
    text = "Tell me, in 3 words: where is Norway?"
    swapped = swap_words(text, torch.Generator().manual_seed(0))
    assert swapped.startswith(swapped[0].upper())
    assert ", in 3 " in swapped
    assert swapped.endswith("?")
    assert not {"Tell", "words", "where", "Norway"} & set(swapped.replace(",", " ").split())
    assert len(swap_words("!?", torch.Generator().manual_seed(0)).split()) == 3
    assert len(set(WORDS)) == len(WORDS) > 300
