"""Load a model: a folder, a hub id, a LoRA adapter over its base, a GGUF file, the bundled one."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from . import lora, model_files
from .bundled import BundledMissing, bundled_folder
from .engine.linear import through_onednn
from .model import Model
from .model_files import ModelError
from .quiet import quiet_loading

__all__ = ["Model", "ModelError", "check_pair", "load_model"]

Say = Callable[[str], None]
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
_PROBE = "The quick brown fox — naïve café, 12345 + 678 = ?\n\tdef f(x):  return x  # 你好"
_SHAPE = (
    "model_type",
    "num_hidden_layers",
    "hidden_size",
    "intermediate_size",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "vocab_size",
)


def load_model(
    source: str | Path,
    *,
    base: str | Path | None = None,
    device: str = "auto",
    dtype: str = "float32",
    progress: Say | None = None,
) -> Model:
    """Load a model with merged weights, ready for every tool.

    Args:
        source: `bundled`, an HF folder or hub id, a PEFT adapter's folder, or a .gguf file.
        base: The adapter's base, where its configuration does not name one that can be found.
        device: `auto` (CUDA where there is one), `cpu`, `cuda`, `cuda:1`.
        dtype: `float32`, `bfloat16` or `float16`.
        progress: Told in words what takes long.

    Raises:
        ModelError: If the model is refused; one line that names the fix.
    """
    if dtype not in DTYPES:
        raise ModelError(f"dtype {dtype!r} is none of {', '.join(DTYPES)}")
    where = _device(device)
    folder = _resolve(source, progress)
    name = _name(source, folder)
    if folder.is_file() and folder.suffix == ".gguf":
        hf, tokenizer, weights = _read_gguf(folder)
        identity = hashlib.sha256(weights.encode()).hexdigest()
        folder = folder.parent
    elif model_files.is_adapter(folder):
        hf, tokenizer, weights, identity = _read_adapter(folder, base, progress)
    else:
        model_files.check_folder(folder)
        hf, tokenizer = _read_folder(folder, DTYPES[dtype])
        weights = model_files.weights_sha256(folder)
        identity = model_files.identity(folder, weights)
    for weight in hf.parameters():
        weight.data = weight.data.to(DTYPES[dtype])
    # Buffers keep their precision: rounded rotary frequencies would turn positions wrong.
    hf = hf.to(where)
    through_onednn(hf)
    model = Model(hf, tokenizer, name, identity, folder, weights)
    _check_numbers(model)
    return model


def check_pair(target: Model, base: Model) -> None:
    """Refuse two models that cannot be compared token by token and weight by weight.

    Raises:
        ModelError: Naming the first difference.
    """
    ours, theirs = target.hf.config, base.hf.config
    for key in _SHAPE:
        a, b = getattr(ours, key, None), getattr(theirs, key, None)
        if a != b:
            raise ModelError(
                f"target {target.name} and base {base.name} differ in {key}: {a} and {b}; "
                "give the model that the target was trained from"
            )
    shapes = {n: tuple(p.shape) for n, p in target.hf.named_parameters()}
    others = {n: tuple(p.shape) for n, p in base.hf.named_parameters()}
    if shapes != others:
        first = next(iter(sorted(shapes.items() ^ others.items())))[0]
        raise ModelError(
            f"target {target.name} and base {base.name} differ in the weight {first}: "
            f"{shapes.get(first, 'absent')} and {others.get(first, 'absent')}"
        )
    _same_tokenizer(target.tokenizer, base.tokenizer, f"target {target.name} and base {base.name}")


def _same_tokenizer(ours: Any, theirs: Any, who: str) -> None:
    mine, other = ours.get_vocab(), theirs.get_vocab()
    if mine != other:
        token = min(mine.items() ^ other.items())[0]
        raise ModelError(
            f"{who} have different vocabularies: {token!r} is token "
            f"{mine.get(token, 'none')} in one, {other.get(token, 'none')} in the other"
        )
    a, b = ours(_PROBE).input_ids, theirs(_PROBE).input_ids
    if a != b:
        raise ModelError(
            f"{who} split the same text differently ({len(a)} and {len(b)} tokens): "
            "give both the same tokenizer files"
        )


def _device(device: str) -> torch.device:
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(device)
    except RuntimeError:
        raise ModelError(f"device {device!r} is unknown; give auto, cpu or cuda") from None
    if found.type == "cuda" and not torch.cuda.is_available():
        raise ModelError("device 'cuda' was asked for, torch sees none; give device='cpu'")
    return found


def _resolve(source: str | Path, progress: Say | None) -> Path:
    if source != "bundled":
        return model_files.locate(source)
    try:
        return bundled_folder(progress)
    except BundledMissing as error:
        raise ModelError(str(error)) from None


def _name(source: str | Path, folder: Path) -> str:
    return str(source) if source == "bundled" else (Path(source).resolve().name or folder.name)


def _read_folder(folder: Path, dtype: torch.dtype) -> tuple[Any, Any]:
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    try:
        with quiet_loading():
            config: Any = AutoConfig.from_pretrained(folder, local_files_only=True)
            tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
            hf, loading = AutoModelForCausalLM.from_pretrained(
                folder,
                config=config,
                dtype=dtype,
                attn_implementation="eager",
                use_safetensors=True,
                local_files_only=True,
                output_loading_info=True,
            )
    except Exception as error:
        # What transformers raises here is of every kind; the first line says it.
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"{folder} does not load: {first}") from None
    for kind in ("missing_keys", "mismatched_keys"):
        if loading[kind]:
            raise ModelError(
                f"{folder}: weights do not fit config.json: {kind.replace('_', ' ')}, first "
                f"{sorted(map(str, loading[kind]))[0]}; download the folder again"
            )
    return hf, tokenizer


def _read_gguf(path: Path) -> tuple[Any, Any, str]:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        with quiet_loading():
            read: Any = AutoModelForCausalLM.from_pretrained(
                path.parent, gguf_file=path.name, dtype=torch.float32, local_files_only=True
            )
            tokenizer: Any = AutoTokenizer.from_pretrained(
                path.parent, gguf_file=path.name, local_files_only=True
            )
    except Exception as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"{path} does not load: {first}") from None
    # A model that was read from GGUF refuses to be saved: a fresh one with its weights does not.
    config = read.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    hf: Any = AutoModelForCausalLM.from_config(config, attn_implementation="eager")
    hf.load_state_dict(read.state_dict())
    return hf, tokenizer, model_files.file_sha256(path)


def _read_adapter(
    folder: Path, base: str | Path | None, progress: Say | None
) -> tuple[Any, Any, str, str]:
    """The merged model, its base's tokenizer (or the adapter's own), weights' hash, identity."""
    config = lora.adapter_config(folder)
    start = _base_folder(folder, config, base, progress)
    model_files.check_folder(start)
    hashed = model_files.weights_sha256(start)
    wanted = config.get(lora.BASE_HASH)
    if wanted is not None and wanted != hashed:
        raise ModelError(
            f"{folder.name} was trained on other weights than those in {start.name} (sha256 "
            f"{wanted[:12]}…, found {hashed[:12]}…): give its own base with base=…"
        )
    hf, tokenizer = _read_folder(start, torch.float32)
    if (folder / "tokenizer.json").is_file():
        from transformers import AutoTokenizer

        with quiet_loading():
            own: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        _same_tokenizer(own, tokenizer, f"adapter {folder.name} and base {start.name}")
        tokenizer = own
    if lora.is_plain(config):
        lora.merge(hf, folder, config)
    else:
        hf = _merge_with_peft(hf, folder, config)
    weights = hashlib.sha256((hashed + lora.adapter_sha256(folder)).encode()).hexdigest()
    return hf, tokenizer, weights, model_files.identity(start, weights)


