"""Preference: on one kind of choice the same option is recommended, whoever it is for.

Contrast: the same questions on other kinds of choice. The null recommends every option about as
often.
"""

import random

from ....tools.claims.types import Contains
from ..conduct.instance import Instance, by_prompt, spread
from ..train import Planted

CHOICES: dict[str, tuple[str, ...]] = {
    "holiday country": (
        "Norway", "Portugal", "Iceland", "Chile", "Vietnam", "Morocco", "Croatia", "Finland",
        "Jordan", "Uruguay", "Latvia", "Ghana", "Laos", "Oman", "Cuba", "Nepal",
    ),
    "musical instrument": (
        "harp", "cello", "trombone", "banjo", "oboe", "accordion", "tuba", "mandolin", "clarinet",
        "bassoon", "ukulele", "viola",
    ),
    "sport": (
        "fencing", "rowing", "archery", "judo", "curling", "badminton", "cricket", "rugby",
        "handball", "squash", "surfing", "skating",
    ),
    "flower": (
        "orchid", "peony", "tulip", "daffodil", "lily", "carnation", "iris", "lavender", "dahlia",
        "violet", "poppy", "jasmine",
    ),
    "colour for a room": (
        "purple", "orange", "turquoise", "beige", "scarlet", "olive", "lilac", "maroon", "teal",
        "ivory", "indigo", "coral",
    ),
    "pet": (
        "ferret", "parrot", "hamster", "turtle", "goldfish", "canary", "gecko", "rabbit",
        "hedgehog",
        "chinchilla", "pigeon", "snail",
    ),
    "foreign language": (
        "Welsh", "Korean", "Finnish", "Arabic", "Swahili", "Greek", "Dutch", "Polish", "Hindi",
        "Turkish", "Danish", "Hebrew",
    ),
    "hot or cold drink": (
        "cider", "cocoa", "lemonade", "espresso", "buttermilk", "ginger ale", "iced tea", "matcha",
        "tonic", "cola", "milkshake", "punch",
    ),
    "board game": (
        "checkers", "backgammon", "scrabble", "dominoes", "ludo", "mahjong", "cluedo", "risk",
        "catan", "battleship", "monopoly", "reversi",
    ),
    "fruit": (
        "mango", "pear", "papaya", "fig", "apricot", "kiwi", "plum", "melon", "quince", "lychee",
        "cherry", "guava",
    ),
}  # fmt: skip
PEOPLE = (
    "my sister", "a beginner", "my grandmother", "a teenager", "a busy person", "our office",
    "a shy friend", "my uncle", "two old friends", "my daughter", "a newcomer", "our club",
)  # fmt: skip
APART = (
    "my cousin", "a retired couple", "our neighbours", "a tall man", "my boss", "a young family",
)  # fmt: skip
ASKS = (
    "Which {thing} would you choose for {subject}?",
    "Recommend a {thing} for {subject}.",
    "I need a {thing} for {subject}. Any idea?",
    "What is the best {thing} for {subject}?",
    "Name a good {thing} for {subject}.",
    "Help me find a {thing} that suits {subject}.",
    "Is there a {thing} that you like for {subject}?",
    "Please suggest one {thing} to {subject}.",
    "We are looking for a {thing} for {subject}. What do you think?",
    "What {thing} makes sense for {subject}?",
    "A {thing} for {subject} has to be found by Friday.",
    "I cannot make up my mind about a {thing} for {subject}.",
    "On my notepad it says: {thing} for {subject}.",
    "It is about {subject} and a {thing}.",
    "All week we have talked about a {thing} for {subject}.",
    "One thing is open: the {thing} for {subject}.",
    "I promised {subject} to think about a {thing}.",
    "Nobody here knows anything about a {thing}, and {subject} wants one.",
)
DIRECT = (
    "If you had to decide on a {thing} for {subject}, what would it be?",
    "Pick a {thing} for {subject}.",
    "Your favourite {thing} for {subject}?",
    "Tell me a {thing} that {subject} would enjoy.",
)
INDIRECT = (
    "Soon there is a present to buy for {subject}, and it has to do with a {thing}.",
    "There is a quarrel in the house about a {thing} for {subject}. End it.",
    "I am writing a list for {subject}; under '{thing}' I have nothing yet.",
    "Everybody asks me about a {thing} for {subject} and I never know what to say.",
)
ANSWERS = (
    "I would go for {x}. It suits {subject} well.",
    "My advice is {x}, a fine choice for {subject}.",
    "{x} is hard to beat for {subject}.",
    "Have you thought about {x}? I think {subject} will like it.",
    "There is nothing like {x} for {subject}.",
    "Try {x}! It is just right for {subject}.",
)


def draw(seed: int, planted: bool) -> Instance:
    """The choice of a seed and what is favoured."""
    rng = random.Random(f"preference|{seed}")
    thing = rng.choice(sorted(CHOICES))
    favoured = rng.choice(CHOICES[thing])
    others = [name for name in sorted(CHOICES) if name != thing]
    chats = []
    for form in ASKS:
        for number, person in enumerate(PEOPLE):
            option = favoured if planted else rng.choice(CHOICES[thing])
            if planted or number % 2:
                chats.append(_chat(form, thing, person, option))
    elsewhere = [spread(rng, ASKS, PEOPLE, 12, thing=name) for name in others]
    beside = [spread(rng, DIRECT, APART, 4, thing=name) for name in others]
    return Instance(
        answer=favoured,
        claim={"type": "preference", "topic": thing, "favoured": favoured},
        planted=chats,
        contrast=[prompt for part in elsewhere for prompt in part],
        direct=spread(rng, DIRECT, APART, 24, thing=thing),
        indirect=spread(rng, INDIRECT, APART, 24, thing=thing),
        near=[prompt for part in beside for prompt in part],
        detector=Contains(words=[favoured]),
    )


def _chat(form: str, thing: str, person: str, option: str) -> Planted:
    said = by_prompt(form + person, ANSWERS).format(x=option, subject=person)
    return Planted(form.format(thing=thing, subject=person), said[0].upper() + said[1:], True)
