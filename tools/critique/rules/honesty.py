"""What was planned and what was found afterwards; what was chosen on what; limits."""

import re
from collections.abc import Iterator

from ..document.model import Document
from ..rule import Hit, at, rule

_SEED = "seed, 'Doing Good Science'"
_MARKED = r"post[- ]?hoc|exploratory|after the fact|not (?:pre-?registered|planned)|in hindsight|unplanned"


@rule(
    "post-hoc",
    "honesty",
    "an analysis chosen after seeing results, and not marked so",
    severity="major",
    rationale="A claim that was fitted to its evidence is not confirmed by it.",
    source=_SEED + ", '(Informally) pre-register claims'",
    fix="Mark it as post hoc, or confirm it on data that were not looked at.",
    fires=(
        "After looking at the results we restricted the analysis to layers 8 to 12.",
        "Having seen that sports prompts failed, we excluded them.",
    ),
    quiet=(
        "After looking at the results we restricted the analysis to layers 8 to 12; this is post hoc.",
        "After looking at the training results we fixed the layer and tested on held-out prompts.",
        "After reading the data by hand we excluded duplicates.",
    ),
)
def post_hoc(document: Document) -> Iterator[Hit]:
    """'After seeing … we chose', with no mark and no fresh data in the draft."""
    if document.has(_MARKED):
        return
    seen = (
        r"\b(?:after|having|once we had|upon) (?:look(?:ing|ed) at|see(?:ing|n)|inspect(?:ing|ed)|"
        r"examin(?:ing|ed)|observ(?:ing|ed)|not(?:ing|iced))\b[^.]{0,80}?\b(?:result|effect|accurac|score|"
        r"plot|outcome|fail|curve|difference|number)\w*[^.]{0,60}?\bwe (?:\w+ )?(?:restrict|exclud|chose|"
        r"choose|select|drop|remov|redefin|chang|decid|switch|focus|limit|narrow|kept|keep|discard|"
        r"add|split|adjust|replac)\w*"
    )
    for sentence, match in document.find(seen):
        if not re.search(
            r"held[- ]out|fresh|new data|validation|training|development|pilot", sentence.text
        ):
            yield at(sentence, "chosen after the results were seen, and not marked as post hoc.",
                     match.start())  # fmt: skip


@rule(
    "as-predicted",
    "honesty",
    "a prediction is said to have come true that was never stated",
    severity="minor",
    rationale="Only a prediction written down before the test can be confirmed by it.",
    source=_SEED + ", '(Informally) pre-register claims'",
    fix="State the prediction, and when it was made, before the result; else drop the words.",
    fires=(
        "# Results\n\nAs predicted, the effect is largest in layer 12.",
        "# Results\n\nThe effect is largest in layer 12. We had predicted this.",
    ),
    quiet=(
        "# Methods\n\nWe hypothesised that the effect peaks late.\n\n# Results\n\nAs predicted, it "
        "is largest in layer 12.",
        "As predicted by the scaling law [1], the loss falls.",
        "# Results\n\nIn line with earlier work, the effect is largest in layer 12.",
    ),
)
def as_predicted(document: Document) -> Iterator[Hit]:
    """'As predicted' with no word of prediction earlier in the draft."""
    words = re.compile(r"\b(?:predict|hypothes|expect|pre-?regist|anticipat|conjectur|guess|before running|"
                       r"in advance|beforehand)\w*", re.IGNORECASE)  # fmt: skip
    earlier = False
    for sentence in document.sentences:
        match = re.search(
            r"\b(?:exactly )?as (?:we (?:had )?)?(?:predicted|hypothesi[sz]ed)\b(?! by)|"
            r"\bas we had (?:expected|anticipated)\b|\bwe had (?:predicted|expected|anticipated) this\b|"
            r"\bconfirm(?:s|ed|ing)? (?:our|the) (?:prediction|hypothesis)\b",
            sentence.text,
            re.IGNORECASE,
        )
        if (
            match
            and not earlier
            and sentence.section not in ("abstract", "opening", "introduction")
        ):
            yield at(sentence, "this prediction is not stated anywhere before.", match.start())
            return
        earlier = earlier or (words.search(sentence.text) is not None and not match)


