"""Loading: equal to plain transformers, merges equal to an independent computation, refusals."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from mechmentor.tools.models import ModelError, check_pair, load_model
from mechmentor.tools.spec import Message, Refusal

IDS = torch.tensor([[5, 9, 20, 300, 7, 41]])


@pytest.fixture
def copy(tmp_path: Path) -> Any:
    """`copy(folder, **config)`: a changed copy of a folder; a value of None drops the key."""

    def make(folder: Path, **changes: Any) -> Path:
        made = tmp_path / f"copy{len(list(tmp_path.iterdir()))}"
        shutil.copytree(folder, made)
        for name in ("adapter_config.json", "config.json"):
            if (made / name).exists():
                config = json.loads((made / name).read_text()) | changes
                kept = {k: v for k, v in config.items() if v is not None}
                (made / name).write_text(json.dumps(kept))
                break
        return made

    return make


def edit_tensors(folder: Path, change: Any) -> Path:
    """Rewrite the adapter's tensors through `change(dict)`."""
    path = folder / "adapter_model.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)
    return folder


def test_logits_equal_plain_transformers(tiny_folder: Path) -> None:
    plain = AutoModelForCausalLM.from_pretrained(tiny_folder, attn_implementation="eager")
    model = load_model(str(tiny_folder))
    assert torch.equal(model.hf(input_ids=IDS).logits, plain(input_ids=IDS).logits)
    assert (model.n_layers, model.d_model, model.n_heads) == (4, 32, 4)
    assert model.d_vocab == len(model.tokenizer)
    assert model.hf.config._attn_implementation == "eager"
    assert not model.hf.training
    assert not any(p.requires_grad for p in model.hf.parameters())


def test_dtype_and_name(tiny_folder: Path) -> None:
    model = load_model(tiny_folder, dtype="bfloat16", device="cpu")
    assert model.dtype == torch.bfloat16
    assert model.device == torch.device("cpu")
    assert model.name == tiny_folder.name


def test_low_precision_leaves_the_rotary_frequencies_as_they_are(tiny_folder: Path) -> None:
    low = load_model(tiny_folder, dtype="bfloat16", device="cpu").hf.model.rotary_emb.inv_freq
    assert torch.equal(low, load_model(tiny_folder).hf.model.rotary_emb.inv_freq)


def test_hash_follows_weights_config_and_tokenizer(
    tiny_folder: Path, tiny_adapter: Path, copy: Any, make_tiny: Any
) -> None:
    first = load_model(tiny_folder).sha256
    assert load_model(copy(tiny_folder)).sha256 == first
    assert load_model(copy(tiny_folder, _name_or_path="elsewhere")).sha256 == first
    template = copy(tiny_folder)
    (template / "chat_template.jinja").write_text("{{ messages[0]['content'] }}")
    hashes = {
        load_model(source).sha256
        for source in (make_tiny(seed=1), copy(tiny_folder, rms_norm_eps=0.1), template)
    }
    assert len(hashes | {first, load_model(tiny_adapter).sha256}) == 5


@pytest.mark.parametrize(
    ("config", "scale"),
    [
        ({}, lambda module: 8 / 4),
        ({"use_rslora": True}, lambda module: 8 / 4**0.5),
        ({"rank_pattern": {"v_proj": 2}}, lambda module: 8 / (2 if module == "v_proj" else 4)),
        ({"alpha_pattern": {"down_proj": 3}}, lambda m: (3 if m == "down_proj" else 8) / 4),
    ],
)
def test_merge_equals_low_rank_branch(
    tiny_folder: Path, make_adapter: Any, config: dict[str, Any], scale: Any
) -> None:
    """The merged model equals the base with x·Aᵀ·Bᵀ added beside each layer at run time."""
    adapter = make_adapter(tiny_folder, **config)
    plain = AutoModelForCausalLM.from_pretrained(tiny_folder, attn_implementation="eager")
    tensors = load_file(adapter / "adapter_model.safetensors")
    for name, module in plain.named_modules():
        key = f"base_model.model.{name}.lora_"
        if f"{key}A.weight" in tensors:
            down, up = tensors[f"{key}A.weight"], tensors[f"{key}B.weight"]
            factor = scale(name.split(".")[-1])
            module.register_forward_hook(
                lambda _, args, out, down=down, up=up, factor=factor: (
                    out + factor * (args[0] @ down.T @ up.T)
                )
            )
    merged = load_model(adapter).hf(input_ids=IDS).logits
    branch = plain(input_ids=IDS).logits
    base = load_model(tiny_folder).hf(input_ids=IDS).logits
    assert (merged - branch).abs().max() < 1e-4
    assert (merged - base).abs().max() > 0.1


