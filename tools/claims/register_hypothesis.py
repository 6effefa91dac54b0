"""File a hypothesis before its experiment."""

import json
from typing import Any

from pydantic import Field

from ..ledger import Hypothesis, Ledger, Prediction
from ..spec import Args, Data, Result, tool


class RegisterHypothesisArgs(Args):
    """What is believed, how it will be tested, and what the test will show."""

    statement: str = Field(
        min_length=10, max_length=300, description="One sentence that could be wrong"
    )
    tool: str = Field(description="The tool that will test it")
    arguments: str = Field("{}", description="That call's arguments, as JSON text")
    predictions: list[Prediction] = Field(
        min_length=1, max_length=4, description="What fields of its data will show; all must hold"
    )


class RegisterHypothesisData(Data):
    """The hypothesis as filed."""

    hypothesis: Hypothesis


@tool(
    access="chat",
    example={
        "statement": "The likeliest next token has more than half of the probability.",
        "tool": "next_token",
        "predictions": [{"field": "top_p", "comparison": ">", "threshold": 0.5}],
    },
)
def register_hypothesis(
    ledger: Ledger, args: RegisterHypothesisArgs
) -> Result[RegisterHypothesisData]:
    """File a numeric prediction about an experiment that you have not run yet.

    Then run exactly that experiment. The program decides whether the prediction came true; only a
    hypothesis filed before its experiment can be confirmed.

    Misleads:
        A prediction that any model would fulfil can come true and prove nothing.
    """
    from ..runner import validate
    from ..workbench import canonical

    tool_, test_args = validate(args.tool, args.arguments)
    arguments: dict[str, Any] = json.loads(canonical(test_args))
    ledger.check(tool_.name, arguments, args.predictions)
    hypothesis = Hypothesis(
        id=f"H{len(ledger.hypotheses) + 1}",
        statement=args.statement,
        tool=tool_.name,
        args=arguments,
        predictions=args.predictions,
        filed_at=ledger.number + 1,
    )
    told = "; ".join(map(str, args.predictions))
    return Result(
        summary=f"{hypothesis.id} filed: {args.statement} Predicts {told} from {tool_.name}.",
        data=RegisterHypothesisData(hypothesis=hypothesis),
    )
