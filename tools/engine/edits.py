"""Changes to the residual stream of a running model, another one for each row of a batch."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..model import Model
from .batch import OnProgress, batches, check_lengths, final_hidden
from .opening import Opening, opening
from .residual import first, hooked
from .sampling import generate

Act = Literal["all", "reply"]
# Given the stream [row, pos, d_model] and the sequence that each row is: the new stream.
Change = Callable[[Tensor, Tensor], Tensor]


@dataclass
class Edit:
    """What is changed, where.

    The first token of a sequence is never changed: its activation is massive in many models, and
    the others read it as a place to look when there is nothing to see.

    Attributes:
        layers: The stream after these layers is changed; -1 is what enters layer 0.
        change: The change.
        lengths: Tokens of each prompt.
        act: `all` positions but the first, or `reply`: the prompt's last token and what follows.
        alike: A label for each sequence; those of one label are changed alike, and what they begin
            with runs once. None: each in its own way.
    """

    layers: list[int]
    change: Change
    lengths: list[int]
    act: Act = "all"
    alike: list[int] | None = None
    _rows: list[int] = field(default_factory=list)
    _left: bool = True
    _begin: int = 0

    def at(self, rows: list[int], *, left: bool, begin: int = 0) -> None:
        """Say what the next pass holds: which sequences, padded on which side, from which token."""
        self._rows, self._left, self._begin = rows, left, begin

    def apply(self, stream: Float[Tensor, "row pos d_model"]) -> Float[Tensor, "row pos d_model"]:
        """The stream with the change at the positions that are acted on."""
        width = stream.shape[1]
        rows = torch.tensor(self._rows, device=stream.device)
        new = self.change(stream, rows).to(stream.dtype)
        if width == 1:  # a new token of a reply
            return new
        length = torch.tensor([self.lengths[i] for i in self._rows], device=stream.device)
        start = width - length if self._left else torch.full_like(length, -self._begin)
        begin = start + (length - 1 if self.act == "reply" else 1)
        places = torch.arange(width, device=stream.device)
        return torch.where((places >= begin[:, None])[..., None], new, stream)


def added(vectors: Float[Tensor, "seq d_model"]) -> Change:
    """Add to each sequence its own vector."""
    return lambda stream, rows: stream + vectors.to(stream)[rows][:, None]


def ablated(directions: Float[Tensor, "seq d_model"]) -> Change:
    """Take the part along each sequence's own unit direction away; zeros change nothing."""

    def change(stream: Tensor, rows: Tensor) -> Tensor:
        unit = directions.to(stream)[rows][:, None]
        return stream - (stream * unit).sum(-1, keepdim=True) * unit

    return change


@contextmanager
def edited(model: Model, edit: Edit) -> Iterator[None]:
    """Apply an edit to every pass inside the block."""
    stack = model.adapter.layers

    def before(_: nn.Module, inputs: tuple[Any, ...], named: dict[str, Any]) -> Any:
        if inputs:
            return (edit.apply(inputs[0]), *inputs[1:]), named
        return inputs, {**named, "hidden_states": edit.apply(named["hidden_states"])}

    def after(_: nn.Module, __: Any, output: Any) -> Any:
        new = edit.apply(first(output))
        return (new, *output[1:]) if isinstance(output, tuple) else new

    handles: list[Any] = []
    if -1 in edit.layers:
        handles.append(stack[0].register_forward_pre_hook(before, with_kwargs=True))
    handles += [stack[i].register_forward_hook(after) for i in edit.layers if i >= 0]
    with hooked(handles):
        yield


@torch.no_grad()
def edited_logits(
    model: Model,
    sequences: list[list[int]],
    edit: Edit | list[Edit],
    *,
    keep: list[int] | None = None,
    batch: int = 32,
    on_progress: OnProgress | None = None,
) -> Float[Tensor, "seq k"]:
    """Log probabilities (nats) after the last token of each sequence, under an edit.

    Args:
        model: The model.
        sequences: Token ids; `edit.lengths` are theirs.
        edit: The change, or several.
        keep: Tokens wanted; None for the whole vocabulary.
        batch: Most sequences that run together.
        on_progress: Called with (sequences done, sequences).
    """
    check_lengths(model, sequences)
    out = torch.empty(len(sequences), model.d_vocab if keep is None else len(keep))
    edits = [edit] if isinstance(edit, Edit) else edit
    done = 0
    with ExitStack() as stack:
        for one in edits:
            stack.enter_context(edited(model, one))
        shared = _opening(model, sequences, edits)
        begin = shared.length if shared else 0
        for part in batches([len(s) for s in sequences], batch):
            for one in edits:
                one.at(part, left=False, begin=begin)
            known = shared.cache(part) if shared else None
            hidden = final_hidden(model, [sequences[i][begin:] for i in part], known)
            last = torch.tensor([len(sequences[i]) - begin - 1 for i in part], device=hidden.device)
            rows = hidden[torch.arange(len(part), device=hidden.device), last]
            logp = model.adapter.unembed(rows).float().log_softmax(-1)
            out[part] = (logp if keep is None else logp[:, keep]).cpu()
            done += len(part)
            if on_progress:
                on_progress(done, len(sequences))
    return out


def edited_replies(
    model: Model,
    prompts: list[list[int]],
    edit: Edit,
    *,
    max_new_tokens: int,
    batch: int = 48,
    on_progress: OnProgress | None = None,
) -> list[list[int]]:
    """Greedy replies under an edit."""
    with edited(model, edit):
        return generate(
            model,
            prompts,
            max_new_tokens=max_new_tokens,
            batch=batch,
            on_progress=on_progress,
            on_rows=lambda rows: edit.at(rows, left=True),
            shared=_opening(model, prompts, [edit]),
        )


def _opening(model: Model, sequences: list[list[int]], edits: list[Edit]) -> Opening | None:
    """What the sequences begin with, run under the edits, once for those that are changed alike."""
    labels = [edit.alike for edit in edits if edit.alike is not None]
    if len(labels) < len(edits):
        return None

    def before(rows: list[int]) -> None:
        for edit in edits:
            edit.at(rows, left=False)

    # Without an edit all run alike.
    alike = list(zip(*labels, strict=True)) if labels else None
    return opening(model, sequences, alike, before)


def random_like(
    vector: Float[Tensor, "d_model"], count: int, generator: torch.Generator
) -> Float[Tensor, "draw d_model"]:
    """Random directions of the same length."""
    noise = torch.randn(count, len(vector), generator=generator)
    like: Tensor = noise / noise.norm(dim=-1, keepdim=True) * vector.norm()
    return like


def unit(vector: Float[Tensor, "d_model"]) -> Float[Tensor, "d_model"]:
    """The vector at length 1."""
    found: Tensor = vector / vector.norm().clamp(min=1e-12)
    return found