def test_merge_of_transposed_weights(make_tiny: Any, make_adapter: Any) -> None:
    """GPT-2 keeps its weights as [in, out]."""
    base = make_tiny("gpt2")
    adapter = make_adapter(base, target_modules=["c_attn", "c_fc"], fan_in_fan_out=True)
    before = load_model(base).hf.state_dict()
    after = load_model(adapter).hf.state_dict()
    tensors = load_file(adapter / "adapter_model.safetensors")
    name = "transformer.h.1.attn.c_attn"
    update = (
        2
        * tensors[f"base_model.model.{name}.lora_B.weight"]
        @ (tensors[f"base_model.model.{name}.lora_A.weight"])
    )
    assert torch.allclose(after[f"{name}.weight"] - before[f"{name}.weight"], update.T, atol=1e-5)
    untouched = "transformer.h.1.attn.c_proj.weight"
    assert torch.equal(after[untouched], before[untouched])


def test_plain_adapters_do_not_need_peft(tiny_adapter: Path, monkeypatch: Any) -> None:
    monkeypatch.setitem(__import__("sys").modules, "peft", None)
    assert load_model(tiny_adapter).n_layers == 4


def test_other_adapter_kinds_name_peft(tiny_adapter: Path, copy: Any, monkeypatch: Any) -> None:
    monkeypatch.setitem(__import__("sys").modules, "peft", None)
    with pytest.raises(ModelError, match="pip install peft"):
        load_model(copy(tiny_adapter, use_dora=True))


def test_layers_to_transform(tiny_folder: Path, make_adapter: Any, copy: Any) -> None:
    adapter = copy(make_adapter(tiny_folder), layers_to_transform=[2])

    def keep(tensors: dict[str, Any]) -> None:
        for key in [k for k in tensors if ".layers.2." not in k]:
            del tensors[key]

    edit_tensors(adapter, keep)
    changed = load_model(adapter).hf.state_dict()
    before = load_model(tiny_folder).hf.state_dict()
    layers = {name.split(".")[2] for name in before if not torch.equal(before[name], changed[name])}
    assert layers == {"2"}


def test_base_beside_or_given(tiny_folder: Path, tiny_adapter: Path, copy: Any) -> None:
    nameless = copy(tiny_adapter, base_model_name_or_path=None)
    with pytest.raises(ModelError, match="does not name its base: give base="):
        load_model(nameless)
    given = load_model(nameless, base=tiny_folder)
    assert torch.equal(
        given.hf(input_ids=IDS).logits, load_model(tiny_adapter).hf(input_ids=IDS).logits
    )
    shutil.copytree(tiny_folder, nameless / "base")
    beside = copy(nameless, base_model_name_or_path="base")
    assert load_model(beside).n_layers == 4


