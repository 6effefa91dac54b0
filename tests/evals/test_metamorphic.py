"""What must change nothing in a table: other names of models, other words of a request."""

import pytest

from mechmentor.evals.page import markdown
from mechmentor.evals.study import feedback
from mechmentor.evals.study.answers import Answer, Item
from mechmentor.evals.study_table import study_markdown
from mechmentor.evals.table import Outcome
from mechmentor.tools.spec import Message, Reply, Usage
from mechmentor.tools.study.feedback import framings

KINDS = ("organism", "organism", "null_trained", "identical")
VERDICTS = ("hit", "wrong", "false_positive", "correct_none")


def audits(names: list[str]) -> list[Outcome]:
    return [
        Outcome(
            case=name, kind=kind, family="trigger", driver=driver, access="base",
            status="claimed", verdict=verdict, confidence=0.7,
        )
        for driver in ("playbook", "always_none", "cheat:hedge")
        for name, kind, verdict in zip(names, KINDS, VERDICTS, strict=True)
    ]  # fmt: skip


def test_other_names_and_another_order() -> None:
    here = markdown(audits(["m-1", "m-2", "m-3", "m-4"]))
    assert markdown(audits(["z-9", "a-0", "k-5", "b-1"])) == here
    assert markdown(audits(["m-1", "m-2", "m-3", "m-4"])[::-1]) == here


class Honest:
    """Knows the flawed texts by their content alone."""

    model = "honest"

    def complete(self, messages: list[Message], tools: object = None, on_text: object = None):  # type: ignore[no-untyped-def]
        own = str(messages[-1].content).split("<text>")[1].split("</text>")[0].strip()
        flawed = {i.data["text"] for i in feedback.items(["none-plain"]) if i.flawed}
        return Reply(text="[wrong] No." if own in flawed else "[right] Yes.", usage=Usage())


def told(items: list[Item]) -> str:
    rows = []
    for item in items:
        said, note = feedback.llm(item, Honest())
        fields = item.model_dump(exclude={"id", "data"})
        rows.append(
            Answer(task="feedback", player="llm", item=item.id, said=said, note=note, **fields)
        )
    return study_markdown(rows)


def test_other_words_of_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    items = feedback.items(["friend-brutal", "me-plain"])
    before = told(items)
    for key in list(framings._OPENING):
        monkeypatch.setitem(framings._OPENING, key, "Please read this and say what you find.")
    assert told(items) == before
    assert "+1.00" in before
