"""Train linear probes at every layer and judge them on topics that they have not seen."""

from pathlib import Path
from typing import Literal

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ..engine.batch import sequence_log_prob
from ..engine.prompt_ids import prompt_ids
from ..engine.states import pooled_states
from ..model import Model
from ..spec import Args, Control, Data, Frozen, Refusal, WhiteBox, tool
from ..views import Lines, Series
from ..workbench import Workbench
from .held_out import HeldOut, centred_by, final_probe, leave_group_out, shuffled_within
from .labelled import Material, length_leak, read_labelled, sort_out
from .truth_statements import Labelled, truth_statements
from .truth_statements import topics as truth_topics


class ProbeArgs(Args):
    """Which texts, which kind of probe. Without texts: the shipped true and false statements."""

    method: Literal["logistic", "difference", "ridge"] = Field(
        "ridge", description="Logistic regression, difference of class means, or ridge regression"
    )
    positive: list[str] = Field(
        default_factory=list, max_length=2000, description="Texts of label 1"
    )
    negative: list[str] = Field(
        default_factory=list, max_length=2000, description="Texts of label 0"
    )
    positive_topics: list[str] = Field(
        default_factory=list, max_length=2000, description="Topic of each text of label 1"
    )
    negative_topics: list[str] = Field(
        default_factory=list, max_length=2000, description="Topic of each text of label 0"
    )
    file: str = Field(
        "", description="JSON lines with text, label (0 or 1) and topic, in place of the lists"
    )
    chat: bool = Field(False, description="Wrap each text in the chat template")
    where: Literal["last", "mean"] = Field(
        "last", description="Read the last token, or the mean over all tokens but the first"
    )
    penalty: float = Field(
        500.0, ge=1e-3, le=1e6, description="Penalty on standardised features (logistic: 1 / C)"
    )
    shuffles: int = Field(40, ge=30, le=500, description="Shuffled label sets of the control")
    centre: bool = Field(
        False, description="Subtract each topic's mean, the held-out one's included (no labels)"
    )


class TopicScore(Frozen):
    """One held-out topic."""

    topic: str
    texts: int = Field(ge=1)
    auroc: float = Field(ge=0, le=1, description="Of the probe that was fitted without it")
    layer: int = Field(ge=-1, description="Layer that was chosen without it")
    known: float | None = Field(
        ge=0, le=1, description="Share of pairs whose true end the model finds likelier, if known"
    )


class ProbeData(Data):
    """Held-out figures at layers that were chosen on the other topics."""

    method: str
    texts: int = Field(ge=1)
    by_topic: bool = Field(description="False: there were no topics, texts were held out")
    centred: bool = Field(description="Topic means were subtracted, the held-out topic's too")
    auroc: float = Field(ge=0, le=1, description="Mean over held-out topics")
    accuracy: float = Field(ge=0, le=1)
    majority: float = Field(ge=0, le=1, description="Accuracy of always saying the larger class")
    selectivity: float = Field(description="Accuracy minus that of probes for shuffled labels")
    shuffled_auroc_95: float = Field(ge=0, le=1)
    fitted_accuracy: float = Field(ge=0, le=1, description="On the texts it was fitted on")
    fitted_shuffled: float = Field(ge=0, le=1, description="The same for shuffled labels")
    length_auroc: float = Field(ge=0, le=1, description="Of the length in tokens alone")
    layer: int = Field(ge=-1, description="Layer of the probe that is kept; -1 is the embedding")
    topics: list[TopicScore]
    auroc_by_layer: list[float] = Field(description="Held out, embedding first; chooses nothing")


@tool(access="target")
def probe(bench: Workbench, args: ProbeArgs) -> WhiteBox[ProbeData]:
    """Fit linear probes on all layers and score them on topics that were held out.

    Says whether a property of a text can be read from the residual stream, at which layer, and
    keeps the probe (`probe:N`) and its direction (`dir:N`). That it can be read does not mean that
    the model uses it. Control: shuffled labels with the layer chosen again, majority, length.

    Misleads:
        That a property can be read does not mean that the model uses it; topics that are
        too alike make held-out figures too good.
    """
    model, items = bench.target, _items(bench, args)
    material, warnings = sort_out(items)
    sequences = []
    for text in material.texts:
        ids, told = prompt_ids(model, text, chat=args.chat)
        sequences.append(ids)
        warnings += [w for w in told if w not in warnings]
    length, leak = length_leak([len(s) for s in sequences], material.labels)
    warnings += leak
    states = pooled_states(
        model,
        sequences,
        where=args.where,
        on_progress=lambda done, total: bench.progress(done, total, "reading texts"),
    )
    if args.centre:
        states = centred_by(states, material.groups)
        warnings.append(
            "Centred: the mean of each held-out topic was subtracted, which needs all its texts "
            "at once (no labels). A probe for single texts does not have it."
        )
    generator = bench.generator("probe", args)
    shuffles = shuffled_within(material.labels, material.groups, args.shuffles, generator)
    found = leave_group_out(
        args.method,
        states,
        torch.cat([material.labels[:, None], shuffles], 1),
        material.groups,
        args.penalty,
        lambda done, total: bench.progress(done, total, "fitting probes"),
    )
    row, kept = final_probe(args.method, states, material.labels, found, args.penalty)
    weight = kept.weight[:, 0]
    known = {} if items is not _SHIPPED else knows(model)
    data = _data(args, material, found, row=row, length=length, known=known)
    beyond = data.auroc > data.shuffled_auroc_95
    words = (
        f"Held-out AUROC {data.auroc:.2f}, accuracy {data.accuracy:.2f} (shuffled labels, 95th "
        f"percentile: AUROC {data.shuffled_auroc_95:.2f}; majority {data.majority:.2f}), "
        f"layer {data.layer}"
    )
    words += ", topics centred." if args.centre else "."
    if data.by_topic:
        worst = min(data.topics, key=lambda t: t.auroc)
        words += f" Weakest topic: {worst.topic} ({worst.auroc:.2f})."
    return WhiteBox(
        summary=words if beyond else f"No effect beyond control: {words}",
        data=data,
        control=Control(
            what=f"{args.shuffles} label shuffles within topics, with the layer chosen again",
            numbers={
                "auroc_95": data.shuffled_auroc_95,
                "auroc_median": float(found.auroc[1:].median()),
                "accuracy_mean": float(found.accuracy[1:].mean()),
                "majority": data.majority,
                "length_auroc": length,
            },
            beyond=beyond,
        ),
        handles=[
            bench.put("probe", pack(weight, float(kept.bias[0]), row - 1, args.where)),
            bench.put("dir", weight / weight.norm().clamp(min=1e-12)),
        ],
        warnings=warnings,
        view=_picture(found, data),
    )