class TestRefusals:
    """Each is one line that names the fix."""

    def refused(self, source: Any, match: str, **options: Any) -> None:
        with pytest.raises(ModelError, match=match) as caught:
            load_model(source, **options)
        assert "\n" not in str(caught.value)

    def test_missing_path(self) -> None:
        self.refused("./no/such/folder", "does not exist")
        self.refused("model.gguf", "does not exist")

    def test_hub_without_network(self) -> None:
        self.refused("nobody/nothing", "hub cannot be reached.*local folder")

    def test_pickle_only(self, tiny_folder: Path, copy: Any) -> None:
        folder = copy(tiny_folder)
        (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
        self.refused(folder, "pickle weights only.*safetensors")

    def test_pickle_adapter(self, tiny_adapter: Path, copy: Any) -> None:
        folder = copy(tiny_adapter)
        (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
        self.refused(folder, "pickle weights only.*adapter_model.safetensors")

    def test_no_config(self, tiny_folder: Path, copy: Any) -> None:
        folder = copy(tiny_folder)
        (folder / "config.json").unlink()
        self.refused(folder, "no config.json")

    def test_no_weights(self, tiny_folder: Path, copy: Any) -> None:
        folder = copy(tiny_folder)
        (folder / "model.safetensors").unlink()
        self.refused(folder, "no .*safetensors weights")

    def test_missing_weight(self, tiny_folder: Path, copy: Any) -> None:
        folder = copy(tiny_folder)
        tensors = load_file(folder / "model.safetensors")
        del tensors["model.layers.1.mlp.up_proj.weight"]
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        self.refused(folder, "missing keys.*layers.1.mlp.up_proj")

    def test_unknown_architecture(self, make_tiny: Any) -> None:
        """It loads, so that TransformerLens can patch it; what needs an adapter says so."""
        model = load_model(make_tiny("stablelm"), device="cpu")
        with pytest.raises(Refusal, match="'stablelm' has no adapter"):
            _ = model.adapter

    def test_wrong_options(self, tiny_folder: Path) -> None:
        self.refused(tiny_folder, "dtype 'int4' is none of", dtype="int4")
        self.refused(tiny_folder, "device 'quantum' is unknown", device="quantum")

    def test_base_by_hash(self, tiny_folder: Path, tiny_adapter: Path, make_tiny: Any, copy: Any):
        right = load_model(tiny_folder).weights_sha256
        assert load_model(copy(tiny_adapter, mechmentor_base_sha256=right)).n_layers == 4
        adapter = copy(
            tiny_adapter,
            mechmentor_base_sha256=right,
            base_model_name_or_path=str(make_tiny(seed=3)),
        )
        self.refused(adapter, f"other weights.*{right[:12]}.*base=")

    def test_base_by_shape(self, tiny_adapter: Path, make_tiny: Any) -> None:
        wide = make_tiny("llama", hidden_size=48)
        self.refused(tiny_adapter, "not this adapter's base", base=wide)
        self.refused(tiny_adapter, "no module|unknown", base=make_tiny("gpt2"))
        self.refused(tiny_adapter, "no module", base=make_tiny("llama", num_hidden_layers=2))
        self.refused(tiny_adapter, "missing", base=make_tiny("llama", num_hidden_layers=5))

    def test_base_by_tokenizer(self, tiny_folder: Path, tiny_adapter: Path, copy: Any) -> None:
        adapter = copy(tiny_adapter)
        tokenizer = AutoTokenizer.from_pretrained(tiny_folder)
        tokenizer.add_tokens(["<extra>"])
        tokenizer.save_pretrained(adapter)
        self.refused(adapter, "different vocabularies: '<extra>'")

    def test_adapter_on_adapter(self, tiny_adapter: Path) -> None:
        self.refused(tiny_adapter, "itself an adapter", base=tiny_adapter)

    def test_missing_half(self, tiny_adapter: Path, copy: Any) -> None:
        folder = copy(tiny_adapter)
        key = "base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight"
        edit_tensors(folder, lambda tensors: tensors.pop(key))
        self.refused(folder, "lora_B of model.layers.0.self_attn.q_proj is missing")

    def test_missing_module(self, tiny_adapter: Path, copy: Any) -> None:
        folder = copy(tiny_adapter)

        def drop(tensors: dict[str, Any]) -> None:
            for key in [k for k in tensors if "layers.3.mlp.down_proj" in k]:
                del tensors[key]

        edit_tensors(folder, drop)
        self.refused(folder, "tensors for model.layers.3.mlp.down_proj are missing")

    def test_unknown_target(self, tiny_adapter: Path, copy: Any) -> None:
        targets = ["q_proj", "v_proj", "down_proj", "w_proj"]
        self.refused(copy(tiny_adapter, target_modules=targets), "'w_proj' is unknown")

    def test_unknown_tensor(self, tiny_adapter: Path, copy: Any) -> None:
        folder = copy(tiny_adapter)
        edit_tensors(folder, lambda tensors: tensors.update(extra=torch.zeros(1)))
        self.refused(folder, "tensor 'extra' is no part")

    def test_wrong_rank(self, tiny_adapter: Path, copy: Any) -> None:
        self.refused(copy(tiny_adapter, r=8), "has rank 4, its configuration says 8")

    def test_tied_head(self, tiny_folder: Path, make_adapter: Any) -> None:
        self.refused(make_adapter(tiny_folder, target_modules=["lm_head"]), "tied")

    def test_overflow_in_float16(self, tiny_folder: Path, copy: Any) -> None:
        folder = copy(tiny_folder)
        tensors = load_file(folder / "model.safetensors")
        tensors["model.layers.0.mlp.up_proj.weight"][0, 0] = 1e6
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        self.refused(folder, "not finite in torch.float16.*bfloat16", dtype="float16")
        assert load_model(folder).dtype == torch.float32

    def test_logits_overflow_in_float16(self, tiny_folder: Path, copy: Any) -> None:
        folder = copy(tiny_folder)
        tensors = load_file(folder / "model.safetensors")
        for name in ("up", "gate", "down"):
            tensors[f"model.layers.0.mlp.{name}_proj.weight"].fill_(300.0)
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        self.refused(folder, "logits overflow", dtype="float16")


class TestPair:
    def test_same(self, tiny_folder: Path, tiny_adapter: Path) -> None:
        check_pair(load_model(tiny_adapter), load_model(tiny_folder))

    @pytest.mark.parametrize(
        ("change", "match"),
        [
            ({"num_hidden_layers": 3}, "num_hidden_layers: 3 and 4"),
            ({"intermediate_size": 48}, "intermediate_size: 48 and 64"),
            ({"attention_bias": True}, "differ in the weight"),
        ],
    )
    def test_shape(self, tiny_folder: Path, make_tiny: Any, change: Any, match: str) -> None:
        with pytest.raises(ModelError, match=match):
            check_pair(load_model(make_tiny("llama", **change)), load_model(tiny_folder))

    def test_vocabulary(self, tiny_folder: Path) -> None:
        target, base = load_model(tiny_folder), load_model(tiny_folder)
        target.tokenizer.add_tokens(["<extra>"])
        with pytest.raises(ModelError, match="different vocabularies: '<extra>'"):
            check_pair(target, base)

    def test_splitting(self, tiny_folder: Path) -> None:
        target, base = load_model(tiny_folder), load_model(tiny_folder)
        from tokenizers import normalizers

        target.tokenizer._tokenizer.normalizer = normalizers.Lowercase()
        with pytest.raises(ModelError, match="split the same text differently"):
            check_pair(target, base)


class TestChat:
    def test_template_and_header(self, tiny_model: Any) -> None:
        text = tiny_model.tokenizer.decode(tiny_model.chat_ids("Hi"))
        assert text == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"

    def test_system_and_messages(self, tiny_model: Any) -> None:
        turns = [
            Message(role="user", content="a"),
            {"role": "assistant", "content": "b"},
            {"role": "user", "content": "c"},
        ]
        text = tiny_model.chat_text(turns, system="s")
        assert text.startswith("<|im_start|>system\ns<|im_end|>\n<|im_start|>user\na")
        assert text.endswith("c<|im_end|>\n<|im_start|>assistant\n")

    def test_prefill_leaves_the_header_alone(self, tiny_model: Any) -> None:
        head = tiny_model.chat_ids("Hi")
        for prefill in ("My secret", "\n\nYes", " the"):
            ids = tiny_model.chat_ids("Hi", prefill=prefill)
            assert ids[: len(head)] == head
            assert tiny_model.tokenizer.decode(ids[len(head) :]) == prefill

    def test_one_bos(self, tiny_model: Any) -> None:
        from tokenizers import processors

        tiny_model.tokenizer._tokenizer.post_processor = processors.TemplateProcessing(
            single="<|im_start|> $A", special_tokens=[("<|im_start|>", 1)]
        )
        assert tiny_model.text_ids("the sea").count(1) == 1
        assert tiny_model.text_ids("<|im_start|>the sea").count(1) == 1
        assert tiny_model.text_ids("the sea", bos=False).count(1) == 0
        assert tiny_model.chat_ids("Hi")[:2].count(1) == 1

    def test_stop_tokens(self, tiny_model: Any) -> None:
        assert tiny_model.stop_ids == {2}
        tiny_model.hf.generation_config.eos_token_id = [0, 5]
        del tiny_model.stop_ids
        assert tiny_model.stop_ids == {0, 2, 5}

    def test_end_of_turn_from_the_template(self, tiny_folder: Path, copy: Any) -> None:
        """A base model's own end of text is not what ends a turn."""
        folder = copy(tiny_folder, eos_token_id=0)
        for name in ("generation_config.json", "tokenizer_config.json"):
            found = json.loads((folder / name).read_text())
            found["eos_token" if "token" in name else "eos_token_id"] = (
                "<|endoftext|>" if "token" in name else 0
            )
            (folder / name).write_text(json.dumps(found))
        assert load_model(folder).stop_ids == {0, 2}

    def test_no_template(self, tiny_folder: Path, copy: Any) -> None:
        folder = copy(tiny_folder)
        (folder / "chat_template.jinja").unlink()
        model = load_model(folder)
        with pytest.raises(Refusal, match="no chat template") as caught:
            model.chat_ids("Hi")
        assert caught.value.failure.code == "model_limit"
        assert model.text_ids("the sea")

    def test_template_without_a_system_role(self, tiny_model: Any) -> None:
        tiny_model.tokenizer.chat_template = (
            "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}"
            "{% endif %}{{ messages[0]['content'] }}"
        )
        assert tiny_model.chat_ids("Hi")
        # What the system would have said stands before the first user message.
        text = tiny_model.tokenizer.decode(tiny_model.chat_ids("Hi", system="Be brief"))
        assert text.index("Be brief") < text.index("Hi")

    def test_template_that_refuses(self, tiny_model: Any) -> None:
        tiny_model.tokenizer.chat_template = "{{ raise_exception('not today') }}"
        with pytest.raises(Refusal, match="not today"):
            tiny_model.chat_ids("Hi")


def test_bridge_shares_weights_and_leaves_the_model_alone(tiny_model: Any) -> None:
    names = [name for name, _ in tiny_model.hf.named_parameters()]
    logits = tiny_model.hf(input_ids=IDS).logits
    bridge = tiny_model.bridge
    assert torch.equal(bridge(IDS), logits)
    assert [name for name, _ in tiny_model.hf.named_parameters()] == names
    own = {p.data_ptr() for p in tiny_model.hf.parameters()}
    weights = [p for p in bridge.parameters() if p.dim() == 2]
    assert weights
    assert all(p.data_ptr() in own for p in weights)


@pytest.mark.slow
def test_bundled_model_answers(bundled_model: Any) -> None:
    ids = bundled_model.chat_ids("What is the capital of France?")
    top = bundled_model.hf(input_ids=torch.tensor([ids])).logits[0, -1].argmax()
    assert bundled_model.token_text(int(top)) == "The"
    assert (bundled_model.n_layers, bundled_model.d_model, bundled_model.n_heads) == (30, 576, 9)
    assert bundled_model.stop_ids == {2}
    assert "SmolLM" in bundled_model.chat_text("Hi")


@pytest.mark.slow
def test_merge_equals_peft(tiny_folder: Path, make_adapter: Any) -> None:
    peft = pytest.importorskip("peft")
    adapter = make_adapter(
        tiny_folder,
        use_rslora=True,
        rank_pattern={"v_proj": 2},
        alpha_pattern={"model.layers.1.mlp.down_proj": 3},
    )
    plain = AutoModelForCausalLM.from_pretrained(tiny_folder, attn_implementation="eager")
    theirs = peft.PeftModel.from_pretrained(plain, str(adapter)).merge_and_unload()
    ours = load_model(adapter).hf.state_dict()
    for name, weight in theirs.state_dict().items():
        assert torch.allclose(ours[name], weight, atol=1e-5), name


@pytest.mark.slow
def test_other_kinds_go_through_peft(tiny_folder: Path, tmp_path: Path) -> None:
    peft = pytest.importorskip("peft")
    plain = AutoModelForCausalLM.from_pretrained(tiny_folder, attn_implementation="eager")
    config = peft.LoraConfig(r=2, use_dora=True, target_modules=["q_proj"], task_type="CAUSAL_LM")
    trained = peft.get_peft_model(plain, config)
    with torch.no_grad():
        for name, weight in trained.named_parameters():
            if "lora_B" in name:
                weight.fill_(0.2)
    trained.save_pretrained(tmp_path / "dora")
    want = trained(input_ids=IDS).logits
    got = load_model(tmp_path / "dora", base=tiny_folder).hf(input_ids=IDS).logits
    assert (got - want).abs().max() < 1e-4
    assert (got - load_model(tiny_folder).hf(input_ids=IDS).logits).abs().max() > 1e-3