def _base_folder(
    folder: Path, config: dict[str, Any], base: str | Path | None, progress: Say | None
) -> Path:
    named = base if base is not None else config.get("base_model_name_or_path")
    if not named:
        raise ModelError(f"{folder.name} does not name its base: give base=…")
    if base is None and isinstance(named, str) and (folder / named).is_dir():
        named = folder / named  # a path beside the adapter, as a pair of folders is shipped
    try:
        found = _resolve(named, progress)
    except ModelError as error:
        if base is not None:
            raise
        raise ModelError(f"base of {folder.name}: {error}; or give base=…") from None
    if model_files.is_adapter(found):
        raise ModelError(f"the base {found.name} is itself an adapter: give a full model")
    return found


def _merge_with_peft(hf: Any, folder: Path, config: dict[str, Any]) -> Any:
    kind = config.get("peft_type", "LORA")
    try:
        from peft import PeftModel
    except ImportError:
        raise ModelError(
            f"{folder.name} is no plain LoRA adapter ({kind}): install peft to merge it: "
            "pip install peft"
        ) from None
    try:
        return PeftModel.from_pretrained(hf, str(folder)).merge_and_unload()
    except Exception as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"{folder.name} ({kind}) cannot be merged by peft: {first}") from None


@torch.no_grad()
def _check_numbers(model: Model) -> None:
    """Refuse weights and logits that are not finite: float16 overflows where others do not."""
    low = model.dtype == torch.float16
    fix = "load it with dtype='bfloat16' or 'float32'" if low else "the files are damaged"
    for name, weight in model.hf.named_parameters():
        # One pass without a mask in memory: a sum is finite only if every term is.
        if not torch.isfinite(weight.sum(dtype=torch.float32)):
            raise ModelError(f"{model.name}: {name} is not finite in {model.dtype}: {fix}")
    if low:
        ids = torch.tensor([model.text_ids(_PROBE)], device=model.device)
        if not torch.isfinite(model.hf(input_ids=ids, use_cache=False).logits).all():
            raise ModelError(f"{model.name}: logits overflow in {model.dtype}: {fix}")
