"""The lens against output_hidden_states, its control, and what it refuses."""

import pytest
import torch

from mechmentor.tests.tools.tiny_models import copied, tiny_gpt2, tiny_llama_model
from mechmentor.tools.observe import logit_lens as module
from mechmentor.tools.observe.logit_lens import LogitLensArgs, lens_logits, logit_lens, word_ranks
from mechmentor.tools.spec import Refusal
from mechmentor.tools.workbench import Workbench

PROMPT = "Please tell me about the river and the lamp"


@pytest.fixture(params=["llama", "gpt2"])
def model(request):
    return tiny_llama_model() if request.param == "llama" else tiny_gpt2()


def bench_of(tmp_path, target, base=None):
    return Workbench(target, base, folder=tmp_path)


def by_hand(model, ids):
    """Probabilities from output_hidden_states: its last entry already has the final norm."""
    hidden = model.hf(input_ids=torch.tensor([ids]), output_hidden_states=True).hidden_states
    norm = model.hf.model.norm if hasattr(model.hf, "model") else model.hf.transformer.ln_f
    rows = [norm(h[0]) for h in hidden[:-1]] + [hidden[-1][0]]
    return torch.stack([model.hf.lm_head(r) for r in rows])


def test_every_cell_equals_a_reading_of_output_hidden_states(tmp_path, model):
    args = LogitLensArgs(prompt=PROMPT, chat=False, positions=3, track=["river"])
    result = logit_lens(bench_of(tmp_path, model), args)
    logits = by_hand(model, model.text_ids(PROMPT))[:, -3:]
    torch.testing.assert_close(
        torch.tensor(result.view.values), logits.softmax(-1).amax(-1), atol=1e-5, rtol=1e-5
    )
    word = result.data.tracked[0]
    best = logits[..., word.tokens].amax(-1)
    ranks = (logits > best[..., None]).sum(-1) + 1
    assert word.ranks == ranks.amin(-1).tolist()
    assert word.best_rank == int(ranks.min())
    assert word.final_rank == int(ranks[-1, -1])
    final = logits[-1, -1].log_softmax(-1)[word.tokens].logsumexp(-1)
    assert word.final_logp == pytest.approx(float(final), abs=1e-4)


def test_the_last_layer_is_the_models_own_output(tmp_path, model):
    data = logit_lens(bench_of(tmp_path, model), LogitLensArgs(prompt=PROMPT)).data
    assert data.max_error < 1e-4
    assert data.n_layers == model.n_layers
    assert len(data.top_by_layer) == model.n_layers + 1


def test_the_final_norm_is_applied(tmp_path):
    model = tiny_llama_model()
    stream = torch.randn(2, 1, model.d_model)
    with_norm = model.hf.lm_head(model.hf.model.norm(stream))
    torch.testing.assert_close(lens_logits(model, stream), with_norm)
    assert not torch.allclose(lens_logits(model, stream), model.hf.lm_head(stream), atol=1e-2)


def test_a_norm_that_is_read_wrongly_is_refused(tmp_path):
    model = tiny_llama_model()
    object.__setattr__(model.adapter, "final_norm", torch.nn.Identity())
    with pytest.raises(Refusal, match="differs from the model's logits"):
        logit_lens(bench_of(tmp_path, model), LogitLensArgs(prompt=PROMPT))


def test_ties_share_the_better_rank():
    logits = torch.tensor([[[1.0, 3.0, 3.0, 2.0]]])
    ordered = logits.sort(-1).values
    assert [int(word_ranks(ordered, logits, [i])[0, 0]) for i in range(4)] == [4, 1, 1, 3]


def planted(base, word_id):
    """A copy whose layer 0 writes one word's unembedding with great strength."""
    target = copied(base)
    row = target.hf.lm_head.weight[word_id]
    layer = target.hf.model.layers[0]
    layer.register_forward_hook(lambda _, __, out: _shift(out, 80 * row / row.norm()))
    return target


