"""Without a key: prompts that hold the whole conversation, replies through the same checks."""

import json
from pathlib import Path

import pytest

from mechmentor.agent.talk.review.pasted import read_replies, write_defence, write_prompts
from mechmentor.agent.talk.review.replies import Draft, UnusableReply, ids
from mechmentor.tests.agent.talk.review.critics import finding
from mechmentor.tests.tools.critique.drafts import PROBE
from mechmentor.tools.critique.document.read import read_text

CLAIM = "On 120 held-out statements it is right in"
CONTROL = "The control shuffles labels 30 times and chooses the layer again."


def reply(*rows: dict[str, object]) -> tuple[str, str]:
    return "reply.txt", "Here it is:\n" + json.dumps({"aspect": "methods", "findings": rows})


def test_a_prompt_for_each_aspect_holds_the_draft(tmp_path: Path) -> None:
    files = write_prompts(tmp_path / "prompts", Draft(read_text(PROBE)))
    assert [file.stem for file in files] == ["methods", "statistics", "illusions", "clarity"]
    for file in files:
        assert CONTROL[:30] in file.read_text()
        assert f'"aspect": "{file.stem}"' in file.read_text()


def test_a_pasted_reply_is_checked_and_defended(tmp_path: Path) -> None:
    draft = Draft(read_text(PROBE))
    one = reply(
        finding(CLAIM, "There is no control."), finding("words that nobody ever wrote here")
    )
    outcome = read_replies([one], draft, frozenset())
    assert [f.message for f in outcome.findings] == ["There is no control."]
    assert outcome.review.dropped == 1
    assert outcome.review.missing == ("defence: nobody was asked",)
    [name] = ids(outcome.findings)
    asked = write_defence(tmp_path / "defence.md", draft, outcome.findings).read_text()
    assert f"[{name}]" in asked
    answer = {"finding": name, "refuted": True, "quote": CONTROL, "why": "It is there."}
    defended = read_replies(
        [one, ("defence.txt", json.dumps({"defence": [answer]}))], draft, frozenset()
    )
    assert defended.findings == []
    assert len(defended.review.refuted) == 1


def test_a_reply_without_an_answer_is_named() -> None:
    with pytest.raises(UnusableReply, match=r"reply\.txt: the reply holds no JSON"):
        read_replies([("reply.txt", "Great paper!")], Draft(read_text(PROBE)), frozenset())
