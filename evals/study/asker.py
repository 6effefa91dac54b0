"""A language model whose replies are kept, so that no question is ever paid twice."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock

from ...agent.chat.connect import connect
from ...agent.chat.errors import MissingKey
from ...agent.chat.settings import Endpoint, resolve
from ...tools.spec import Chat, Message, Reply
from ..cells import NotRun


class Asker:
    """A chat with a memory on disk and a limit of dollars over all that share the folder.

    Args:
        chat: Who answers.
        folder: Where replies are kept.
        address: Of the model: replies of another one are not taken for its.
        max_usd: Dollars at most. With a limit one reply is asked for at a time and never cut off,
            so the limit can be passed by one reply; one of unknown price ends the spending.

    Attributes:
        model: The chat's.
        dollars: Of the replies that were read; None after one of unknown price.
    """

    def __init__(self, chat: Chat, folder: Path, address: str, max_usd: float | None) -> None:
        self.model = chat.model
        self.dollars: float | None = 0.0
        self._chat, self._folder, self._address, self._max = chat, folder, address, max_usd

    def complete(
        self,
        messages: list[Message],
        tools: list[dict[str, Any]] | None = None,
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """Answer from what is kept, else ask.

        Raises:
            NotRun: If the limit is reached.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        asked = [self._address, self.model, [m.model_dump(mode="json") for m in messages], tools]
        name = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:24]
        path = self._folder / f"{name}.json"
        alone = "all" if self._max is not None else name
        with FileLock(self._folder / f".{alone}.lock"):
            if path.exists():
                reply = Reply.model_validate_json(path.read_text(encoding="utf-8"))
            else:
                self._affordable()
                reply = self._chat.complete(messages, tools, on_text)
                fresh = path.with_suffix(".part")
                fresh.write_text(reply.model_dump_json(), encoding="utf-8")
                fresh.replace(path)
        cost = reply.usage.dollars
        self.dollars = None if cost is None or self.dollars is None else self.dollars + cost
        return reply

    def _affordable(self) -> None:
        if self._max is None:
            return
        spent = 0.0
        for path in self._folder.glob("*.json"):
            cost = json.loads(path.read_text(encoding="utf-8"))["usage"]["dollars"]
            if cost is None:
                raise NotRun("a reply of unknown price ended a run with a limit of dollars")
            spent += cost
        if spent >= self._max:
            raise NotRun(f"the limit of ${self._max:.2f} is reached")


def open_asker(
    folder: Path, model: str | None, provider: str | None, max_usd: float | None
) -> Asker:
    """The language model of the environment.

    Raises:
        NotRun: If no key is set.
    """
    try:
        endpoint: Endpoint = resolve(provider, model=model, role="critic")
    except MissingKey as missing:
        raise NotRun(str(missing)) from None
    return Asker(connect(endpoint, run="eval"), folder, endpoint.base_url, max_usd)