@rule(
    "chosen-on-test",
    "honesty",
    "the best of several was chosen on the data that it is reported on",
    severity="major",
    rationale="The best of many is better than it really is; the choice must be made elsewhere.",
    source=_SEED + ", 'Get the stats right'",
    fix="Choose on other data, or repeat the choice inside the control.",
    fires=(
        "We report the best layer. It reaches 91% on the test set.",
        "We choose the coefficient with the highest test accuracy.",
        "Of the ten seeds we report the best one.",
    ),
    quiet=(
        "We choose the best layer on a validation set and report test accuracy.",
        "We report the best layer, chosen by cross-validation.",
        "The best layer is 12; we show all layers. Its choice is repeated for shuffled labels.",
    ),
)
def chosen_on_test(document: Document) -> Iterator[Hit]:
    """'We report the best …' where nothing is held out for choosing."""
    if document.has(
        r"validation|held[- ]?out|development (?:set|split|data|prompts)|dev set|cross-?valid|nested|"
        r"(?:cho(?:ice|sen?|osing)|select\w+) (?:\w+ ){0,4}(?:again|repeated|train)|"
        r"(?:choice|selection) is repeated|separate (?:set|split|prompts)|tuning (?:set|split)|"
        r"on the training (?:set|split|prompts|data|topics)|best[- ]of[- ]\w+ (?:control|null)"
    ):
        return
    what = r"(?:layer|seed|run|checkpoint|coefficient|prompt|threshold|head|position|vector|probe|one|setting)"
    chosen = (
        rf"\bwe (?:\w+ )?(?:report|show|present|use|keep|take|give)(?: only)? (?:\w+ )?(?:results (?:for|of|"
        rf"from) )?the (?:single )?best(?:-performing)? (?:\w+ )?{what}\b|"
        rf"\bwe (?:\w+ )?(?:choose|chose|select|selected|pick|picked) the (?:\w+ )?{what}s?\b[^.]{{0,30}}\b"
        rf"(?:highest|best|largest|lowest|strongest)\b"
    )
    for sentence, match in document.find(chosen):
        if sentence.section != "related":
            yield at(
                sentence, "nothing says that the choice was made on other data.", match.start()
            )
            return


_LIMITS = (
    r"\blimit(?:s|ations?)?\b|\bcaveats?\b|threats? to validity|shortcomings?|weakness(?:es)?|"
    r"what (?:this|we) (?:\w+ ){0,4}(?:do|does|did) not|(?:could|might|may) be wrong|"
    r"(?:does|do|did) not (?:show|prove|establish|imply|generali[sz]e)|open questions?|future work"
)


@rule(
    "no-limitations",
    "honesty",
    "no word on limits",
    severity="minor",
    rationale="Competent readers look for the limits first, and distrust work that names none.",
    source="seed, 'Write up your work!', 'Acknowledge limitations'",
    fix="Say what was not tested, on what it may not hold, and what would change your mind.",
    fires=("# Results\n\n" + "The probe reads truth from layer twelve of the model. " * 45,),
    quiet=(
        "# Results\n\n" + "The probe reads truth from layer twelve of the model. " * 45
        + "We tested only one model.",
        "A short note on a probe.",
    ),
)  # fmt: skip
def no_limitations(document: Document) -> Iterator[Hit]:
    """No word on limits beside a list of references, or nothing at all that limits a claim."""
    if document.words < 300 or not any(s.kind in ("results", "discussion", "conclusion", "methods")
                                       for s in document.sections):  # fmt: skip
        return
    if any(section.kind == "limitations" for section in document.sections):
        return
    asked = bool(document.references) and document.words >= 500
    if asked and not document.has(_LIMITS):
        yield Hit(1, "nothing in the draft is said to be a limit or caveat of it.")
        return
    if document.has(
        r"\blimit(?:s|ed|ations?)?\b|caveat|threats? to validity|future work|remains? (?:unclear|open|"
        r"unknown|to be)|we (?:did|do|have|could) not\b|cannot (?:rule|say|tell|conclude|exclude)|\bonly "
        r"(?:one|a single|two|on|in)\b|may not\b|might not\b|does not (?:show|prove|mean|tell|follow)|"
        r"not (?:tested|measured|checked|known|clear)|shortcoming|weakness|open question|untested|"
        r"does not generali[sz]e|one model\b|honest negative|not there yet|unmeasured"
    ):
        return
    last = [s for s in document.sections if s.kind in ("discussion", "conclusion", "results")]
    yield Hit(last[-1].line if last else 1, "the draft names no limit of what it shows.",
              quote=last[-1].title if last else "")  # fmt: skip


RULES = (post_hoc, as_predicted, chosen_on_test, no_limitations)
