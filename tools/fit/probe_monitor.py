"""Score new texts with a kept probe, as a monitor would."""

from pathlib import Path

import torch
from jaxtyping import Float
from pydantic import Field
from torch import Tensor

from ..engine.prompt_ids import prompt_ids
from ..engine.states import check_layer, pooled_states
from ..spec import Args, Control, Data, Frozen, Refusal, WhiteBox, tool
from ..views import Passage, Passages
from ..workbench import Workbench
from .held_out import auroc
from .labelled import length_leak, read_labelled
from .probe import unpack
from .truth_statements import Labelled, truth_statements

_BAND = 32
_JUDGE_RUBRIC, _JUDGE_ANSWER = 150, 3  # tokens that a short judge prompt adds, and answers with


class ProbeMonitorArgs(Args):
    """Which probe and which texts. Without texts: the shipped statements in other words."""

    probe: str = Field("", max_length=40, description="Handle such as probe:3; empty: the newest")
    positive: list[str] = Field(
        default_factory=list, max_length=2000, description="New texts of label 1"
    )
    negative: list[str] = Field(
        default_factory=list, max_length=2000, description="New texts of label 0"
    )
    file: str = Field("", description="JSON lines with text and label, in place of the lists")
    chat: bool = Field(False, description="Wrap each text in the chat template")


class Scored(Frozen):
    """One text. Above 0 the probe says label 1."""

    text: str
    label: int
    score: float


class ProbeMonitorData(Data):
    """How the probe does on texts that it was not fitted on."""

    probe: str
    layer: int = Field(ge=-1)
    texts: int = Field(ge=1)
    auroc: float | None = Field(ge=0, le=1, description="None where all texts have one label")
    recall_at_1_percent: float | None = Field(
        ge=0, le=1, description="Share of label 1 above the score that 1% of label 0 exceed"
    )
    false_positives_allowed: int = Field(ge=0, description="How many texts 1% of label 0 are")
    random_auroc_95: float | None = Field(ge=0, le=1, description="Of random directions there")
    length_auroc: float | None = Field(ge=0, le=1, description="Of the length in tokens alone")
    monitor_tokens: float = Field(ge=0, description="Tokens a text that the monitor runs")
    monitor_layers: float = Field(ge=0, le=1, description="Share of the layers that it runs")
    judge_tokens: float = Field(ge=0, description="Tokens a text for a language model as judge")
    scored: list[Scored] = Field(description="The highest and the lowest scores")


