"""Whether templates, tokens and logits can be trusted, before anything is built on them."""

import math
from collections.abc import Iterable
from itertools import islice

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ..engine.batch import last_logits
from ..engine.residual import residual_stream
from ..engine.sampling import generate
from ..model import Model
from ..spec import Args, Control, Data, Frozen, Refusal, Result, tool
from ..views import Table
from ..workbench import Workbench

_MARK = "Zebra crossing 42"
_TEXTS = ("The quick brown fox", "One two three four five six seven", "A")
_QUESTIONS = ("Say hello.", "What is 2 + 2? Answer with one number.")
_THINKING = ("<think>", "<|channel|>", "<reasoning>", "<thought>", "[THINK]")


class SanityCheckArgs(Args):
    """What is checked at greater cost."""

    bridge: bool = Field(
        True, description="Compare with TransformerLens too (its import takes seconds)"
    )
    max_new_tokens: int = Field(
        48, ge=1, le=256, description="Tokens in which a short reply should end"
    )


class Check(Frozen):
    """One check. A check that is not fatal only warns."""

    name: str
    ok: bool
    detail: str
    fatal: bool = True


class SanityCheckData(Data):
    """All checks; `passed` is false if a fatal one failed."""

    passed: bool
    n_failed: int = Field(ge=0, description="Fatal checks that failed")
    n_warned: int = Field(ge=0, description="Other checks that failed")
    tolerance: float = Field(ge=0, description="Largest difference of logits that passes")
    batch_difference: float | None = Field(
        ge=0, description="Largest |batched − single| logit; null if not finite, like those below"
    )
    bridge_difference: float | None = Field(ge=0, description="Largest |bridge − plain| logit")
    largest_activation: float | None = Field(ge=0)
    checks: list[Check]


@tool(access="chat")
def sanity_check(bench: Workbench, args: SanityCheckArgs) -> Result[SanityCheckData]:
    """Check chat template, tokens, logits and stopping before trusting any other number.

    If a fatal check fails, stop: what other tools measure would describe the loading, not the
    model. Control: the logit comparison on a changed prompt, which must fail.

    Misleads:
        It shows that the model runs as it should, not that it is the model that you
        meant; a weak model passes as well as a good one.
    """
    model = bench.target
    checks = [check(model) for check in (template, end_of_turn, one_bos, system_role, thinking)]
    tolerance = _tolerance(model)
    ids = model.text_ids(_TEXTS[1])
    plain = plain_logits(model, ids)
    checks.append(
        Check(
            name="finite_logits",
            ok=bool(torch.isfinite(plain).all()),
            detail="every logit is a finite number, otherwise try dtype float32",
        )
    )
    batched = batch_difference(model)
    checks.append(_close("batched_logits", batched, tolerance, "a padded batch against one by one"))
    bridge = None
    if args.bridge and bench.access != "chat":
        bridge_check, bridge = bridge_logits(model, ids, plain, tolerance)
        checks.append(bridge_check)
    largest = float(residual_stream(model, ids, len(ids))[0].abs().max())
    checks += [softcap(model), overflow(model, largest)]
    if bench.has_base:
        checks.append(same_tokenizer(model, bench.base))
    checks.append(stopping(model, args.max_new_tokens))
    failed = [c for c in checks if c.fatal and not c.ok]
    warned = [c for c in checks if not c.fatal and not c.ok]
    exchanged = [*ids[:-1], (ids[-1] + 1) % model.d_vocab]
    moved = float((plain_logits(model, exchanged) - plain).abs().max())
    if failed:
        told = "; ".join(f"{c.name}: {c.detail}" for c in failed)
        words = f"Do not go on: {told}."
    else:
        words = f"{len(checks) - len(warned)} of {len(checks)} checks passed, none failed fatally."
    return Result(
        summary=words,
        data=SanityCheckData(
            passed=not failed,
            n_failed=len(failed),
            n_warned=len(warned),
            tolerance=tolerance,
            batch_difference=_finite(batched),
            bridge_difference=_finite(bridge),
            largest_activation=_finite(largest),
            checks=checks,
        ),
        control=Control(
            what="the logit comparison with the prompt's last token exchanged: it must not pass",
            numbers={"difference": _finite(moved), "tolerance": tolerance},
            beyond=moved > tolerance,
        ),
        warnings=[f"{c.name}: {c.detail}" for c in warned],
        view=Table(
            title="Sanity check",
            columns=["check", "", "detail"],
            rows=[
                [c.name, "ok" if c.ok else "FAIL" if c.fatal else "warn", c.detail] for c in checks
            ],
        ),
    )


def template(model: Model) -> Check:
    """The rendered prompt holds the message once, letter for letter."""
    if not model.has_chat_template:
        return Check(
            name="chat_template",
            ok=False,
            fatal=False,
            detail="there is none: prompts go in as raw text",
        )
    count = model.decode(model.chat_ids(_MARK)).count(_MARK)
    return Check(
        name="chat_template", ok=count == 1, detail=f"the message comes back {count} time(s)"
    )


def end_of_turn(model: Model) -> Check:
    """A finished reply is followed by a token at which generation stops."""
    name = "end_of_turn"
    if not model.stop_ids:
        return Check(name=name, ok=False, detail="no token ends a reply", fatal=False)
    if not model.has_chat_template:
        return Check(name=name, ok=True, detail=f"stops at {_tokens(model, model.stop_ids)}")
    turns = [{"role": "user", "content": "Hi."}, {"role": "assistant", "content": _MARK}]
    text = model.tokenizer.apply_chat_template(turns, tokenize=False)
    after = model.text_ids(text.rsplit(_MARK, 1)[-1], bos=False)
    ok = any(i in model.stop_ids for i in after)
    detail = f"a reply is closed by {_tokens(model, after[:2])}"
    return Check(name=name, ok=ok, detail=detail + ("" if ok else ", where generation goes on"))