def pack(
    weight: Float[Tensor, "d_model"], bias: float, layer: int, where: str
) -> Float[Tensor, "d_model3"]:
    """A probe as one tensor: its weights, bias, layer, and 1 where it reads a mean over tokens."""
    return torch.cat([weight, torch.tensor([bias, float(layer), float(where == "mean")])])


def unpack(
    tensor: Float[Tensor, "d_model3"],
) -> tuple[Float[Tensor, "d_model"], float, int, Literal["last", "mean"]]:
    """Weights, bias, layer and place of a packed probe."""
    bias, layer, mean = tensor[-3:].tolist()
    return tensor[:-3], bias, int(layer), "mean" if mean else "last"


def knows(model: Model) -> dict[str, float]:
    """By shipped topic: share of pairs whose true end the model finds likelier than the false."""
    stems, ends, owners = [], [], []
    items = truth_statements()
    for topic in truth_topics():
        for item in (i for i in items if i.topic == topic):
            end = item.text.removesuffix(".").rsplit(" ", 1)[1]
            stem = item.text[: -len(end) - 2]
            stems.append(model.text_ids(stem))
            ends.append(model.text_ids(" " + end, bos=False))
            owners.append(topic)
    logp = sequence_log_prob(model, stems, ends)
    right = logp[0::2] > logp[1::2]  # true and false alternate
    return {
        topic: float(right[[o == topic for o in owners[0::2]]].float().mean())
        for topic in truth_topics()
    }


_SHIPPED = truth_statements()


def _items(bench: Workbench, args: ProbeArgs) -> list[Labelled]:
    if args.file:
        if args.positive or args.negative:
            raise Refusal("bad_args", "texts are given twice", "give a file or lists, not both")
        return read_labelled(bench.readable(Path(args.file)))
    if not args.positive and not args.negative:
        return _SHIPPED
    items = []
    for label, texts, topics, name in (
        (1, args.positive, args.positive_topics, "positive"),
        (0, args.negative, args.negative_topics, "negative"),
    ):
        if topics and len(topics) != len(texts):
            raise Refusal(
                "bad_args",
                f"{len(texts)} {name} texts but {len(topics)} topics",
                "one topic a text, or none at all",
            )
        owners = topics or [""] * len(texts)
        items += [Labelled(t, label, o) for t, o in zip(texts, owners, strict=True)]
    return items


def _data(
    args: ProbeArgs,
    material: Material,
    found: HeldOut,
    *,
    row: int,
    length: float,
    known: dict[str, float],
) -> ProbeData:
    share = float(material.labels.mean())
    accuracy = float(found.accuracy[0])
    return ProbeData(
        method=args.method,
        texts=len(material.texts),
        by_topic=material.by_topic,
        centred=args.centre,
        auroc=float(found.auroc[0]),
        accuracy=accuracy,
        majority=max(share, 1 - share),
        selectivity=accuracy - float(found.accuracy[1:].mean()),
        shuffled_auroc_95=float(found.auroc[1:].quantile(0.95)),
        fitted_accuracy=float(found.fitted[0]),
        fitted_shuffled=float(found.fitted[1:].mean()),
        length_auroc=length,
        layer=row - 1,
        topics=[
            TopicScore(
                topic=name,
                texts=int((material.groups == i).sum()),
                auroc=float(found.by_group[i, 0]),
                layer=int(found.layers[i, 0]) - 1,
                known=known.get(name),
            )
            for i, name in enumerate(material.names)
        ],
        auroc_by_layer=found.by_layer[:, 0].tolist(),
    )


def _picture(found: HeldOut, data: ProbeData) -> Lines:
    band = found.by_layer[:, 1:]
    return Lines(
        title=f"Held-out AUROC of a {data.method} probe by layer",
        caption="-1 is the embedding. Dashed: 95th and 5th percentile of shuffled labels, layer by "
        f"layer; with the layer chosen, the 95th is {data.shuffled_auroc_95:.2f}.",
        x=[float(i - 1) for i in range(len(band))],
        series=[
            Series(name="probe", y=data.auroc_by_layer),
            Series(name="shuffled, 95%", y=band.quantile(0.95, 1).tolist(), control=True),
            Series(name="shuffled, 5%", y=band.quantile(0.05, 1).tolist(), control=True),
        ],
        x_title="layer",
        unit="AUROC",
    )
