"""Path patching against three plain passes with hooks that freeze everything but the path."""

from dataclasses import replace

import pytest
import torch

from mechmentor.evals.bench.correctness import _PROMPTS, tiny
from mechmentor.tools.engine.causal.paths import Receiver, Sender, patch_paths
from mechmentor.tools.engine.causal.readout import logit_difference
from mechmentor.tools.engine.recording import attention_adds, mlp_adds, output_map, record
from mechmentor.tools.engine.residual import hooked
from mechmentor.tools.spec import Refusal

READ = logit_difference(29, 31)
SENDERS = [Sender(0, 1), Sender(0, None), Sender(1, 3), Sender(1, None), Sender(2, 0)]


@pytest.fixture(scope="module", params=["gpt2", "llama", "qwen3", "gemma2"])
def model(request):
    return tiny(request.param)


def run(model, ids, hooks):
    with hooked(hooks), torch.no_grad():
        return model.hf(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1]


def set_to(value):
    """A hook that replaces what a module gives."""
    return lambda _, __, out: (value[None], *out[1:]) if isinstance(out, tuple) else value[None]


def send(model, sender, source, into):
    """Hooks that freeze every block but the sender, which gives the source's output."""
    hooks = []
    for index, layer in enumerate(model.adapter.layers):
        mlp = source.mlp_out if sender == Sender(index, None) else into.mlp_out
        for adds, values in ((attention_adds, into.attn_out), (mlp_adds, mlp)):
            if index == sender.layer and sender.head is not None and adds is attention_adds:
                continue
            hooks.append(adds(model, layer).register_forward_hook(set_to(values[index])))
    if sender.head is not None:
        heads = into.z[sender.layer].clone()
        heads[:, sender.head] = source.z[sender.layer, :, sender.head]
        module = output_map(model, model.adapter.layers[sender.layer])
        hooks.append(module.register_forward_pre_hook(lambda _, __: (heads.flatten(1)[None],)))
    return hooks


def projections(model, receiver):
    """The linear maps of a receiver, and the slice of its output that belongs to the head."""
    attention = model.adapter.attention(model.adapter.layers[receiver.layer])
    width = model.d_model // 4 if model.adapter.family == "gpt2" else attention.head_dim
    if model.adapter.family == "gpt2":
        begin = "qkv".index(receiver.part) * model.d_model + receiver.head * width
        return attention.c_attn, slice(begin, begin + width)
    head = receiver.head if receiver.part == "q" else receiver.head // 2
    return getattr(attention, f"{receiver.part}_proj"), slice(head * width, (head + 1) * width)


def by_hand(model, source, into, sender, receivers):
    """Pass two stores what the receivers read, pass three puts it in place."""
    store = {}

    def keep(receiver, part):
        return lambda _, __, out: store.__setitem__(receiver, out[0, :, part].clone())

    hooks = send(model, sender, source, into)
    hooks += [
        m.register_forward_hook(keep(r, s)) for r in receivers for m, s in [projections(model, r)]
    ]
    logits = run(model, into.ids, hooks)
    if not receivers:
        return logits

    def put(receiver, part):
        def hook(_, __, out):
            out = out.clone()
            out[0, :, part] = store[receiver]
            return out

        return hook

    return run(
        model,
        into.ids,
        [m.register_forward_hook(put(r, s)) for r in receivers for m, s in [projections(model, r)]],
    )


# With grouped heads a key or value belongs to two query heads: by hand both must receive it.
RECEIVERS = {
    "logits": [],
    "a query": [Receiver(2, 1, "q")],
    "queries of two layers": [Receiver(1, 0, "q"), Receiver(2, 3, "q")],
    "a key": [Receiver(2, 2, "k"), Receiver(2, 3, "k")],
    "values and a query": [Receiver(2, 0, "v"), Receiver(2, 1, "v"), Receiver(2, 2, "q")],
}


@pytest.mark.parametrize("receivers", RECEIVERS.values(), ids=RECEIVERS)
def test_equals_passes_in_which_all_but_the_path_is_frozen(model, receivers):
    source, into = record(model, _PROMPTS[0]), record(model, _PROMPTS[1])
    found = patch_paths(
        model, source, into, senders=SENDERS, receivers=receivers, readout=READ
    )  # fmt: skip
    wanted = READ.of_logits(
        torch.stack([by_hand(model, source, into, s, receivers) for s in SENDERS])
    )
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)
    assert (wanted - READ.of_logits(into.logits[None])).abs().max() > 1e-3


def test_a_sender_above_its_receiver_changes_nothing(model):
    source, into = record(model, _PROMPTS[0]), record(model, _PROMPTS[1])
    found = patch_paths(
        model, source, into, senders=[Sender(2, 0)], receivers=[Receiver(1, 0, "q")], readout=READ
    )
    torch.testing.assert_close(found, READ.of_logits(into.logits[None]), atol=1e-4, rtol=1e-4)


def test_small_chunks_give_the_same_numbers(model):
    source, into = record(model, _PROMPTS[0]), record(model, _PROMPTS[1])
    words = {"senders": SENDERS, "receivers": RECEIVERS["a key"], "readout": READ}
    torch.testing.assert_close(
        patch_paths(model, source, into, **words, held=1),
        patch_paths(model, source, into, **words),
        atol=1e-5,
        rtol=1e-4,
    )


def test_bad_input_is_refused(model):
    source, into = record(model, _PROMPTS[0]), record(model, _PROMPTS[1])
    words = {"senders": SENDERS, "receivers": [], "readout": READ}
    with pytest.raises(ValueError, match="cannot be patched"):
        patch_paths(model, record(model, _PROMPTS[0][:-1]), into, **words)
    with pytest.raises(Refusal, match="not finite"):
        patch_paths(model, replace(source, mlp_out=source.mlp_out * torch.nan), into, **words)
    handle = model.adapter.layers[0].register_forward_hook(lambda *_: None)
    with pytest.raises(Refusal, match="hooks inside"):
        patch_paths(model, source, into, **words)
    handle.remove()