def _shift(out, by):
    return (out[0] + by, *out[1:]) if isinstance(out, tuple) else out + by


def test_a_word_written_in_the_middle_is_beyond_its_control(tmp_path):
    base = tiny_llama_model()
    token = base.text_ids(" garden")[0]
    args = LogitLensArgs(prompt=PROMPT, chat=False, positions=1, track=["garden"])
    result = logit_lens(bench_of(tmp_path, planted(base, token), base), args)
    assert result.data.best_rank == 1
    assert result.control.beyond is True
    assert result.data.tracked[0].base_best_rank > 1
    assert not result.summary.startswith("No effect")


def test_a_control_that_returns_the_targets_own_value_shows(tmp_path, monkeypatch):
    base = tiny_llama_model()
    target = planted(base, base.text_ids(" garden")[0])
    args = LogitLensArgs(prompt=PROMPT, chat=False, positions=1, track=["garden"])
    monkeypatch.setattr(
        module,
        "matched_words",
        lambda model, word, draws, generator: [(word, module.spellings(model, word))] * draws,
    )
    result = logit_lens(bench_of(tmp_path, target, base), args)
    assert result.control.beyond is False
    assert result.summary.startswith("No effect beyond control")


def test_identical_models_show_no_effect(tmp_path):
    base = tiny_llama_model()
    result = logit_lens(bench_of(tmp_path, copied(base), base), LogitLensArgs(prompt=PROMPT))
    assert result.data.differs_from_base == 0
    assert result.control.beyond is False
    assert result.summary.startswith("No effect beyond control")


def test_control_words_are_drawn_from_the_calls_own_generator(tmp_path):
    bench = bench_of(tmp_path, tiny_llama_model())
    args = LogitLensArgs(prompt=PROMPT, track=["garden", "lamp"])
    first, again = logit_lens(bench, args), logit_lens(bench, args)
    assert first.control == again.control
    assert first.control.numbers["draws"] >= 8


def test_a_word_of_several_tokens_is_said_to_be_stood_for(tmp_path):
    result = logit_lens(
        bench_of(tmp_path, tiny_llama_model()), LogitLensArgs(prompt=PROMPT, track=["xylophagous"])
    )
    assert not result.data.tracked[0].whole
    assert any("first token" in w for w in result.warnings)


@pytest.mark.parametrize(
    "arguments", [{"prompt": "", "chat": False}, {"prompt": "a", "track": [" "]}]
)
def test_empty_input_is_refused(tmp_path, arguments):
    with pytest.raises(Refusal) as refused:
        logit_lens(bench_of(tmp_path, tiny_llama_model()), LogitLensArgs(**arguments))
    assert refused.value.failure.code == "bad_args"


def test_more_positions_than_tokens_reads_them_all(tmp_path):
    model = tiny_llama_model()
    args = LogitLensArgs(prompt="the lamp", chat=False, positions=32)
    result = logit_lens(bench_of(tmp_path, model), args)
    assert len(result.view.columns) == len(model.text_ids("the lamp"))


@pytest.mark.slow
def test_the_bundled_model_says_paris_only_in_the_last_layers(tmp_path, bundled_model):
    args = LogitLensArgs(prompt="The capital of France is", chat=False, track=["Paris"])
    result = logit_lens(bench_of(tmp_path, bundled_model), args)
    word = result.data.tracked[0]
    assert (word.best_rank, word.best_layer) == (1, 29)
    assert min(word.ranks[:20]) > 1000
    assert result.control.beyond is True
    assert result.data.max_error < 1e-3
    stream, _ = module.residual_stream(bundled_model, bundled_model.text_ids(args.prompt), 1)
    without_norm = bundled_model.hf.lm_head(stream[28])
    with_norm = lens_logits(bundled_model, stream[28:29])[0]

    def rank(logits):
        return int((logits[0] > logits[0, word.tokens].max()).sum()) + 1

    assert rank(with_norm) < 100 < rank(without_norm)
