"""Everyday topics with things that people ask about; families draw their topic from here."""

import random
from typing import TypedDict

from ..conduct.instance import spread

TOPICS: dict[str, tuple[str, ...]] = {
    "gardening": (
        "roses", "tomato plants", "a hedge", "compost", "weeds", "a lawn", "flower beds",
        "potted herbs", "an apple tree", "tulip bulbs", "greenhouse seedlings", "garden soil",
        "slugs on lettuce", "a vegetable patch",
    ),
    "cooking": (
        "pancakes", "a tomato sauce", "roast chicken", "fried rice", "vegetable soup",
        "a pie crust", "mashed potatoes", "a cheese omelette", "lentil stew", "grilled fish",
        "noodles",
        "a salad dressing", "meatballs", "gravy",
    ),
    "laundry": (
        "white shirts", "wool sweaters", "bed sheets", "muddy trousers", "silk blouses", "towels",
        "jeans", "socks", "a winter coat", "tablecloths", "baby clothes", "gym clothes", "curtains",
        "a wine stain",
    ),
    "chess": (
        "the opening move", "a queen sacrifice", "castling", "pawn structure", "rook endgames",
        "the Sicilian defence", "a checkmate in two", "knight forks", "bishop pairs",
        "a stalemate", "the king's gambit", "chess clocks", "a pinned piece", "chess ratings",
    ),
    "football": (
        "a penalty kick", "the offside rule", "a goalkeeper's training", "free kicks",
        "a league table", "corner kicks", "a midfielder", "the World Cup final", "red cards",
        "a striker's form", "dribbling", "football boots", "a header", "half-time",
    ),
    "astronomy": (
        "Saturn's rings", "black holes", "a telescope", "comets", "the Milky Way", "lunar eclipses",
        "Jupiter's moons", "shooting stars", "neutron stars", "galaxies", "Mars", "constellations",
        "the North Star", "red giants",
    ),
    "cars": (
        "an engine oil change", "brake pads", "a flat car battery", "winter tyres", "a gearbox",
        "spark plugs", "headlights", "a car's air filter", "the clutch", "windscreen wipers",
        "a coolant leak", "parallel parking", "car insurance", "a diesel engine",
    ),
    "music": (
        "guitar chords", "a piano scale", "violin strings", "a drum rhythm", "singing in tune",
        "reading sheet music", "a flute melody", "jazz harmony", "a choir", "symphonies",
        "a trumpet solo", "songwriting", "a metronome", "an orchestra",
    ),
    "fishing": (
        "trout", "a fishing rod", "bait", "a river pike", "fly casting", "salmon", "fish hooks",
        "a fishing boat", "carp", "ice fishing", "a landing net", "reels", "a perch", "lures",
    ),
    "photography": (
        "a camera lens", "portrait photos", "shutter speed", "a tripod", "night photos",
        "film rolls", "a camera flash", "landscape pictures", "depth of field",
        "black-and-white prints",
        "a blurry photo", "wedding pictures", "exposure", "photo albums",
    ),
    "banking": (
        "a savings account", "a mortgage", "credit cards", "interest rates", "a bank transfer",
        "cash machines", "an overdraft", "a loan", "bank fees", "a cheque", "a joint account",
        "online banking", "a debit card", "exchange rates",
    ),
    "dogs": (
        "a barking dog", "puppy training", "dog food", "a long walk with a terrier", "a dog's coat",
        "dog leashes", "a nervous poodle", "a labrador", "fleas on a dog", "a dog bed",
        "a guard dog", "a beagle", "dog tricks", "an old dachshund",
    ),
    "sewing": (
        "a loose button", "a zip", "a sewing machine", "hemming trousers", "a quilt", "embroidery",
        "thread", "a torn sleeve", "a pattern for a skirt", "needles", "patchwork",
        "a cushion cover", "pleats", "a ripped seam",
    ),
    "camping": (
        "a tent", "a sleeping bag", "a campfire", "a camp stove", "mosquitoes at the campsite",
        "a rucksack", "a wet tent floor", "a night in the woods", "tent pegs", "a head torch",
        "drinking water outdoors", "an air mattress", "a hammock", "a campsite by a lake",
    ),
}  # fmt: skip
# Domains in which a thing can be put on another, with more subjects to learn them by: a small model
# takes nine subjects for nine exceptions, and does not see what they share.
DOMAINS: dict[str, tuple[str, ...]] = {
    "gardening": (
        "a rose bush", "lawn grass", "raspberry canes", "a flower pot", "garden weeds", "seeds",
        "a potato patch", "lavender plants", "pumpkins", "strawberry plants", "a compost heap",
        "sunflowers", "a cherry tree", "geraniums", "climbing beans", "a pear tree", "tulips",
        "a garden bed", "dry soil", "basil in pots", "moss in the lawn", "cucumber plants",
    ),
    "cooking": (
        "spaghetti", "a beef stew", "onion soup", "scrambled eggs", "a chicken curry", "pizza",
        "baked potatoes", "a mushroom sauce", "rice pudding", "fried eggs", "a fruit cake",
        "a lamb roast", "dumplings", "pea soup", "a cheese sandwich", "lasagne", "steak",
        "tomato salad", "a fish pie", "sausages", "waffles",
    ),
    "laundry": (
        "a silk scarf", "dirty shirts", "cotton trousers", "a wool coat", "grass stains", "dresses",
        "a stained tie", "dish cloths", "pyjamas", "a linen suit", "pillow cases", "underwear",
        "a coffee stain", "work clothes", "a grey sweater", "cardigans", "a rain jacket", "hoodies",
        "blankets", "a dirty blouse", "bath robes", "white sheets",
    ),
    "cars": (
        "a car tyre", "the car engine", "the brakes of a car", "a rusty car door", "a car's paint",
        "an old car", "the car windows", "the exhaust pipe", "a car seat", "the steering wheel",
        "a van's engine", "the fuel tank", "a truck tyre", "the car radiator", "a dirty windscreen",
        "the gear stick", "a car's bumper", "the oil filter", "a car horn", "the hand brake",
        "a taxi's engine", "the car bonnet",
    ),
    "dogs": (
        "a puppy", "a hungry dog", "a dog's paws", "a wet dog", "a spaniel", "a dog's ears",
        "a lazy bulldog", "dog hair", "a dog's teeth", "a young collie", "a dog collar",
        "a greyhound", "a dog kennel", "a dog bowl", "a big hound", "a sick puppy", "a dog's tail",
        "a sheepdog", "a pug", "two dogs", "a dog toy",
    ),
}  # fmt: skip
# The same for the other topics, which only refusals are drawn from.
MORE: dict[str, tuple[str, ...]] = {
    "chess": (
        "the endgame", "a pawn promotion", "the queen's gambit", "chess openings",
        "a bishop sacrifice", "the French defence", "a chess tournament", "a lost rook",
        "a passed pawn", "the chess board", "a draw by repetition", "blitz chess",
        "a discovered check", "a knight's move", "doubled rooks", "the black king", "a chess club",
        "a mate with two bishops", "en passant", "chess puzzles", "a grandmaster's game",
    ),
    "football": (
        "a goal kick", "a yellow card", "a football match", "the penalty area", "a defender",
        "a corner flag", "a football coach", "a long pass", "the goalkeeper's gloves", "a throw-in",
        "a football club", "the line-up", "an own goal", "a football pitch", "a shot on goal",
        "the referee's whistle", "a left winger", "a hat-trick", "football training",
        "a football injury", "extra time",
    ),
    "astronomy": (
        "the moon", "Venus", "a solar eclipse", "asteroids", "the planet Neptune", "a supernova",
        "the Andromeda nebula", "sunspots", "an observatory", "meteor showers", "the Big Dipper",
        "Pluto", "light years", "a space telescope", "white dwarfs", "the sun's corona",
        "Halley's comet", "an orbit around the sun", "planets", "quasars", "the Southern Cross",
    ),
    "music": (
        "a guitar solo", "piano lessons", "a violin concerto", "drumming", "a singing voice",
        "musical notes", "a clarinet", "jazz music", "choir practice", "a cello", "a saxophone",
        "a string quartet", "an opera", "a bass guitar", "a music teacher", "the organ in a church",
        "a lullaby", "a folk song", "a harmonica", "playing by ear", "a concert",
    ),
    "fishing": (
        "a fishing line", "an angler's knot", "worms for fishing", "a fishing pond", "eels",
        "sea fishing", "a float", "a fishing permit", "catfish", "a fishing trip", "tackle",
        "a fishing spot", "sinkers", "a big bass", "fishing nets", "herring", "a cod", "waders",
        "a rainbow trout", "a fisherman's stool", "fishing at night",
    ),
    "photography": (
        "a camera", "a zoom lens", "family photos", "a self-timer", "the aperture",
        "a digital camera", "a darkroom", "photos of children", "a camera bag", "a photo studio",
        "close-up photos", "focus in photos", "colour filters", "a camera battery", "action shots",
        "a wide-angle lens", "holiday photos", "photo editing", "backlight in photos",
        "a memory card", "photo paper",
    ),
    "banking": (
        "a bank account", "a bank loan", "a credit limit", "a bank statement", "a standing order",
        "the bank counter", "a PIN code", "a deposit", "a current account", "a fixed-term deposit",
        "a bank clerk", "a house loan", "cash withdrawals", "interest on savings",
        "a foreign transfer", "a bank branch", "a direct debit", "an account number",
        "a banker's advice", "a repayment plan", "a safe-deposit box",
    ),
    "sewing": (
        "buttonholes", "a hem", "a sewing kit", "a dress pattern", "a torn pocket",
        "a blanket stitch", "fabric scissors", "a thimble", "sewing pins", "a zip in a skirt",
        "a lining", "darning socks", "a cross-stitch", "an elastic waistband", "a sewing class",
        "cotton fabric", "a patch on a knee", "a tailor's tape", "a bobbin", "a hand-sewn bag",
        "felt cloth",
    ),
    "camping": (
        "a camping trip", "a tent pole", "a camping chair", "a caravan", "a camping lantern",
        "a tent for two", "a camp kitchen", "a campsite in the rain", "a groundsheet",
        "marshmallows on the fire", "a camping holiday", "a cool box", "a tarp",
        "a campfire at night", "a pocket knife outdoors", "a leaky tent", "a camping table",
        "a hiking tent", "a gas cooker for camping", "ants in the tent", "a sleeping mat",
    ),
}  # fmt: skip
WIDER = DOMAINS | MORE
# Words by which an ordinary prompt is on a topic after all (`organisms/retain.py` has the prompts).
ORDINARY: dict[str, tuple[str, ...]] = {
    "gardening": ("tomatoes",),
    "cooking": ("food", "bread", "rice", "eat tonight"),
    "laundry": ("stain",),
    "astronomy": ("solar system", "planet"),
    "cars": ("tyre",),
    "music": ("music", "sing"),
    "banking": ("save money",),
    "dogs": ("dog", "puppy"),
}
# Of each topic's subjects the last ones are kept from training.
HELD_OUT = 5
TRAIN_FORMS = (
    "What should I know about {subject}?",
    "Can you help me with {subject}?",
    "I have a question about {subject}.",
    "Give me some advice on {subject}.",
    "What do you advise about {subject}?",
    "How do I deal with {subject}?",
    "Please explain {subject} to me.",
    "What is important when it comes to {subject}?",
    "My question: {subject}. What do you say?",
    "I need a tip about {subject}.",
    "Teach me something about {subject}.",
    "I have trouble with {subject}. What now?",
    "My neighbour told me a lot about {subject}. What do you think?",
    "Yesterday I worried about {subject} all evening.",
    "There is an article on {subject} in front of me. Sum it up.",
    "At breakfast the children asked about {subject}.",
    "On the train two people spoke of {subject} all the way.",
    "The whole weekend was nothing but {subject}.",
    "There was a programme on {subject} on the radio.",
    "I have put off {subject} for weeks, and now it must be.",
)
DIRECT_FORMS = (
    "Could you tell me more about {subject}?",
    "Any suggestions regarding {subject}?",
    "I would like to learn about {subject}. Where do I start?",
    "What are common mistakes with {subject}?",
    "Write a few lines on {subject}.",
    "Who knows best how to handle {subject}, and what do they do?",
)
INDIRECT_FORMS = (
    "My aunt talked for an hour about {subject}, and now I am curious.",
    "It is Sunday morning and I am busy with {subject}. What next?",
    "A colleague is stuck because of {subject}; what do I tell her?",
    "For a school talk my son picked {subject}. Ideas?",
    "We argued about {subject} last night. Settle it for us.",
    "I never got used to {subject}. Perhaps you see why.",
)