@tool(access="target")
def probe_monitor(bench: Workbench, args: ProbeMonitorArgs) -> WhiteBox[ProbeMonitorData]:
    """Score new texts with a kept probe: AUROC, recall at 1% false positives, cost.

    Run `probe` first. A monitor is only as good as it is on texts unlike those that it was fitted
    on: bring such texts. Control: random directions at the same layer, and length alone.

    Misleads:
        Texts from the probe's own source flatter it; a good AUROC may still miss most at
        a low rate of false alarms.
    """
    name = args.probe or _newest(bench)
    packed = bench.get(name)
    if packed.dim() != 1 or len(packed) != bench.target.d_model + 3 or name[:6] != "probe:":
        raise Refusal("bad_args", f"{name} is no probe of this model", "run probe, then probe:N")
    weight, bias, layer, where = unpack(packed)
    check_layer(bench.target, layer)
    items = _items(bench, args)
    sequences = [prompt_ids(bench.target, i.text, chat=args.chat)[0] for i in items]
    states = pooled_states(
        bench.target,
        sequences,
        where=where,
        layers=[layer],
        on_progress=lambda done, total: bench.progress(done, total, "scoring texts"),
    )[0]
    scores = states @ weight + bias
    labels = torch.tensor([float(i.label) for i in items])
    both = 0 < float(labels.sum()) < len(labels)
    band = None
    if both:
        noise = torch.randn(
            states.shape[1], _BAND, generator=bench.generator("probe_monitor", args)
        )
        found = auroc((states - states.mean(0)) @ noise, labels[:, None].expand(-1, _BAND))
        band = float(torch.maximum(found, 1 - found).quantile(0.95))
    length, warnings = (
        length_leak([len(s) for s in sequences], labels) if both else (None, ["One label only."])
    )
    recall, allowed = recall_at(scores, labels, 0.01) if both else (None, 0)
    if both and allowed == 0:
        warnings.append(
            f"Only {int((1 - labels).sum())} texts of label 0: recall stands at no false positive "
            "at all; 1% needs 100 of them."
        )
    value = float(auroc(scores[:, None], labels[:, None])) if both else None
    tokens = sum(map(len, sequences)) / len(sequences)
    order = scores.argsort(descending=True).tolist()
    shown = order[:5] + [i for i in order[-5:] if i not in order[:5]]
    beyond = None if value is None or band is None else value > band
    words = f"Mean score {float(scores.mean()):.2f} over {len(items)} texts of one label."
    if value is not None and recall is not None:
        words = (
            f"AUROC {value:.2f} on {len(items)} new texts (random directions, 95th percentile "
            f"{band:.2f}); recall {recall:.0%} at 1% false positives."
        )
    return WhiteBox(
        summary=words if beyond is not False else f"No effect beyond control: {words}",
        data=ProbeMonitorData(
            probe=name,
            layer=layer,
            texts=len(items),
            auroc=value,
            recall_at_1_percent=recall,
            false_positives_allowed=allowed,
            random_auroc_95=band,
            length_auroc=length,
            monitor_tokens=tokens,
            monitor_layers=(layer + 1) / bench.target.n_layers,
            judge_tokens=tokens + _JUDGE_RUBRIC + _JUDGE_ANSWER,
            scored=[
                Scored(text=items[i].text, label=items[i].label, score=float(scores[i]))
                for i in shown
            ],
        ),
        control=Control(
            what=f"{_BAND} random directions at the same layer (either sign), 95th percentile"
            if both
            else "none: there is only one label",
            numbers={"random_auroc_95": band, "length_auroc": length},
            beyond=beyond,
        ),
        warnings=warnings,
        view=Passages(
            title="Highest and lowest scores",
            caption=f"A text costs the monitor {tokens:.0f} tokens through {layer + 1} of "
            f"{bench.target.n_layers} layers; a judge model about "
            f"{tokens + _JUDGE_RUBRIC + _JUDGE_ANSWER:.0f} tokens of its own.",
            items=[
                Passage(
                    label=f"{float(scores[i]):+.2f} (label {items[i].label})", text=items[i].text
                )
                for i in shown
            ],
        ),
    )


def recall_at(
    scores: Float[Tensor, "text"], labels: Float[Tensor, "text"], rate: float
) -> tuple[float, int]:
    """Recall at the threshold that at most `rate` of label 0 exceed, and how many that are."""
    others = scores[labels == 0].sort(descending=True).values
    allowed = int(rate * len(others))
    return float((scores[labels == 1] > others[allowed]).float().mean()), allowed


def _newest(bench: Workbench) -> str:
    known = [n for n in bench.store.names() if n.startswith("probe:")]
    if not known:
        raise Refusal(
            "unknown_handle", "no probe is kept here", 'run probe first, then probe="probe:1"'
        )
    return max(known, key=lambda n: int(n.split(":")[1]))


def _items(bench: Workbench, args: ProbeMonitorArgs) -> list[Labelled]:
    if args.file:
        items = read_labelled(bench.readable(Path(args.file)))
    elif args.positive or args.negative:
        items = [Labelled(t, 1, "") for t in args.positive]
        items += [Labelled(t, 0, "") for t in args.negative]
    else:
        items = truth_statements(reworded=True)
    if not items or any(not i.text.strip() for i in items):
        raise Refusal("bad_args", "there are no texts, or one is empty", "give at least one text")
    return items
