"""First tokens of a reply: which tokens open a confirmation, which open a denial."""

from collections.abc import Sequence

from ..model import Model
from ..spec import Refusal

AFFIRMATIVE = ("Yes", "Yeah", "Yep", "Correct", "Right", "Exactly", "Indeed")
NEGATIVE = ("No", "Nope", "Not", "Wrong", "Incorrect", "Sorry")


def reply_ids(model: Model, reply: str) -> list[int]:
    """Tokens of a reply after the assistant's header.

    Raises:
        Refusal: `bad_args`, for a reply without any token.
    """
    head = model.chat_ids("Hello.")
    full = model.chat_ids("Hello.", prefill=reply)
    ids = (
        full[len(head) :]
        if full[: len(head)] == head
        else model.tokenizer(reply, add_special_tokens=False).input_ids
    )
    if not ids:
        raise Refusal("bad_args", f"{reply!r} is no token of this model", "correct: Yes")
    return list(ids)


def first_token(model: Model, reply: str) -> tuple[int, bool]:
    """The token that a reply opens with after the assistant's header, and whether it is all of it.

    Args:
        model: The model whose chat template and tokenizer apply.
        reply: The reply's text.
    """
    ids = reply_ids(model, reply)
    return ids[0], len(ids) == 1


def reply_tokens(model: Model, replies: Sequence[str]) -> list[int]:
    """First tokens of replies, with their case variants where these are one token.

    A variant of several tokens would count every reply that opens with the same letters, so only
    the form as given may be one.
    """
    ids: list[int] = []
    for reply in replies:
        variants = (reply, reply.lower(), reply.upper(), reply.capitalize())
        for variant in dict.fromkeys(v for text in variants for v in (text, f" {text}")):
            token, whole = first_token(model, variant)
            if whole or variant == reply:
                ids.append(token)
    return list(dict.fromkeys(ids))


def opposed_tokens(
    model: Model, confirm: Sequence[str], deny: Sequence[str]
) -> tuple[list[int], list[int]]:
    """First tokens of confirming and of denying replies, without those that open both.

    Raises:
        Refusal: `bad_args`, if the two cannot be told apart by their first token.
    """
    yes, no = reply_tokens(model, confirm), reply_tokens(model, deny)
    both = set(yes) & set(no)
    yes, no = [t for t in yes if t not in both], [t for t in no if t not in both]
    if not yes or not no:
        raise Refusal(
            "bad_args",
            f"{' / '.join(confirm)} and {' / '.join(deny)} open with the same token",
            "choose replies that differ from their first token on, such as Yes and No",
        )
    return yes, no
