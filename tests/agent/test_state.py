"""What a run has cost, folded from records of a tape."""

from typing import Any

from mechmentor.agent.state import RunState


def ended(number: int, *, cached: bool) -> list[dict[str, Any]]:
    """The records of one call."""
    name = f"E{number}"
    call = {"tool": "next_token", "arguments": {}}
    result = {"data": {}, "cached": cached, "cost": {"dollars": 0.0}}
    end = {"kind": "end", "id": name, "args": {}, "result": result, "tokens": 5, "seconds": 0.5}
    return [
        {"kind": "decision", "reason": "", "calls": [call]},
        {"kind": "start", "id": name},
        end,
    ]


def test_calls_that_were_looked_up_are_counted_and_charged() -> None:
    state = RunState()
    for record in [*ended(1, cached=False), *ended(2, cached=True)]:
        state.fold(record)
    spent = state.spend
    assert (spent.calls, spent.looked_up, spent.tokens) == (2, 1, 10)
