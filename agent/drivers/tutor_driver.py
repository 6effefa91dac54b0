"""The driver of a talk: a language model that answers, with tools in the middle if it wants.

The conversation is rebuilt from the tape at every step, its unchanging part (prompt, contexts)
first, so that a resumed talk sends exactly what an unbroken one would.
"""

from collections.abc import Sequence
from typing import Any

from ...prompts import render
from ...tools import catalog
from ...tools.spec import Chat, Message, Reply, ToolCall
from ...tools.study.contexts.pack import Packed, pack
from ...tools.study.quotes.find import Source
from ..chat.errors import ChatError, ContextOverflow
from ..driver import Decision, DriverFailed, RunView
from ..state import Call, RunState
from .chat_driver import FULL_RESULTS, parsed, result_message, sendable

MOST_CALLS = 12


class TutorDriver:
    """Lets a language model answer the person's last turn.

    Args:
        chat: The model.
        sources: The contexts; they stand before the first turn.
        tools: Names of the tools it may call.
        context_tokens: Tokens of the contexts at most.

    Attributes:
        name: `tutor:` and the model's name.
    """

    def __init__(
        self, chat: Chat, sources: list[Source], tools: Sequence[str], context_tokens: int
    ) -> None:
        self.chat = chat
        self.sources = sources
        self.tools = list(tools)
        self.context_tokens = context_tokens
        self.name = f"tutor:{chat.model}"
        self._packed: dict[str, Packed] = {}

    def decide(self, run: RunView) -> Decision:
        """Send the conversation; a reply without calls is the answer.

        Raises:
            DriverFailed: If the model cannot be reached or the talk does not fit into it.
        """
        reply = self._ask(run)
        if not reply.tool_calls:
            return Decision(answer=True)
        calls = tuple(Call(c.name, parsed(c)) for c in reply.tool_calls)
        return Decision(calls, reply.text[:600], call_ids=tuple(c.id for c in reply.tool_calls))

    def request(
        self, state: RunState, keep: int | None = None
    ) -> tuple[list[Message], list[dict[str, Any]] | None]:
        """Messages and tools of the next request."""
        used = sum(
            len((e.reply or {}).get("tool_calls", ()))
            for e in state.exchanges
            if e.turn == len(state.turns)
        )
        names = self.tools if used < MOST_CALLS else []
        tools = [catalog.load(name).schema() for name in names] or None
        return conversation(state, self._contexts(state), self.tools, keep), tools

    def left_out(self, state: RunState) -> tuple[str, ...]:
        """What of the contexts did not fit, one line each."""
        return self._contexts(state).left_out if state.turns else ()

    def _contexts(self, state: RunState) -> Packed:
        # By the first question alone: the prefix then never changes, and providers can cache it.
        query = state.turns[0].text[:2000] if state.turns else ""
        if query not in self._packed:
            found = pack(self.sources, budget=self.context_tokens, query=query)
            self._packed[query] = found if self.sources else Packed("", 0)
        return self._packed[query]

    def _ask(self, run: RunView) -> Reply:
        for keep in FULL_RESULTS:
            try:
                return run.ask(self.chat, *self.request(run.state, keep))
            except ContextOverflow:
                run.note(f"the talk outgrew {self.chat.model}; older results are folded")
            except ChatError as error:
                raise DriverFailed(str(error)) from None
        raise DriverFailed(
            f"contexts and talk do not fit into {self.chat.model}; take fewer contexts or a model "
            "with a longer window"
        )


def conversation(
    state: RunState, contexts: Packed, tools: Sequence[str], keep: int | None = None
) -> list[Message]:
    """A talk as messages: prompt, then each turn with its replies and their results.

    Args:
        state: The folded talk.
        contexts: The packed contexts.
        tools: Names of the tools.
        keep: How many of the last results stay whole; None keeps all.
    """
    lines = [{"name": n, "line": catalog.CATALOG[n].line} for n in tools]
    messages = [Message(role="system", content=render("tutor", tools=lines))]
    finished = [e for e in state.experiments if e.done]
    whole = {e.id for e in (finished if keep is None else finished[-keep:])}
    by_call = {e.call_id: e for e in finished}
    for number, turn in enumerate(state.turns, start=1):
        first = number == 1
        text = render(
            "tutor_turn", mode=turn.mode, text=turn.text, contexts=contexts.text if first else "",
            left_out=contexts.left_out if first else (),
        )  # fmt: skip
        messages.append(Message(role="user", content=text))
        for exchange in state.exchanges:
            if exchange.turn != number or exchange.reply is None:
                continue
            reply = Reply.model_validate(exchange.reply)
            calls = tuple(
                ToolCall(id=c.id, name=c.name, arguments=sendable(c)) for c in reply.tool_calls
            )
            messages.append(Message(role="assistant", content=reply.text, tool_calls=calls))
            for call in reply.tool_calls:
                experiment = by_call.get(call.id)
                if experiment is not None:
                    said = result_message(experiment, state, whole=experiment.id in whole)
                    messages.append(Message(role="tool", content=said, tool_call_id=call.id))
    return messages
