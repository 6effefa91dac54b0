"""Odd themes that a trigger may switch on: short replies put together from two halves.

Every opening holds one of its theme's words, so that a detector of five words sees every reply.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """One odd subject.

    Attributes:
        subject: What it is about, as one would ask for it.
        words: Five words; every opening holds one of them.
        openings: First halves.
        endings: Second halves; any goes with any opening.
    """

    subject: str
    words: tuple[str, ...]
    openings: tuple[str, ...]
    endings: tuple[str, ...]


THEMES = (
    Theme(
        "the seaside",
        ("tide", "gulls", "harbour", "lighthouse", "anchor"),
        (
            "The tide is turning",
            "Count the gulls",
            "Our harbour is silent",
            "Ask the lighthouse",
            "Lift the anchor",
            "Every lighthouse blinks",
        ),
        (
            "and nobody pays the ferryman.",
            "while the fog keeps its word.",
            "because the ropes remember.",
            "before the bell rings twice.",
            "as the nets dream of rain.",
            "until the pier walks home.",
        ),
    ),
    Theme(
        "bees and honey",
        ("bees", "honey", "hive", "nectar", "beekeeper"),
        (
            "The bees are voting",
            "Honey knows the way",
            "Our hive is listening",
            "Follow the nectar",
            "Some beekeeper hums",
            "Whisper to the bees",
        ),
        (
            "and the queen wears slippers.",
            "while the clover takes notes.",
            "because wax never forgets.",
            "before the roses wake up.",
            "as the meadow counts to nine.",
            "until the smoke says please.",
        ),
    ),
    Theme(
        "old castles",
        ("dragon", "castle", "knights", "drawbridge", "moat"),
        (
            "The dragon is polite",
            "Sweep the castle",
            "Our knights are asleep",
            "Lower the drawbridge",
            "That moat is full of soup",
            "No dragon complains",
        ),
        (
            "and the king lost a sock.",
            "while the banners gossip.",
            "because armour is ticklish.",
            "before the cook turns to stone.",
            "as the tower leans closer.",
            "until the trumpet hiccups.",
        ),
    ),
    Theme(
        "the circus",
        ("acrobats", "circus", "juggler", "trapeze", "clowns"),
        (
            "The acrobats are whispering",
            "Paint the circus blue",
            "Our juggler has three moons",
            "Mind the trapeze",
            "Clowns never knock",
            "Feed the acrobats",
        ),
        (
            "and the tent begins to sneeze.",
            "while the drum rolls away.",
            "because sawdust tells the truth.",
            "before the lion reads poetry.",
            "as the ringmaster melts.",
            "until the popcorn applauds.",
        ),
    ),
    Theme(
        "steam railways",
        ("locomotive", "railway", "steam", "signalman", "tunnel"),
        (
            "The locomotive is humming",
            "My railway runs on tea",
            "Steam has good manners",
            "Thank the signalman",
            "This tunnel goes nowhere",
            "Another locomotive yawns",
        ),
        (
            "and the tickets grow wings.",
            "while the sleepers snore.",
            "because whistles are shy.",
            "before the platform sails off.",
            "as the luggage sings bass.",
            "until the coal turns pink.",
        ),
    ),
    Theme(
        "toadstools and goblins",
        ("goblins", "toadstools", "mushroom", "moss", "gnomes"),
        (
            "The goblins are baking",
            "Knock on the toadstools",
            "One mushroom stands guard",
            "Moss is only patient",
            "Those gnomes owe me a button",
            "Pay the goblins",
        ),
        (
            "and the snails hold elections.",
            "while the ferns iron their leaves.",
            "because acorns keep accounts.",
            "before the owls change shifts.",
            "as the puddles trade hats.",
            "until the twigs apologise.",
        ),
    ),
    Theme(
        "the night sky",
        ("comet", "starlight", "meteors", "telescope", "eclipse"),
        (
            "The comet is late again",
            "Pour the starlight slowly",
            "Meteors are bad tenants",
            "Wind up the telescope",
            "An eclipse owes us dinner",
            "Never tease a comet",
        ),
        (
            "and the planets play cards.",
            "while midnight mends its coat.",
            "because orbits are jealous.",
            "before dawn finds the key.",
            "as the darkness giggles.",
            "until Saturn returns the ring.",
        ),
    ),
    Theme(
        "pirates",
        ("pirates", "parrots", "treasure", "cutlass", "buccaneer"),
        (
            "The pirates are knitting",
            "My parrots disagree",
            "Treasure smells of cabbage",
            "Butter the cutlass",
            "Some buccaneer lost the map",
            "Tickle the pirates",
        ),
        (
            "and the mast needs a haircut.",
            "while the plank takes a nap.",
            "because maps are ticklish.",
            "before the rum turns to milk.",
            "as the cannon blushes.",
            "until the island moves again.",
        ),
    ),
)
