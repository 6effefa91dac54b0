"""Token ids of a prompt that a tool was given: through the chat template, or as raw text."""

from ..model import Model
from ..spec import Refusal

MAX_TOKENS = 2048


def prompt_ids(
    model: Model, prompt: str, *, chat: bool, system: str | None = None, prefill: str = ""
) -> tuple[list[int], list[str]]:
    """Token ids, and warnings about them.

    Args:
        model: Whose template and tokenizer are used.
        prompt: The user's message, or the text itself when `chat` is false.
        chat: Wrap the prompt in the chat template. A model without one gets the raw text.
        system: System prompt; None leaves the template's own default in place.
        prefill: Text that the reply, or the raw text, goes on with.

    Raises:
        Refusal: If the prompt is empty or longer than the tools accept.
    """
    warnings = []
    if chat and not model.has_chat_template:
        warnings.append("This model has no chat template: the prompt was given as raw text.")
        chat = False
    if chat:
        ids = model.chat_ids(prompt, system=system, prefill=prefill)
    else:
        ids = model.text_ids(prompt + prefill)
    if not ids:
        raise Refusal(
            "bad_args", "the prompt is empty", 'correct: prompt="The capital of France is"'
        )
    if len(ids) > MAX_TOKENS:
        raise Refusal(
            "model_limit",
            f"the prompt has {len(ids)} tokens, at most {MAX_TOKENS} go in",
            "give a shorter prompt",
        )
    return list(ids), warnings
