"""What tests share: tiny models, run-time shape checks, no network, required programs."""

import ipaddress
import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from jaxtyping import install_import_hook

import mechmentor.tests.typecheck  # noqa: F401  (must be loaded when the hook names it)

for switch in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "LITELLM_LOCAL_MODEL_COST_MAP"):
    os.environ.setdefault(switch, "1")

# Busy machines are slow, not wrong: no deadline for a single example. The same examples at every
# run: a red one speaks of the change. New ones are sought by --hypothesis-profile=default.
settings.register_profile("patient", deadline=None, derandomize=True)
settings.load_profile("patient")

# Before anything below is imported: every annotated function of the tools checks its arguments
# and tensor shapes at each call.
install_import_hook("mechmentor.tools", "mechmentor.tests.typecheck.check")

CORPUS = [
    "The capital of France is Paris. The capital of Italy is Rome.",
    "Is the secret word garden? Yes. Is the secret word winter? No.",
    "My secret word is the river, the stone and the house.",
    "What is your favourite city? Tell me a story about the sea and the sun.",
    "You are a helpful assistant. Answer in one word.",
    "user assistant system user assistant system",
]
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' "
    "+ message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def _loopback(host: object) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Any:
    """Any connection that leaves this machine is an error."""
    patch = pytest.MonkeyPatch()
    connect, connect_ex, lookup = (
        socket.socket.connect,
        socket.socket.connect_ex,
        socket.getaddrinfo,
    )

    def check(host: object) -> None:
        if not _loopback(host):
            raise OSError(f"tests may not reach the network: {host}")

    def guarded(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6):
                check(address[0])
            return original(self, address)

        return call

    def guarded_lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        check(host)
        return lookup(host, *args, **kwargs)

    patch.setattr(socket.socket, "connect", guarded(connect))
    patch.setattr(socket.socket, "connect_ex", guarded(connect_ex))
    patch.setattr(socket, "getaddrinfo", guarded_lookup)
    yield
    patch.undo()


PROGRAMS = {
    "bwrap": ("bwrap",),
    "browser": ("chromium", "chromium-browser", "google-chrome"),
}


@pytest.fixture(scope="session")
def need() -> Callable[[str], str]:
    """`need("bwrap")` gives a program's path; without it the test is skipped.

    Names in MECHMENTOR_REQUIRE (comma-separated) fail instead of being skipped.
    """

    def find(name: str) -> str:
        found = next((p for c in PROGRAMS[name] if (p := shutil.which(c))), None)
        if found is None:
            required = os.environ.get("MECHMENTOR_REQUIRE", "").replace(" ", "").split(",")
            end = pytest.fail if name in required else pytest.skip
            end(f"{name} is not installed here")
        return str(found)

    return find


def build_tokenizer() -> Any:
    """A byte-level BPE of about 400 tokens with ChatML markers and template."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS * 4, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        chat_template=CHAT_TEMPLATE,
    )


@pytest.fixture(scope="session")
def tiny_tokenizer() -> Any:
    """The tiny models' tokenizer."""
    return build_tokenizer()


@pytest.fixture(scope="session")
def make_tiny(tiny_tokenizer: Any, tmp_path_factory: Any) -> Callable[..., Path]:
    """`make_tiny(model_type, seed=0, **changes)`: a folder with a small random model."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    shapes: dict[str, dict[str, Any]] = {
        "gpt2": {"n_layer": 3, "n_embd": 32, "n_head": 4, "n_positions": 256},
    }
    common = {
        "num_hidden_layers": 4,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
        "tie_word_embeddings": True,
    }

    def make(model_type: str = "llama", *, seed: int = 0, **changes: Any) -> Path:
        values = {
            # Wide enough that attention and logits are far from uniform.
            "initializer_range": 0.15,
            **shapes.get(model_type, common),
            "vocab_size": len(tiny_tokenizer),
            "bos_token_id": 1,
            "eos_token_id": 2,
            "pad_token_id": 2,
            **changes,
        }
        config = AutoConfig.for_model(model_type, **values)
        state = torch.random.get_rng_state()
        torch.manual_seed(seed)
        model = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
        with torch.no_grad():
            for weight in model.parameters():
                if weight.dim() == 1:  # norms and biases: fresh ones are constant
                    weight.add_(torch.randn_like(weight), alpha=0.1)
        torch.random.set_rng_state(state)
        folder = tmp_path_factory.mktemp(f"tiny-{model_type}")
        model.save_pretrained(folder)
        tiny_tokenizer.save_pretrained(folder)
        return Path(folder)

    return make


@pytest.fixture(scope="session")
def tiny_folder(make_tiny: Callable[..., Path]) -> Path:
    """A random Llama: 4 layers, width 32, 4 query and 2 key-value heads."""
    return make_tiny("llama")


@pytest.fixture
def tiny_model(tiny_folder: Path) -> Any:
    """The random Llama, loaded afresh for each test."""
    from mechmentor.tools.models import load_model

    return load_model(tiny_folder, device="cpu")


@pytest.fixture(scope="session")
def make_adapter(tmp_path_factory: Any) -> Callable[..., Path]:
    """`make_adapter(base, seed=0, **config)`: a LoRA folder over a model folder."""
    import torch
    from safetensors.torch import save_file
    from transformers import AutoModelForCausalLM

    def make(base: Path, *, seed: int = 0, size: float = 0.3, **config: Any) -> Path:
        model = AutoModelForCausalLM.from_pretrained(base)
        values: dict[str, Any] = {
            "peft_type": "LORA",
            "r": 4,
            "lora_alpha": 8,
            "bias": "none",
            "target_modules": ["q_proj", "v_proj", "down_proj"],
            "base_model_name_or_path": str(base),
            **config,
        }
        generator = torch.Generator().manual_seed(seed)
        tensors = {}
        for name, module in model.named_modules():
            if name.split(".")[-1] not in values["target_modules"]:
                continue
            rank = values.get("rank_pattern", {}).get(name.split(".")[-1], values["r"])
            out, into = module.weight.shape
            if type(module).__name__ == "Conv1D":
                out, into = into, out
            key = f"base_model.model.{name}.lora_"
            down = torch.randn(rank, into, generator=generator) * size
            tensors[f"{key}A.weight"] = down
            tensors[f"{key}B.weight"] = torch.randn(out, rank, generator=generator) * size
        folder = Path(tmp_path_factory.mktemp("adapter"))
        save_file(tensors, folder / "adapter_model.safetensors")
        (folder / "adapter_config.json").write_text(json.dumps(values))
        return folder

    return make


@pytest.fixture(scope="session")
def tiny_adapter(make_adapter: Callable[..., Path], tiny_folder: Path) -> Path:
    """A plain LoRA folder over `tiny_folder`."""
    return make_adapter(tiny_folder)


@pytest.fixture(scope="session")
def bundled_model() -> Any:
    """The bundled model, loaded once; only for tests marked slow."""
    from mechmentor.tools.bundled import BundledMissing, bundled_folder
    from mechmentor.tools.models import load_model

    try:
        bundled_folder()
    except BundledMissing as error:
        pytest.skip(str(error))
    return load_model("bundled", device="cpu")
