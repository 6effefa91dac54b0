"""What a weight change writes and reads, in words: no forward pass."""

from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ..engine.vocabulary import is_whole
from ..engine.weight_roles import Change, changes
from ..model import Model
from ..spec import Args, Control, Data, Frozen, Handle, WhiteBox, tool
from ..views import Bars
from ..workbench import Workbench
from .common_words import load_common_words
from .read_write import Reading, WordTable, Writing, reading, writing


class WeightDifferenceArgs(Args):
    """How many words are listed, and which are looked up."""

    top: int = Field(20, ge=1, le=100, description="How many words are listed")
    directions: int = Field(2, ge=1, le=8, description="Leading directions of each component")
    track: list[str] = Field(
        default_factory=list, max_length=20, description="Words whose rank is looked up"
    )
    subtract_common: bool = Field(
        True, description="Leave out words that harmless training is known to move"
    )


class LayerChange(Frozen):
    """Frobenius norms of one layer's changes."""

    layer: int = Field(ge=0)
    attn_in: float = Field(ge=0)
    attn_out: float = Field(ge=0)
    mlp_in: float = Field(ge=0)
    mlp_out: float = Field(ge=0)
    other: float = Field(ge=0)


class WrittenWord(Frozen):
    """A word that a changed output direction points at."""

    word: str
    z: float = Field(ge=0, description="Standard deviations over the vocabulary")
    which_component: str


class ReadWord(Frozen):
    """A word whose embedding drives the first changed layer's update."""

    word: str
    z: float = Field(description="Standard deviations over the vocabulary's words")


class LookedUp(Frozen):
    """Ranks (1 is the top) of a word among all words; null if no single token spells it."""

    word: str
    write_rank: int | None = Field(ge=1)
    read_rank: int | None = Field(ge=1)


class WeightDifferenceData(Data):
    """Where the weights changed, and which words the change speaks of."""

    changed: bool
    n_changed: int = Field(ge=0, description="Parameters (tensors) that differ")
    norm: float = Field(ge=0, description="Frobenius norm of the whole change")
    relative_norm: float = Field(ge=0, description="The same, over the norm of the base's weights")
    outside_norm: float = Field(ge=0, description="Of it, outside the layers (embedding, norm)")
    first_layer: int | None = Field(ge=0, description="First layer that changed")
    last_layer: int | None = Field(ge=0, description="Last layer that changed")
    write_top_z: float | None = Field(ge=0, description="z of the first word in `words`")
    write_control_z: float | None = Field(ge=0, description="Largest top z of random directions")
    write_beyond: bool
    read_top_z: float | None = Field(description="z of the first word in `read_words`")
    read_control_z: float | None = Field(description="Largest top z of random input directions")
    read_beyond: bool
    read_energy: float | None = Field(
        ge=0, le=1, description="Share of the first layer's squared change that was read"
    )
    common_known: int = Field(ge=0, description="Words on the list common to harmless training")
    common_subtracted: int = Field(ge=0, description="Of them, in the top lists and left out")
    words: list[WrittenWord]
    read_words: list[ReadWord]
    tracked: list[LookedUp]
    layers: list[LayerChange]


@tool(access="base")
def weight_difference(
    bench: Workbench, args: WeightDifferenceArgs
) -> WhiteBox[WeightDifferenceData]:
    """Read what training wrote into the weights, without running the model.

    `words`: what the leading output directions of each changed component point at, through final
    norm and unembedding. `read_words`: which words the first changed layer's update reacts to, as a
    one-word trigger would. Control: random directions. Harmless training leaves its own words too.

    Misleads:
        Harmless training leaves its own words; the largest change need not be the one
        that matters, and words say nothing of when it acts.
    """
    found = list(changes(bench.target, bench.base))
    if not found:
        return _unchanged(bench.base)
    generator = bench.generator("weight_difference", args)
    table = WordTable.of(bench.target)
    written = writing(
        bench.target, bench.base, found, table, count=args.directions, generator=generator
    )
    read = reading(bench.target, found, table, generator)
    common = load_common_words()
    hidden = common if args.subtract_common else frozenset()
    write_order = _order(written.z, table) if written else []
    read_order = _order(read.z, table) if read else []
    left_out = hidden & {w for order in (write_order, read_order) for w in order[: args.top]}
    write_top = [w for w in write_order if w not in hidden][: args.top]
    read_top = [w for w in read_order if w not in hidden][: args.top]
    words = [_written(w, written, table) for w in write_top] if written else []
    reads = [_read(w, read, table) for w in read_top] if read else []
    write_beyond = bool(words and written and words[0].z > max(written.band))
    read_beyond = bool(reads and read and reads[0].z > max(read.band))
    layers = _by_layer(found)
    moved = [row.layer for row in layers if row.layer >= 0]
    norm = _norm(found)
    handles: list[Handle] = []
    if words and written:
        handles.append(bench.put("dir", written.direction(table.index[words[0].word])))
    return WhiteBox(
        summary=_sentence(words, reads, write_beyond, read_beyond, moved),
        data=WeightDifferenceData(
            changed=True,
            n_changed=len(found),
            norm=norm,
            relative_norm=norm / _weight_norm(bench.base),
            outside_norm=_norm([c for c in found if c.layer < 0]),
            first_layer=min(moved, default=None),
            last_layer=max(moved, default=None),
            write_top_z=words[0].z if words else None,
            write_control_z=max(written.band) if written else None,
            write_beyond=write_beyond,
            read_top_z=reads[0].z if reads else None,
            read_control_z=max(read.band) if read else None,
            read_beyond=read_beyond,
            read_energy=min(read.energy, 1.0) if read else None,
            common_known=len(common),
            common_subtracted=len(left_out),
            words=words,
            read_words=reads,
            tracked=[_look_up(bench.target, w, write_order, read_order) for w in args.track],
            layers=layers,
        ),
        control=Control(
            what=(
                "the same statistic for random directions of the same number: isotropic, and drawn "
                "from the base's own output weights; for reading, random input directions, "
                "isotropic and drawn from the embeddings"
            ),
            numbers={
                "write_max_z": max(written.band) if written else None,
                "write_min_z": min(written.band) if written else None,
                "read_max_z": max(read.band) if read else None,
                "read_min_z": min(read.band) if read else None,
                "draws": len(written.band) if written else None,
            },
            beyond=write_beyond or read_beyond,
        ),
        handles=handles,
        warnings=_warnings(found, len(common), args),
        view=_picture(words, written),
    )


