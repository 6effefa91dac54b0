"""Every technique on one model beside its control, and the page that says what does not work."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from ...tools.fit.truth_statements import truth_statements
from ...tools.intervene import feelings
from ...tools.intervene.attribution_patching import TRUSTED
from ...tools.runner import run_tool
from ...tools.spec import Failure
from ...tools.workbench import Workbench

NEURONS = range(0, 1536, 192)
_WORDS = {
    "up_words": feelings.HAPPY_WORDS,
    "down_words": feelings.SAD_WORDS,
    "system_up": feelings.SYSTEM_UP,
    "system_down": feelings.SYSTEM_DOWN,
}
_SHORT = {"max_new_tokens": 32, "prompts": ["Tell me how your day was.", "Write about a walk."]}
# Beside the tool's own six: a score of words a hundred needs many words.
_MORE = [
    "Write one sentence about a letter that came today.",
    "Tell me about the town where you grew up.",
    "Describe the kitchen in the morning.",
    "What did you see on the way to the station?",
    "Write the first line of a story about a lighthouse.",
    "Tell me about the weather last week.",
    "Write one sentence about an old friend.",
    "Describe the road to the village.",
    "What happened at the market?",
    "Write the first line of a story about a train.",
    "Tell me about the book on the table.",
    "Describe the garden behind the school.",
    "What did the neighbours say?",
    "Write one sentence about a long journey.",
    "Tell me about your family.",
    "Describe the sea in the evening.",
    "What was the concert like?",
    "Write the first line of a story about a child and a river.",
]


@dataclass(frozen=True)
class Run:
    """One call, and what should come out where there is nothing.

    Attributes:
        name: What the page calls it.
        tool: The tool.
        arguments: Its arguments; `random` in them stands for a random direction's handle.
        empty: It is a control: nothing is there to be found.
    """

    name: str
    tool: str
    arguments: dict[str, Any]
    empty: bool = False


@dataclass(frozen=True)
class Found:
    """What one call said."""

    name: str
    tool: str
    empty: bool
    beyond: bool | None
    summary: str
    data: dict[str, Any]
    control: dict[str, Any]


def runs(folder: Path) -> list[Run]:
    """All calls, those without anything to find beside the others; writes the shuffled texts."""
    items = truth_statements()
    generator = torch.Generator().manual_seed(0)
    shuffled = folder / "shuffled.jsonl"
    owners = [i.topic for i in items]
    labels = [i.label for i in items]
    for topic in sorted(set(owners)):
        at = [n for n, owner in enumerate(owners) if owner == topic]
        order = torch.randperm(len(at), generator=generator).tolist()
        for place, value in zip(at, [labels[at[n]] for n in order], strict=True):
            labels[place] = value
    rows = [
        {"text": item.text, "label": label, "topic": item.topic}
        for item, label in zip(items, labels, strict=True)
    ]
    shuffled.write_text("\n".join(map(json.dumps, rows)))
    neurons = [
        Run(f"top examples, neuron {n} of L12", "top_examples", {"index": n, "windows": 32})
        for n in NEURONS
    ]
    return [
        Run("truth probe", "probe", {}),
        Run("truth monitor", "probe_monitor", {}),
        Run("truth probe, topics centred", "probe", {"method": "difference", "centre": True}),
        Run("probe, shuffled labels", "probe", {"file": str(shuffled)}, empty=True),
        Run("refusal", "concept_direction", {}),
        *neurons,
        Run(
            "top examples, random direction",
            "top_examples",
            {"kind": "direction", "direction": "random", "windows": 32},
            empty=True,
        ),
        Run("SAE, prompt's features", "sae_features", {}),
        Run("SAE, strongest feature ablated", "sae_intervene", {}),
        Run("SAE, an arbitrary feature", "sae_intervene", {"feature": 5, "mode": "steer"}, True),
        *(
            Run(
                f"attribution of the stream, agreement, {steps} gradient(s)",
                "attribution_patching",
                {"pairs": "agreement", "site": "resid_pre", "path_steps": steps},
            )
            for steps in (1, 8)
        ),
        Run(
            "steering, next token",
            "steering",
            {"max_new_tokens": 8, "coefficients": [-2, -1, -0.5, 0.5, 1, 2]},
        ),
        Run("steering, text", "steering", {"coefficients": [-0.5, 0.5]}),
        Run(
            "steering, text, 24 prompts",
            "steering",
            {
                "coefficients": [-0.5, 0.5],
                "prompts": [*feelings.PROMPTS, *_MORE],
                "max_new_tokens": 48,
            },
        ),
        Run(
            "steering, random direction",
            "steering",
            {**_SHORT, **_WORDS, "direction": "random", "coefficients": [-0.5, 0.5]},
            empty=True,
        ),
        Run("chain of thought, resampled", "resample_reasoning", {"n": 8, "max_new_tokens": 48}),
    ]


def measure(bench: Workbench, file: Path, on_run: Callable[[Run], None]) -> list[Found]:
    """Make each call that `file` does not hold yet; one line a call, so that it goes on.

    Raises:
        RuntimeError: A call failed.
    """
    found = []
    if file.exists():
        found = [Found(**json.loads(line)) for line in file.read_text().splitlines()]
    done = {one.name for one in found}
    for run in runs(file.parent):
        if run.name in done:
            continue
        on_run(run)
        arguments = dict(run.arguments)
        if arguments.get("direction") == "random":
            generator = torch.Generator().manual_seed(1)
            bench.experiment += 1
            noise = torch.randn(bench.target.d_model, generator=generator)
            arguments["direction"] = bench.put("dir", noise).name
        bench.experiment += 1
        value = run_tool(run.tool, arguments, bench=bench).value
        if isinstance(value, Failure):
            raise RuntimeError(f"{run.name}: {value}")
        control = value.control
        one = Found(
            run.name,
            run.tool,
            run.empty,
            control.beyond if control else None,
            value.summary,
            value.model_dump(mode="json")["data"],
            dict(control.numbers) if control else {},
        )
        with file.open("a") as out:
            out.write(json.dumps(asdict(one)) + "\n")
        found.append(one)
    return found


def page(model: str, found: list[Found]) -> str:
    """The figures as markdown."""
    verdict = {True: "beyond control", False: "no effect beyond control", None: "no verdict"}
    lines = [
        f"# Each technique on {model}",
        "",
        "Written by `mechmentor bench techniques --save FILE`. Each call carries its own control, "
        "which decides the verdict; in those marked (control) there is nothing to find. Features "
        "are those of the shipped sparse autoencoder (SAE).",
        "",
        "| call | tool | verdict | said |",
        "|---|---|---|---|",
    ]
    for one in found:
        name = f"{one.name} (control)" if one.empty else one.name
        said = one.summary.replace("|", "\\|").replace("\n", " ")
        lines.append(f"| {name} | `{one.tool}` | {verdict[one.beyond]} | {said} |")
    lines += _by_strength([one for one in found if one.tool == "steering"])
    empty = [one for one in found if one.empty]
    alarms = broken(found)
    said = f"Of {len(empty)} calls with nothing to find, {len(alarms)} came out as an effect"
    lines += ["", f"{said}: {', '.join(alarms)}." if alarms else f"{said}."]
    none = [one for one in found if not one.empty and not one.beyond]
    neurons = [one for one in found if "neuron" in one.name]
    above = sum(bool(one.beyond) for one in neurons)
    lines += ["", "## What does not work here", ""]
    lines += [f"- {one.name}: {one.summary}" for one in none if one not in neurons]
    if neurons:
        own = [one.data["token_score"] for one in neurons]
        other = [one.data["token_score_random"] for one in neurons]
        lines.append(
            f"- Explanations of neurons: {above} of {len(neurons)} neurons are told by their token "
            f"better than every random rotation (mean r {sum(own) / len(own):.2f}; the best "
            f"rotation {sum(other) / len(other):.2f})."
        )
    along = {one.data["path_steps"]: one.data["correlation"] for one in found if _estimated(one)}
    if along.get(1, 1.0) < TRUSTED:
        told = ", ".join(f"{r:.2f} from {steps} gradient(s)" for steps, r in along.items())
        lines.append(
            "- Attribution patching of the stream on agreement, correlation with real patches over "
            f"random cells: {told} along the path between the prompts' embeddings."
        )
    return "\n".join(lines) + "\n"


def _estimated(one: Found) -> bool:
    return one.tool == "attribution_patching" and one.data["correlation"] is not None


def _by_strength(found: list[Found]) -> list[str]:
    """Each coefficient of each steering call beside the band of random directions."""
    if not found:
        return []
    lines = [
        "",
        "Steering by coefficient; in brackets the least and the greatest of the random directions, "
        "`*` outside of them. Next token: log p of happy words minus sad ones, nats; text: happy "
        "words minus sad ones in a hundred. The 24 prompts were added after the tool's own six had "
        "left the text at -0.5 inside its band.",
        "",
        "| call | coefficient | next token | text | distinct-2 | loss |",
        "|---|---|---|---|---|---|",
    ]
    for one in found:
        for row in one.data["strengths"]:
            scores = (_in_band(row[name], row[f"{name}_band"]) for name in ("next_token", "text"))
            cells = [one.name, f"{row['coefficient']:+g}", *scores, f"{row['distinct_2']:.2f}"]
            loss = "–" if row["loss"] is None else f"{row['loss']:.2f}"
            lines.append(f"| {' | '.join([*cells, loss])} |")
    return lines


def _in_band(value: float, band: list[float] | None) -> str:
    if band is None:
        return f"{value:.2f}"
    outside = not band[0] <= value <= band[1]
    return f"{value:.2f}{'*' * outside} [{band[0]:.2f}, {band[1]:.2f}]"


def broken(found: list[Found]) -> list[str]:
    """Controls that came out as an effect."""
    return [one.name for one in found if one.empty and one.beyond]
