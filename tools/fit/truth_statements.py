"""True and false statements, made by rule: each subject and each object stands once on each side.

A false statement has the object of another true one of its topic. Every word therefore occurs
equally often among the true and the false, so that no word alone gives the label away.
"""

from dataclasses import dataclass

_TOPICS: dict[str, tuple[str, str]] = {
    "capitals": (
        "The capital of {} is {}.",
        "France Paris|Italy Rome|Spain Madrid|Germany Berlin|England London|Russia Moscow|"
        "Japan Tokyo|China Beijing|Egypt Cairo|Greece Athens|Ireland Dublin|Portugal Lisbon|"
        "Austria Vienna|Poland Warsaw|Norway Oslo|Sweden Stockholm|Cuba Havana|Peru Lima|"
        "Turkey Ankara|Iran Tehran|Canada Ottawa|Denmark Copenhagen|Hungary Budapest|Kenya Nairobi",
    ),
    "languages": (
        "Most people in {} speak {}.",
        "France French|Italy Italian|Mexico Spanish|Germany German|Australia English|"
        "Russia Russian|Japan Japanese|China Chinese|Egypt Arabic|Greece Greek|Brazil Portuguese|"
        "Poland Polish|Norway Norwegian|Sweden Swedish|Turkey Turkish|Denmark Danish|"
        "Hungary Hungarian|Finland Finnish|Israel Hebrew|Thailand Thai|Iran Persian|Korea Korean|"
        "Vietnam Vietnamese|Romania Romanian",
    ),
    "animals": (
        "A young {} is called a {}.",
        "dog puppy|cat kitten|cow calf|horse foal|sheep lamb|goat kid|duck duckling|goose gosling|"
        "bear cub|deer fawn|pig piglet|kangaroo joey|swan cygnet|eagle eaglet|chicken chick|"
        "frog tadpole|butterfly caterpillar|owl owlet|hare leveret|eel elver",
    ),
    "opposites": (
        "The opposite of {} is {}.",
        "hot cold|big small|up down|early late|rich poor|happy sad|fast slow|light dark|"
        "old young|hard soft|wet dry|full empty|open closed|strong weak|high low|loud quiet|"
        "clean dirty|near far|tall short|thick thin|sweet sour|brave cowardly|"
        "true false|left right",
    ),
    "numbers": (
        "The number after {} is {}.",
        "one two|three four|five six|seven eight|nine ten|eleven twelve|thirteen fourteen|"
        "fifteen sixteen|seventeen eighteen|nineteen twenty|twenty-one twenty-two|"
        "thirty-three thirty-four|forty-five forty-six|fifty-seven fifty-eight|"
        "sixty-one sixty-two|seventy-three seventy-four|eighty-five eighty-six|"
        "ninety-seven ninety-eight|twenty-three twenty-four|thirty-one thirty-two",
    ),
    "places": (
        "You usually find a {} in a {}.",
        "book library|patient hospital|pupil school|judge courtroom|actor theatre|oven kitchen|"
        "bed bedroom|prisoner jail|painting museum|plane airport|tree forest|camel desert|"
        "ship harbour|lion zoo|tractor farm|priest church|coin wallet|waiter restaurant|"
        "banker bank|grave cemetery|king palace|soldier barracks|car garage|rose garden",
    ),
}


@dataclass(frozen=True)
class Labelled:
    """A text with its label (1 or 0) and its topic."""

    text: str
    label: int
    topic: str


def pairs(topic: str) -> tuple[str, list[tuple[str, str]]]:
    """The sentence of a topic, and its true (subject, object) pairs."""
    sentence, words = _TOPICS[topic]
    split = [pair.split(" ") for pair in words.split("|")]
    return sentence, [(one, two) for one, two in split]


_REWORDED = {
    "capitals": "{1} is the capital city of {0}.",
    "languages": "{1} is the main language of {0}.",
    "animals": "We call the young of the {0} a {1}.",
    "opposites": "{1} means the opposite of {0}.",
    "numbers": "If you add one to {0} you get {1}.",
    "places": "In a {1} one expects to see a {0}.",
}


def truth_statements(*, reworded: bool = False) -> list[Labelled]:
    """All statements of all topics: as many true as false.

    Args:
        reworded: The same facts in other sentences, to try a probe on.
    """
    made = []
    for topic in _TOPICS:
        sentence, known = pairs(topic)
        if reworded:
            sentence = _REWORDED[topic]
        # A fixed step of 7 gives every subject another's object, and is prime to each length.
        for i, (subject, right) in enumerate(known):
            wrong = known[(i + 7) % len(known)][1]
            made.append(Labelled(sentence.format(subject, right), 1, topic))
            made.append(Labelled(sentence.format(subject, wrong), 0, topic))
    return made


def topics() -> list[str]:
    """Names of the topics."""
    return list(_TOPICS)
