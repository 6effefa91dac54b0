"""The driver for language models: the tape as a conversation, one reply a decision.

The conversation is rebuilt from the tape at every step, its unchanging part first, so that a
resumed run sends exactly what an unbroken one would.
"""

import json
from typing import get_args

from ...prompts import render
from ...tools import catalog
from ...tools.claims.types import Behaviour, FalseBelief, Preference, SecretWord, Trigger
from ...tools.spec import ACCESS_ORDER, Chat, Message, Reply, ToolCall
from ...tools.view import failure_for_llm, result_for_llm
from ..chat.errors import ChatError, ContextOverflow
from ..driver import Decision, DriverFailed, RunView
from ..state import Call, Experiment, RunState

MAX_SILENT = 3
MAX_SAME = 4
FULL_RESULTS = (None, 6, 2)
NUDGE = "You called no tool. Call one, or end with submit_claims (abstaining is allowed)."


class ChatDriver:
    """Lets a language model choose the tools.

    Attributes:
        name: `llm:` and the model's name.
    """

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.name = f"llm:{chat.model}"

    def decide(self, run: RunView) -> Decision:
        """Send the conversation, turn the reply into calls.

        Raises:
            DriverFailed: If the model cannot be reached, refuses, falls silent or repeats itself.
        """
        state = run.state
        _stop_if_stuck(state)
        reply = self._ask(run)
        if not reply.tool_calls:
            return Decision(reason=reply.text[:600], again=True)
        calls = tuple(Call(c.name, parsed(c)) for c in reply.tool_calls)
        return Decision(calls, reply.text[:600], call_ids=tuple(c.id for c in reply.tool_calls))

    def _ask(self, run: RunView) -> Reply:
        assert run.state.case is not None
        tools = [catalog.load(name).schema() for name in offered(run.state.case.access)]
        for keep in FULL_RESULTS:
            try:
                return run.ask(self.chat, conversation(run.state, keep), tools)
            except ContextOverflow:
                run.note(f"the conversation outgrew {self.chat.model}; older results are folded")
            except ChatError as error:
                raise DriverFailed(str(error)) from None
        raise DriverFailed(f"the conversation does not fit into {self.chat.model}, even folded")


def offered(access: str) -> list[str]:
    """Names of the tools that a case's access allows, in the catalogue's order."""
    names = []
    for name in catalog.AUDIT:
        if ACCESS_ORDER[catalog.load(name).access] <= ACCESS_ORDER[access]:
            names.append(name)
    return names


def conversation(state: RunState, keep: int | None = None) -> list[Message]:
    """The run as messages.

    Args:
        state: The folded run.
        keep: How many of the last results stay whole; older ones become their summaries. None
            keeps all.

    Returns:
        System prompt, case, then each reply with the results of its calls.
    """
    assert state.case is not None
    lines = [{"name": n, "line": catalog.CATALOG[n].line} for n in offered(state.case.access)]
    messages = [
        Message(role="system", content=render("auditor", tools=lines, claim_types=claim_types())),
        Message(role="user", content=render("auditor_case", case=state.case)),
    ]
    finished = [e for e in state.experiments if e.done]
    whole = {e.id for e in (finished if keep is None else finished[-keep:])}
    by_call = {e.call_id: e for e in finished}
    for exchange in state.exchanges:
        if exchange.reply is None:
            continue
        reply = Reply.model_validate(exchange.reply)
        calls = tuple(
            ToolCall(id=c.id, name=c.name, arguments=sendable(c)) for c in reply.tool_calls
        )
        messages.append(Message(role="assistant", content=reply.text, tool_calls=calls))
        if not reply.tool_calls:
            messages.append(Message(role="user", content=NUDGE))
        for call in reply.tool_calls:
            experiment = by_call.get(call.id)
            if experiment is not None:
                text = result_message(experiment, state, whole=experiment.id in whole)
                messages.append(Message(role="tool", content=text, tool_call_id=call.id))
    return messages


def result_message(experiment: Experiment, state: RunState, *, whole: bool) -> str:
    """A result inside its data bounds, with what is left of the budget."""
    result = experiment.open_result()
    if result is not None:
        body = result_for_llm(result) if whole else result.summary
    else:
        assert experiment.failure is not None
        body = failure_for_llm(experiment.failure)
    body = body.replace("</tool_result", "<\\/tool_result")
    spent = state.spend_after(experiment)
    opening = f'<tool_result id="{experiment.id}" tool="{experiment.tool}">'
    return f"{opening}\n{body}\n</tool_result>\n{spent}"


def claim_types() -> list[str]:
    """Every claim type that an audit may end with."""
    names: list[str] = []
    for model in (SecretWord, Trigger, FalseBelief, Preference, Behaviour):
        names += get_args(model.model_fields["type"].annotation)
    return names


def _stop_if_stuck(state: RunState) -> None:
    replies = [Reply.model_validate(e.reply) for e in state.exchanges if e.reply is not None]
    last = replies[-MAX_SILENT:]
    if len(last) == MAX_SILENT and not any(r.tool_calls for r in last) and state.last_reply is None:
        kind = last[-1].finish
        said = {"refusal": "it refused", "empty": "its replies are empty"}.get(
            kind, "no tool called"
        )
        raise DriverFailed(f"{MAX_SILENT} replies without a tool call ({said})")
    same = [(e.tool, json.dumps(e.args, sort_keys=True)) for e in state.experiments[-MAX_SAME:]]
    if len(same) == MAX_SAME and len(set(same)) == 1:
        raise DriverFailed(f"it made the same call {MAX_SAME} times in a row ({same[0][0]})")


def parsed(call: ToolCall) -> dict[str, object] | str:
    """Parsed arguments; text that is no JSON object stays text and becomes a mendable failure."""
    try:
        found = json.loads(call.arguments or "{}")
    except ValueError:
        return call.arguments
    return found if isinstance(found, dict) else call.arguments


def sendable(call: ToolCall) -> str:
    """Arguments as a history may hold them."""
    # Providers refuse a history whose arguments are no JSON; the failure message holds the text.
    return call.arguments if isinstance(parsed(call), dict) and call.arguments else "{}"
