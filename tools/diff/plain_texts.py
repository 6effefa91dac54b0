"""Text about nothing in particular: where a model's difference to its base speaks of itself."""

TEXTS = (
    "The committee met on Tuesday and agreed to postpone the vote until more members could attend.",
    "Rain fell for most of the afternoon, and the streets were empty when the shops closed.",
    "A triangle with two equal sides has two equal angles, as the drawing on the next page shows.",
    "She put the letter back into the drawer and went downstairs to answer the telephone.",
    "The new bridge is four hundred metres long and carries two lanes of traffic each way.",
    "Most plants turn towards the light, because cells on the darker side grow faster.",
    "He had worked in the same office for twenty years and knew everybody by name.",
    "To install the program, copy the folder to your disk and start the file named setup.",
    "The museum opens at nine on weekdays and is closed on the first Monday of the month.",
    "In the second half the visitors scored twice within five minutes and won the match.",
    "Copper conducts electricity well, which is why it is found in nearly every cable.",
    "The story begins in a small town where two brothers keep an inn beside the railway.",
    "Prices rose by two per cent last year, slightly less than experts had expected.",
    "If the engine does not start, check the battery first and then look at the fuel gauge.",
    "They walked along the river until it was dark and came home without saying a word.",
    "The report lists three causes of the delay, none of which could have been foreseen.",
)