def one_bos(model: Model) -> Check:
    """No prompt begins with two tokens of beginning."""
    bos = model.tokenizer.bos_token_id
    prompts = [model.text_ids(_MARK)]
    if model.has_chat_template:
        prompts.append(model.chat_ids(_MARK))
    double = bos is not None and any(p[:2] == [bos, bos] for p in prompts)
    return Check(
        name="one_bos",
        ok=not double,
        detail="a prompt begins with two BOS tokens" if double else "never two BOS tokens",
    )


def system_role(model: Model) -> Check:
    """A system prompt reaches the model, or is refused; it never vanishes."""
    name = "system_role"
    if not model.has_chat_template:
        return Check(name=name, ok=True, detail="no template, no system role")
    try:
        text = model.decode(model.chat_ids("Hi.", system=_MARK))
    except Refusal:
        return Check(name=name, ok=True, detail="the template refuses a system prompt")
    if _MARK not in text:
        return Check(name=name, ok=False, detail="the template drops the system prompt silently")
    bare = len(model.chat_ids("Hi.")), len(model.chat_ids("Hi.", system=""))
    note = "; without one the template adds its own default" if bare[0] > bare[1] else ""
    return Check(name=name, ok=True, detail=f"a system prompt reaches the model{note}")


def thinking(model: Model) -> Check:
    """Which tags hold a chain of thought, if any."""
    source = str(model.tokenizer.chat_template or "")
    known = {*model.tokenizer.get_added_vocab()}
    tags = [t for t in _THINKING if t in source or t in known]
    detail = f"replies may begin inside {', '.join(tags)}" if tags else "no thinking tags"
    return Check(name="thinking_tags", ok=True, detail=detail, fatal=False)


@torch.no_grad()
def plain_logits(model: Model, ids: list[int]) -> Float[Tensor, "pos d_vocab"]:
    """Logits of Hugging Face's own forward, with no path of this project in between."""
    tokens = torch.tensor([ids], device=model.device)
    logits: Tensor = model.hf(input_ids=tokens, use_cache=False).logits
    return logits[0].float().cpu()


def batch_difference(model: Model) -> float:
    """Largest difference between a padded batch and each prompt alone."""
    prompts = [model.text_ids(t) for t in _TEXTS]
    together = last_logits(model, prompts).float().cpu()
    alone = torch.stack([plain_logits(model, ids)[-1] for ids in prompts])
    return float((together - alone).abs().max())


def bridge_logits(
    model: Model, ids: list[int], plain: Float[Tensor, "pos d_vocab"], tolerance: float
) -> tuple[Check, float | None]:
    """Logits through TransformerLens against Hugging Face's own."""
    try:
        tokens = torch.tensor([ids], device=model.device)
        with torch.no_grad():
            through = model.bridge(tokens, return_type="logits")[0].float().cpu()
    except (ValueError, NotImplementedError, KeyError) as error:
        why = f"TransformerLens cannot load this architecture ({type(error).__name__})"
        return Check(name="bridge_logits", ok=False, fatal=False, detail=why), None
    difference = float((through - plain).abs().max())
    return _close(
        "bridge_logits", difference, tolerance, "TransformerLens against plain"
    ), difference


def softcap(model: Model) -> Check:
    """Whether logits are soft-capped: then differences of logits shrink near the cap."""
    cap = model.adapter.softcap
    detail = "logits are not soft-capped" if cap is None else f"logits are soft-capped at {cap:g}"
    return Check(name="soft_cap", ok=True, fatal=False, detail=detail)


def overflow(model: Model, largest: float) -> Check:
    """Whether the residual stream stays well inside the number format."""
    limit = torch.finfo(model.dtype).max
    kind = str(model.dtype).removeprefix("torch.")
    return Check(
        name="dtype_overflow",
        ok=largest < limit / 2,
        detail=f"largest activation {largest:.4g}, {kind} ends at {limit:.4g}",
    )


def same_tokenizer(target: Model, base: Model) -> Check:
    """Whether both models read text in the same way."""
    differ = []
    if target.tokenizer.get_vocab() != base.tokenizer.get_vocab():
        differ.append("vocabulary")
    if target.tokenizer.chat_template != base.tokenizer.chat_template:
        differ.append("chat template")
    if any(target.text_ids(t) != base.text_ids(t) for t in (*_TEXTS, _MARK, " café\n\n  x")):
        differ.append("tokens of a text")
    detail = f"target and base differ in: {', '.join(differ)}" if differ else "equal to the base's"
    return Check(name="same_tokenizer", ok=not differ, detail=detail)


def stopping(model: Model, limit: int) -> Check:
    """Whether short replies end by themselves."""
    prompts = [
        model.chat_ids(q) if model.has_chat_template else model.text_ids(q) for q in _QUESTIONS
    ]
    replies = generate(model, prompts, max_new_tokens=limit)
    ended = sum(len(r) < limit for r in replies)
    detail = f"{ended} of {len(replies)} short replies end within {limit} tokens"
    return Check(name="generation_stops", ok=ended > 0, fatal=False, detail=detail)


def _close(name: str, difference: float, tolerance: float, what: str) -> Check:
    detail = f"{what}: largest difference {difference:.2g}, allowed {tolerance:.2g}"
    return Check(name=name, ok=difference <= tolerance, detail=detail)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _tolerance(model: Model) -> float:
    return 1e-3 if model.dtype == torch.float32 else 0.25


def _tokens(model: Model, ids: Iterable[int]) -> str:
    return ", ".join(repr(model.token_text(i)) for i in islice(ids, 4))
