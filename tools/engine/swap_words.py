"""The same prompt with other words in it: the control for whatever a prompt's content does."""

import re

import torch

# Common, harmless words; enough of them that draws differ.
_LIST = """
    apple arm autumn bag ball basket bath bean bear bed bell bench bird blanket blue boat bone book
    bottle bowl box bread bridge broad brother brown bucket bus butter button cake camera candle
    cap card carpet carrot cat chair chalk cheese chicken child circle clean cloth cloud coat coin
    cold collar color comb cook copper corn corner cotton cow cream cup curtain cushion damp dance
    dark day deep desk dinner dish dog door dress dry duck dust ear early east egg elbow engine
    evening eye face family farm fast father feather fence field finger fish flat floor flour flower
    fly foot forest fork frame fresh friend frog fruit garden gate gentle glass glove goat gold
    grain grape grass green grey guest hair hall hammer hand happy hat heavy hen high hill hold
    hole honey hook horse hotel hour house ice inch ink iron island jar jacket juice jump kettle
    key kitchen kite knee knife lace ladder lake lamp large late laugh leaf learn leather left
    lemon letter light line lip listen long loud low lunch map market match meal meat metal middle
    milk mill mirror morning mother mouse mud music nail narrow neck needle nest new noise north
    nose nut oak ocean oil old onion open orange oven page paint pan paper park path pear pen pencil
    people pepper piano picture pig pillow pin pipe plain plant plate plough pocket pond pool
    porch pot potato powder pull purple push quick quiet rail rain read red rice ride right ring
    river road roof room root rope rose round rug run sail salt sand scarf school sea seat seed
    sheep sheet shelf ship shirt shoe shop short shoulder silk silver sing sister sit skin sky
    sleep slow small smooth soap sock soft soil son soup south space spoon spring square stable
    stair stamp station steam step stick stone stool storm story stove street string sugar summer
    sun sweet swim table tail tall tea thick thin thread throat thumb ticket tile tin toe tongue
    tooth towel tower town train tray tree trousers tub tube turn uncle valley vase village visit
    voice wagon walk wall warm wash water wave wax week west wheat wheel whistle white wide wind
    window wing winter wire wood wool work yard year yellow young
    """
WORDS = tuple(_LIST.split())
_WORD = re.compile(r"[^\W\d_]{3,}")


def swap_words(text: str, generator: torch.Generator) -> str:
    """`text` with every word of three or more letters exchanged for a random plain one.

    Punctuation, numbers, case of the first letter and short words stay, so that the form is kept
    and the content goes. Text without such a word becomes three random words.
    """

    def draw() -> str:
        return WORDS[int(torch.randint(len(WORDS), (1,), generator=generator))]

    def other(match: re.Match[str]) -> str:
        word = draw()
        while word == match[0].lower():
            word = draw()
        return word.capitalize() if match[0][0].isupper() else word

    if not _WORD.search(text):
        return " ".join(draw() for _ in range(3))
    return _WORD.sub(other, text)