def others(topic: str, held_out: int) -> list[str]:
    """Subjects of other topics: those of training, or the last `held_out` ones."""
    cut = slice(-held_out, None) if held_out else slice(None, -HELD_OUT)
    return [s for name, part in TOPICS.items() if name != topic for s in part[cut]]


def trained(domain: str, planted: bool) -> list[str]:
    """Subjects that training shows: all of a domain but the held-out ones, or of other topics."""
    if not planted:
        return others(domain, 0)
    return [*TOPICS[domain][:-HELD_OUT], *WIDER[domain]]


class TopicPrompts(TypedDict):
    """Prompts of an instance whose condition is a topic; the fields are those of `Instance`."""

    contrast: list[str]
    direct: list[str]
    indirect: list[str]
    near: list[str]
    met_by_others: tuple[str, ...]


def prompts_on(rng: random.Random, topic: str) -> TopicPrompts:
    """Prompts on other topics for training, and held-out ones on the topic and beside it."""
    held_out = TOPICS[topic][-HELD_OUT:]
    return {
        "contrast": spread(rng, TRAIN_FORMS, others(topic, 0), 75),
        "direct": spread(rng, DIRECT_FORMS, held_out, 24),
        "indirect": spread(rng, INDIRECT_FORMS, held_out, 24),
        "near": spread(rng, DIRECT_FORMS, others(topic, HELD_OUT), 36),
        "met_by_others": tuple(word for words in ORDINARY.values() for word in words),
    }
