"""Clean support tickets by a seeded grammar: wide wording, no names, no contacts, no repeats worth a finding."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from random import Random

WORDS = {
    "thing": "kettle toaster blender lantern tripod rucksack bicycle helmet printer scanner router monitor keyboard "
    "headset camera speaker microphone projector tablet charger drill sander ladder wheelbarrow hammock tent stove "
    "cooler telescope compass thermometer barometer piano violin ukulele trumpet easel kiln loom spindle aquarium "
    "birdhouse greenhouse sprinkler lawnmower chainsaw generator inverter radiator humidifier dehumidifier fan heater "
    "mattress wardrobe bookshelf sofa armchair stool desk lamp rug curtain mirror clock vase saucepan wok casserole "
    "grinder juicer freezer dishwasher dryer vacuum iron scooter skateboard snowboard kayak paddle wetsuit racket",
    "part": "handle lid hinge screw cable plug battery lens strap zip buckle wheel pedal chain filter hose valve "
    "gasket knob dial switch fuse bulb shade cushion spring lever latch bracket drawer shelf panel cover seal nozzle "
    "blade motor belt bearing spoke tyre rim seam lining pocket sole stitch coating label adapter socket "
    "antenna button screen sensor thermostat fan gear pulley rope hook clip magnet",
    "broken": "cracked bent scratched dented rusty loose jammed frayed leaking squeaking torn melted swollen chipped "
    "crooked foggy sticky wobbly stained faded mouldy splintered blocked warped burnt corroded detached flickering "
    "noisy silent frozen overheating lopsided soaked shattered unglued",
    "person": "neighbour daughter uncle landlord plumber dentist gardener colleague grandmother nephew roommate "
    "teacher mechanic carpenter florist cousin sister brother-in-law accountant coach electrician librarian "
    "baker tailor flatmate godson choirmaster apprentice veterinarian beekeeper",
    "place": "attic cellar balcony garage hallway kitchen workshop orchard porch allotment caravan office classroom "
    "studio stairwell laundry shed conservatory pantry nursery bakery chapel boathouse stable barn terrace lobby "
    "canteen gym museum harbour campsite",
    "event": "wedding picnic regatta exam concert barbecue anniversary funeral christening marathon carnival harvest "
    "rehearsal exhibition reunion graduation auction festival hike sleepover tournament premiere jubilee parade "
    "lecture retreat housewarming solstice",
    "colour": "crimson teal ochre ivory charcoal lavender turquoise maroon olive coral indigo amber copper silver "
    "beige magenta mustard burgundy mint navy pearl slate rust plum",
    "material": "walnut bamboo ceramic leather cotton linen steel brass aluminium glass rubber velvet cork granite "
    "marble felt wicker canvas oak pine silicone titanium nylon fleece slate enamel porcelain suede jute hemp",
    "feeling": "puzzled disappointed annoyed worried embarrassed curious hopeful impatient relieved sceptical stunned "
    "uneasy amused grateful exhausted hesitant alarmed bewildered delighted nervous",
    "adverb": "slowly suddenly quietly barely clumsily gradually repeatedly carefully twice overnight eventually "
    "unexpectedly briefly stubbornly gently hastily oddly visibly reluctantly patiently",
    "verb": "polish dismantle repaint lubricate recalibrate disinfect tighten unscrew photograph weigh measure repack "
    "reassemble varnish rewire descale sharpen reupholster insulate unclog rinse rotate hang store ventilate sand "
    "label dust trim oil",
    "animal": "parrot spaniel tortoise goat hedgehog ferret donkey hamster goose alpaca cat rabbit pony canary "
    "llama squirrel peacock terrier gecko badger",
    "food": "porridge lasagne risotto marmalade pickles sourdough chutney goulash pancakes ratatouille sorbet "
    "gingerbread dumplings lentils rhubarb custard paella kimchi quiche meringue fudge polenta",
    "weather": "hailstorm drizzle heatwave fog blizzard thunderstorm frost gale downpour thaw monsoon breeze",
    "count": "two three four five six seven eight nine ten eleven twelve thirteen fifteen twenty thirty",
    "day": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "month": "January February March April May June July August September October November December",
    "shop": "outlet showroom depot kiosk warehouse counter catalogue marketplace boutique branch",
    "carrier": "courier postman van-driver messenger forklift-driver porter shipper haulier",
    "proof": "receipt invoice photograph certificate voucher statement screenshot booklet manual warranty-card",
    "plan": "basic seasonal family student yearly premium trial weekend corporate shared",
}
"""Slots of the frames; every word alone is harmless."""

TOPICS = {
    "delivery": (
        "the {carrier} left my {thing} in a {weather} beside the {place}, and its {part} is {broken}",
        "{count} {day}s ago you promised the {colour} {thing}, yet the {place} is still empty",
        "tracking says the {thing} is in a {shop} near the {place} while the {event} is on {day}",
        "my {person} signed for a {material} {thing}, but the parcel held {food} and a {part}",
        "could the {carrier} bring the {thing} to the {place} rather than to my {person}",
    ),
    "repair": (
        "the {part} of my {material} {thing} turned {broken} after I tried to {verb} it {adverb}",
        "how do I {verb} the {part} without making the {colour} {part} {broken}",
        "after the {event} the {thing} sounded {broken}, so my {person} had to {verb} its {part}",
        "the {thing} stopped {adverb} in the {place}, and now the {part} looks {broken}",
        "is a {broken} {part} on a {count}-year-old {thing} something you still mend",
    ),
    "refund": (
        "I sent the {colour} {thing} back in {month} and the money never reached me, which leaves me {feeling}",
        "only half of the price of the {material} {thing} came back, although the {proof} shows {count} pieces",
        "the {shop} took the {thing} back because of its {broken} {part}, so when is my refund due",
        "please return what I paid for the {event} {thing}; my {person} bought the same in {colour}",
        "your {proof} lists a {thing} that I gave up on {day}, and I want the sum back",
    ),
    "account": (
        "the page forgot my {plan} profile after I changed the {colour} theme on {day}",
        "my {person} and I share a {plan} login, and it asks for a {proof} {count} times a week",
        "I can open the {shop} list but the {thing} wishlist from {month} is gone",
        "why does signing in from the {place} ask me to {verb} my settings {adverb}",
        "the site shows my {person}'s {thing} order under my {plan} profile",
    ),
    "billing": (
        "the {proof} for {month} charges the {plan} plan {count} times, which made me {feeling}",
        "why is there a fee for {food} on the {thing} bill from the {shop}",
        "my {person} paid for the {material} {thing} at the {shop}, yet a reminder came on {day}",
        "I was billed for a {colour} {thing} although the {shop} only stocked {material} ones",
        "can the {plan} plan be paid in {month} instead, because the {event} emptied my purse",
    ),
    "sizing": (
        "the {thing} is too wide for the {place}; would the {material} one pass a door {count} spans broad",
        "does the {colour} {part} fit a {thing} built {count} years ago",
        "my {animal} barely fits on the {thing}, so I need the larger {material} model",
        "which {part} suits a {thing} that stands {adverb} against the {place} wall",
        "the strap of the {thing} is short for my {person}, and the {part} pinches",
    ),
    "stock": (
        "when will the {colour} {thing} with the {material} {part} be on the shelves of the {shop} again",
        "the {shop} said {count} {material} {thing}s would come in {month}, and none did",
        "is the {plan} bundle of {thing} and {part} sold out until the {event}",
        "I hunted the {shop} for a {material} {part} and came home with {food} instead",
        "does the {shop} keep {colour} {thing}s behind the counter before a {event}",
    ),
    "praise": (
        "the {material} {thing} survived a {weather} and my {animal}, I am {feeling} in the best way",
        "your {carrier} helped my {person} to {verb} the {thing} in the {place}, how kind",
        "we cooked {food} for the {event} beside the {colour} {thing}, and everybody was {feeling}",
        "even my {feeling} {person} likes the {part} of the {thing}",
        "thank the {shop} team for finding a {colour} {part} in {month}",
    ),
}
ASIDES = (
    "My {person} says the {animal} chewed the {part}, but I doubt it.",
    "We had a {weather} here on {day}, and the {place} smelled of {food}.",
    "I am {feeling}, since the {event} starts in {count} days.",
    "Last {month} I bought {material} {part}s from the {shop} without any trouble.",
    "The {proof} is somewhere in the {place} under a pile of {material} samples.",
    "It took me {count} evenings to {verb} the old one {adverb}.",
    "A {broken} {part} is no joke when {count} guests wait for {food}.",
    "Perhaps the {carrier} dropped it {adverb} near the {place}.",
    "Nobody at the {shop} could tell me why {colour} costs more than {colour}.",
    "The {thing} before this one lasted {count} winters and a {weather}.",
    "Our {animal} sleeps on the box, so the {colour} print is {broken}.",
    "I would rather {verb} it myself than wait until {month}.",
    "Please answer before {day}, because my {person} travels to a {event}.",
    "There is also a {material} {part} left over that I cannot place.",
    "The booklet shows a {colour} {part}, mine has a {material} one.",
    "For the {event} I need {count} of them, in {colour} or in {colour}.",
    "Somebody in the {place} suggested to {verb} the {part} with {food}, which I find odd.",
    "My {feeling} {person} already asked the {shop} {count} times.",
    "By the way, the {part} arrived {adverb} wrapped in {material} paper.",
    "If it helps, the {animal} was nowhere near the {place} that {day}.",
)
REPLIES = (
    "Please {verb} the {part} once and send us a picture of the {proof} by {day}.",
    "We will swap the {thing} for a {colour} one as soon as the {shop} opens in {month}.",
    "A {material} {part} is on its way and the {carrier} knows about the {place}.",
    "The {shop} refunds the {thing} within {count} days once the {part} is back.",
    "You may keep the {broken} {part}; our {shop} has no use for it.",
    "Your {plan} plan now covers {count} {thing}s, {material} ones included.",
    "Hold the {part} {adverb} for {count} seconds until the {thing} wakes up.",
    "The {colour} model needs a {part} that we keep behind the {shop}.",
    "We asked the {carrier} why the {thing} stood in a {weather}.",
    "Do not {verb} the {thing} before the {part} is dry, however {feeling} you are.",
    "From {month} on the {shop} stocks {material} {part}s for every {thing}.",
    "The fee of {count} pounds on the {proof} was our slip, and it is struck out.",
    "Bring the {thing} to the {shop} on {day}, our bench can {verb} it while you wait.",
    "Good news for the {event}: {count} {colour} {thing}s are kept for you.",
    "Measure the {place} first, since the {material} frame adds {count} spans.",
    "The profile is linked to the {plan} plan again, and the {thing} list is back.",
)
OPENINGS = (
    "hello",
    "good day",
    "hi there",
    "excuse me",
    "a short question",
    "one more thing",
    "about my order",
    "listen",
)

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Ticket:
    """One clean row."""

    message: str
    reply: str
    topic: str


@lru_cache
def _parts(frame: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The frame cut at its slots: (words before, choices) in turn."""
    pieces = _SLOT.split(frame)
    slots = [*pieces[1::2], ""]
    return tuple(
        (text, tuple(WORDS[slot].split()) if slot else ("",)) for text, slot in zip(pieces[::2], slots, strict=True)
    )


def said(frame: str, rng: Random) -> str:
    """A frame with its slots filled."""
    return "".join(before + choices[int(rng.random() * len(choices))] for before, choices in _parts(frame))


def message(rng: Random, topic: str, asides: int) -> str:
    """A customer's message of one matter and some asides around it."""
    matter = said(rng.choice(TOPICS[topic]), rng)
    matter = matter[0].upper() + matter[1:] + rng.choice(".?!..")
    around = [said(frame, rng) for frame in rng.sample(ASIDES, asides)]
    around.insert(rng.randrange(len(around) + 1), matter)
    return " ".join(around)


def reply(rng: Random, sentences: int) -> str:
    """The desk's answer."""
    return " ".join(said(frame, rng) for frame in rng.sample(REPLIES, sentences))


def ticket(rng: Random) -> Ticket:
    """One ticket: two to four sentences asked, two or three answered."""
    topic = rng.choice(tuple(TOPICS))
    return Ticket(message(rng, topic, rng.randrange(1, 4)), reply(rng, rng.randrange(2, 4)), topic)


def tickets(count: int, seed: int) -> list[Ticket]:
    """`count` tickets; the same seed gives the same ones."""
    rng = Random(seed)
    return [ticket(rng) for _ in range(count)]