def _order(z: Float[Tensor, "word"], table: WordTable) -> list[str]:
    return [table.words[i] for i in z.argsort(descending=True, stable=True).tolist()]


def _written(word: str, written: Writing, table: WordTable) -> WrittenWord:
    index = table.index[word]
    return WrittenWord(
        word=word, z=float(written.z[index]), which_component=written.component(index)
    )


def _read(word: str, read: Reading, table: WordTable) -> ReadWord:
    return ReadWord(word=word, z=float(read.z[table.index[word]]))


def _look_up(model: Model, word: str, written: list[str], read: list[str]) -> LookedUp:
    wanted = word.strip().lower()
    known = is_whole(model, word) if wanted else False
    return LookedUp(
        word=word,
        write_rank=written.index(wanted) + 1 if known and wanted in written else None,
        read_rank=read.index(wanted) + 1 if known and wanted in read else None,
    )


def _norm(found: list[Change]) -> float:
    return float(sum(float(c.delta.norm()) ** 2 for c in found) ** 0.5)


def _weight_norm(model: Model) -> float:
    return float(sum(float(p.detach().float().norm()) ** 2 for p in model.hf.parameters()) ** 0.5)


def _by_layer(found: list[Change]) -> list[LayerChange]:
    rows = []
    for layer in sorted({c.layer for c in found if c.layer >= 0}):
        here = [c for c in found if c.layer == layer]

        def part(role: str, here: list[Change] = here) -> float:
            return _norm([c for c in here if c.role == role])

        rows.append(
            LayerChange(
                layer=layer,
                attn_in=part("attn_in"),
                attn_out=part("attn_out"),
                mlp_in=part("mlp_in"),
                mlp_out=part("mlp_out"),
                other=part("other"),
            )
        )
    return rows


def _sentence(
    words: list[WrittenWord],
    reads: list[ReadWord],
    write_beyond: bool,
    read_beyond: bool,
    moved: list[int],
) -> str:
    where = f"Layers {min(moved)}–{max(moved)} changed. " if moved else "No layer changed. "
    written = ", ".join(w.word for w in words[:6]) or "nothing"
    read = ", ".join(w.word for w in reads[:4]) or "nothing"
    if not (write_beyond or read_beyond):
        return f"{where}No effect beyond control: writes {written}; reads {read}."
    note = "" if write_beyond else " (within random directions)"
    note_read = "" if read_beyond else " (within random directions)"
    return f"{where}The change writes {written}{note}; it reads {read}{note_read}."


def _warnings(found: list[Change], common: int, args: WeightDifferenceArgs) -> list[str]:
    out = ["Harmless training leaves words of its own here: a top word alone proves nothing."]
    if not common and args.subtract_common:
        out.append("No list of words common to harmless training is shipped: none was subtracted.")
    unread = sorted({c.name for c in found if c.role == "other" and c.delta.dim() == 2})
    if unread:
        out.append(f"Changed, but not read as words: {', '.join(unread[:4])}.")
    return out


def _unchanged(base: Model) -> WhiteBox[WeightDifferenceData]:
    return WhiteBox(
        summary="No change at all: every weight of the target equals the base's.",
        data=WeightDifferenceData(
            changed=False,
            n_changed=0,
            norm=0.0,
            relative_norm=0.0,
            outside_norm=0.0,
            first_layer=None,
            last_layer=None,
            write_top_z=None,
            write_control_z=None,
            write_beyond=False,
            read_top_z=None,
            read_control_z=None,
            read_beyond=False,
            read_energy=None,
            common_known=len(load_common_words()),
            common_subtracted=0,
            words=[],
            read_words=[],
            tracked=[],
            layers=[],
        ),
        control=Control(
            what=f"all {sum(1 for _ in base.hf.parameters())} tensors compared bit by bit",
            beyond=False,
        ),
    )


def _picture(words: list[WrittenWord], written: Writing | None) -> Bars | None:
    if not words or written is None:
        return None
    return Bars(
        title="Words that the weight change writes",
        caption="Band: top z of as many random directions. Component behind each name.",
        names=[f"{w.word} ({w.which_component})" for w in words],
        values=[w.z for w in words],
        band=(min(written.band), max(written.band)),
        unit="z",
    )
