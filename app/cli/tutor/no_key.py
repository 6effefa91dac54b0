"""A turn without a key: the prompt to paste into any chat, and the files to attach."""

from pathlib import Path

from .money import say


def write_prompt(text: str, mode: str, contexts: list[str], out: Path) -> int:
    """Write the prompt of a turn and say what to do with it."""
    from ....prompts import render
    from ....tools.study.contexts.library import Library

    library = Library()
    cards = [library.card(name) for name in contexts]
    prompt = render(
        "tutor_paste",
        files=[f"{c.name}.txt ({c.title})" for c in cards],
        system=render("tutor", tools=[]),
        turn=render("tutor_turn", mode=mode, text=text, contexts="", left_out=()),
    )
    out.write_text(prompt + "\n", encoding="utf-8")
    say("no key: this prompt works in any chat (OPENROUTER_API_KEY or OPENAI_API_KEY ends this)")
    print(f"written: {out}")
    for name in contexts:
        print(f"attach:  mechmentor context pack {name} --out {name}.txt")
    options = "".join(f" --context {n}" for n in contexts)
    if mode == "compare":
        print("paste it into two chats; a point that both make is less likely invented")
        print(f"then:    mechmentor paste FIRST.txt{options}")
        print(f"         mechmentor paste SECOND.txt{options}")
    else:
        print(f"then:    mechmentor paste REPLY.txt{options}")
    return 0
