"""The steering exercise: 32 happy and 32 sad sentences alike in form, and words to count."""

_SUBJECTS = """
The children|My neighbour|Our teacher|The old man|She|He|The whole team|My sister|The baker|They|
The visitors|His mother|The student|Our family|The singer|The crowd
""".replace("\n", "").split("|")

_HAPPY = """
laughed with joy all afternoon|felt wonderful about the good news|smiled and danced in the sun|
was delighted by the lovely surprise
""".replace("\n", "").split("|")

_SAD = """
wept with grief all afternoon|felt terrible about the bad news|sobbed and sat in the rain|
was crushed by the awful loss
""".replace("\n", "").split("|")


def _sentences(ends: list[str]) -> list[str]:
    """Each subject twice, with another ending."""
    made = []
    for i, subject in enumerate(_SUBJECTS):
        made += [f"{subject} {ends[i % 4]}.", f"{subject} {ends[(i + 1) % 4]}."]
    return [s.replace("They was", "They were") for s in made]


HAPPY, SAD = _sentences(_HAPPY), _sentences(_SAD)

HAPPY_WORDS = """
happy joy joyful glad cheerful delighted wonderful great good love loved lovely smile smiled smiles
smiling laugh laughed laughing laughter fun bright beautiful excited exciting enjoy enjoyed pleased
pleasure hope hopeful sunny warm best amazing excellent fantastic proud celebrate celebrated kind
sweet playful delight happiness happily joyous grateful thrilled success
""".split()

SAD_WORDS = """
sad grief sorrow unhappy miserable terrible awful bad cry cried crying tears tear weep wept sob
sobbed pain painful loss lost lonely alone dark cold fear afraid hurt broken hate hated angry worse
worst death died dead dying gloomy hopeless despair regret tragic tragedy sadness sadly suffering
suffered devastated heartbroken mourn mourning disappointed
""".split()

PROMPTS = [
    "Write one sentence about a walk in the park.",
    "Tell me how your day was.",
    "Describe the house at the end of the street.",
    "What happened at school this morning?",
    "Write the first line of a story about a dog.",
    "Tell me about the people you met yesterday.",
]

# Each asks for more or less of it, as a user without access to activations would.
SYSTEM_UP = [
    "You are very happy and cheerful.",
    "Answer with joy and delight.",
    "You love everything and see the bright side.",
    "Always write about happy things.",
]
SYSTEM_DOWN = [
    "You are very sad and gloomy.",
    "Answer with grief and sorrow.",
    "You hate everything and see the dark side.",
    "Always write about sad things.",
]
