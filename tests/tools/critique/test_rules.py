"""Every rule is run on its own examples; numbers and references stay quiet on all clean ones."""

import pytest

from mechmentor.tests.tools.critique.drafts import CLEAN
from mechmentor.tools.critique.document.read import read_text
from mechmentor.tools.critique.linter import RULES, findings_of, lint
from mechmentor.tools.critique.rule import Rule

CASES = [(rule, text) for rule in RULES for text in rule.fires]
QUIET = [(rule, text) for rule in RULES for text in rule.quiet]


@pytest.mark.parametrize(("rule", "text"), CASES, ids=lambda x: getattr(x, "id", ""))
def test_a_rule_fires_on_its_examples(rule: Rule, text: str) -> None:
    assert findings_of(rule, read_text(text))


@pytest.mark.parametrize(("rule", "text"), QUIET, ids=lambda x: getattr(x, "id", ""))
def test_a_rule_is_quiet_on_its_counterexamples(rule: Rule, text: str) -> None:
    assert not findings_of(rule, read_text(text))


def test_every_rule_says_what_a_reader_needs() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert all((rule.rationale, rule.source, rule.fix, rule.fires, rule.quiet)), rule.id


@pytest.mark.parametrize("name", CLEAN)
def test_clean_drafts_have_no_findings(name: str) -> None:
    report = lint(read_text(CLEAN[name]))
    assert [f.message for f in report.findings] == []
