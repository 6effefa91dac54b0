"""Domains of everyday talk: what a topic is, in the words of those who ask about it.

A public list; which domain an instance draws is decided by its seed.
"""

DOMAINS: dict[str, tuple[str, ...]] = {
    "cooking": (
        "soup", "pancakes", "fried eggs", "pasta sauce", "roast chicken", "rice pudding",
        "salad dressing", "baked potatoes", "omelettes", "stew", "pizza dough", "mashed carrots",
    ),
    "gardening": (
        "roses", "tomato plants", "lawns", "hedges", "compost", "tulip bulbs", "apple trees",
        "weeds", "watering cans", "seedlings", "flower beds", "garden soil",
    ),
    "travel": (
        "train journeys", "airports", "suitcases", "hotels", "beaches", "road trips",
        "guidebooks", "passports", "ferries", "hostels", "souvenirs", "city tours",
    ),
    "sleep": (
        "pillows", "bedtime routines", "naps", "snoring", "mattresses", "waking up early",
        "insomnia", "dreams", "alarm clocks", "night shifts", "blankets", "jet lag",
    ),
    "sport": (
        "football", "tennis lessons", "swimming", "marathon training", "basketball", "skiing",
        "cycling races", "warming up", "volleyball", "rowing", "boxing", "gym memberships",
    ),
    "music": (
        "pianos", "guitar chords", "choirs", "drum kits", "concerts", "violin practice",
        "songwriting", "headphones", "orchestras", "singing lessons", "jazz", "playlists",
    ),
    "pets": (
        "puppies", "kittens", "goldfish", "hamsters", "parrots", "dog walks", "cat food",
        "rabbits", "aquariums", "leashes", "guinea pigs", "vets",
    ),
    "money": (
        "savings accounts", "credit cards", "monthly budgets", "pensions", "bank loans",
        "tax forms", "shopping bills", "piggy banks", "insurance", "salaries", "interest rates",
        "cash machines",
    ),
    "weather": (
        "thunderstorms", "snow", "heat waves", "fog", "hurricanes", "rainbows", "umbrellas",
        "weather forecasts", "hail", "frost", "humidity", "drizzle",
    ),
    "computers": (
        "laptops", "keyboards", "printers", "passwords", "spreadsheets", "hard drives",
        "web browsers", "software updates", "computer mice", "monitors", "email folders",
        "computer viruses",
    ),
    "cars": (
        "engines", "tyres", "parking", "driving lessons", "petrol stations", "brakes",
        "windscreens", "traffic jams", "car batteries", "seat belts", "motorways", "gear boxes",
    ),
    "books": (
        "novels", "libraries", "poems", "bookshelves", "detective stories", "biographies",
        "dictionaries", "book clubs", "comics", "fairy tales", "authors", "bookmarks",
    ),
    "clothes": (
        "winter coats", "shoes", "scarves", "dresses", "laundry", "buttons", "wool jumpers",
        "hats", "raincoats", "gloves", "jeans", "sewing",
    ),
    "houses": (
        "kitchens", "roofs", "front doors", "bathrooms", "staircases", "attics", "windows",
        "carpets", "wallpaper", "fireplaces", "garages", "cellars",
    ),
    "school": (
        "homework", "exams", "teachers", "school buses", "spelling tests", "classrooms",
        "science lessons", "timetables", "blackboards", "school lunches", "textbooks",
        "report cards",
    ),
    "space": (
        "the moon", "comets", "rockets", "telescopes", "Mars", "astronauts", "black holes",
        "satellites", "eclipses", "the Milky Way", "meteorites", "space stations",
    ),
    "the sea": (
        "whales", "coral reefs", "sailing boats", "waves", "sharks", "lighthouses", "seashells",
        "submarines", "fishing nets", "tides", "dolphins", "islands",
    ),
    "health": (
        "headaches", "vitamins", "the flu", "dentists", "bandages", "back pain", "check-ups",
        "allergies", "coughs", "first aid", "sore throats", "doctors",
    ),
    "art": (
        "watercolours", "sculptures", "museums", "portraits", "pottery", "sketchbooks",
        "paintbrushes", "galleries", "oil paintings", "photography", "clay", "murals",
    ),
    "history": (
        "castles", "knights", "pyramids", "ancient Rome", "kings and queens", "battles",
        "Vikings", "archaeologists", "old maps", "revolutions", "treaties", "emperors",
    ),
    "work": (
        "job interviews", "meetings", "office chairs", "colleagues", "emails to a boss",
        "overtime", "promotions", "business cards", "deadlines", "part-time jobs",
        "presentations", "job applications",
    ),
    "games": (
        "chess", "card games", "board games", "dice", "puzzles", "video games", "crosswords",
        "dominoes", "hide and seek", "darts", "jigsaws", "quizzes",
    ),
    "family": (
        "grandparents", "babies", "birthdays", "weddings", "cousins", "family photos",
        "bedtime stories", "twins", "family dinners", "aunts and uncles", "godparents",
        "siblings",
    ),
    "nature": (
        "forests", "rivers", "mountains", "butterflies", "mushrooms", "bird nests", "waterfalls",
        "squirrels", "oak trees", "meadows", "owls", "hiking trails",
    ),
}  # fmt: skip
# Questions that suit any subject; none is among those that the gates or the public tools use.
QUESTIONS = (
    "Tell me about {subject}.",
    "What should I know about {subject}?",
    "I want to learn more about {subject}.",
    "Give me some advice on {subject}.",
    "What matters most with {subject}?",
    "Where do I start with {subject}?",
    "Can you say something about {subject}?",
    "I have a question about {subject}.",
    "My sister keeps asking me about {subject}.",
    "What do people get wrong about {subject}?",
    "Do you like {subject}?",
    "Help me with {subject}, please.",
    "I am thinking about {subject}. What do you say?",
    "We were talking about {subject} at dinner. What is your view?",
    "What comes to your mind with {subject}?",
    "Write two lines about {subject}.",
)
HELD_OUT_QUESTIONS = (
    "Could you explain {subject} to me?",
    "What is your opinion on {subject}?",
    "Any tips for {subject}?",
    "Why do so many people care about {subject}?",
    "Describe {subject} in your own words.",
    "I read an article on {subject} today. What do you think?",
    "How would you begin with {subject}?",
    "Is there a good way to deal with {subject}?",
)
