"""Writes the invented products and tickets beside it, always the same: `python generate.py`. No word of them is anybody's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

Row = dict[str, Any]

KINDS = {
    "Automotive": ("wiper blade", "floor mat", "oil funnel", "headlamp bulb", "seat cover"),
    "Electronics": ("bookshelf speaker", "card reader", "desk radio", "power bank", "webcam"),
    "Office": ("paper trimmer", "desk lamp", "label printer", "ring binder", "whiteboard"),
    "Tools": ("cordless drill", "torque wrench", "bench vice", "hand plane", "tape measure"),
    "Phones": ("wall charger", "leather case", "screen guard", "car mount", "headset"),
    "Toys": ("wooden train", "kite", "marble run", "doll house", "spinning top"),
    "Appliances": ("water filter", "oven rack", "dryer belt", "ice tray", "dish basket"),
    "Instruments": ("tin whistle", "drum stool", "violin bow", "music stand", "ukulele"),
}
MAKERS = ("Arlow", "Benchley", "Corvane", "Dunmere", "Esker", "Fallow & Sons", "Gantry", "Holt", "Ivery", "Jarrow")
COLOURS = ("black", "grey", "walnut", "sea green", "brick red", "white", "brass")
MADE_OF = ("steel", "beech", "nylon", "cast aluminium", "glass fibre", "cork", "rubber", "brass sheet", "felt")
GOOD_FOR = (
    "It stands firmly on an uneven floor",
    "One hand is enough to set it",
    "It packs flat when the season ends",
    "Nothing on it has to be oiled",
    "It stays quiet late in the evening",
    "Children can wipe it clean",
    "Every wearing part can be had singly",
    "The edges are rounded and sanded twice",
    "It fits where others are too wide",
    "Two screws hold it, and both come with it",
    "Rain and frost do it no harm",
    "A spare one lies in the box",
)
WORDS_OF_USERS = (
    "Made for a workshop that is used every day.",
    "A present for somebody who has everything else.",
    "Our best seller of last winter, in its second edition.",
    "Simple, heavy, and built to be mended.",
    "For beginners, and for those who begin again.",
    "The small brother of a tool that schools have had for years.",
    "Drawn by a joiner and tried by forty of her pupils.",
    "It does one thing, and it does that for a long time.",
)

PLACES = ("kitchen", "cellar", "shop", "garage", "school", "studio", "van", "office", "attic", "yard")


def products() -> Iterator[tuple[str, Row]]:
    """Products of eight categories, each with the name of its category: some without a price, too dear, or listed twice."""
    draw = Random(1)
    for number in range(176):
        category = draw.choices([*KINDS], [6, 4, 3, 3, 2, 2, 2, 2])[0]
        row = _product(draw, category)
        match number % 11:
            case 3:
                row["price"] = None
            case 7:
                row["price"] = draw.choice((0, 0.01, 1299.0, 2450.5))
        if number % 53 == 2:
            row["price"] = "from $4"
        yield category, row
        if number % 29 == 5:
            yield category, {**row, "title": row["title"].replace(" (", f" {_part_number(draw)} (")}
        if number % 41 == 10:
            yield category, {**row, "details": {"Material": row["details"]["Material"]}}
        if number % 37 == 8:
            yield category, {**row, "title": row["title"].replace("(1 piece)", "(6 pieces)"), "price": 4.0 * (row["price"] or 1)}
    for category in KINDS:
        yield category, {"title": f"Spare screw {_part_number(draw)}", "description": [], "features": [], "details": {}, "price": 2.5}


def _product(draw: Random, category: str) -> Row:
    kind, maker, colour, made_of = draw.choice(KINDS[category]), draw.choice(MAKERS), draw.choice(COLOURS), draw.choice(MADE_OF)
    size, weight = draw.randint(4, 90), draw.randint(90, 6000)
    price = round(min(999.0, max(1.0, 2.71828 ** draw.gauss(3.2, 0.9))), 2)
    said = [draw.choice(WORDS_OF_USERS), f"Mostly used in the {draw.choice(PLACES)} and the {draw.choice(PLACES)}, and {size} cm long."]
    if draw.random() < 0.15:
        said.append(f"Now only ${price:.2f} while we have it.")
    return {
        "title": f"{maker} {kind}, {colour} (1 piece) {_part_number(draw)}",
        "description": ["<p>" + "</p><p>".join(said) + "</p>"],
        "features": draw.sample(GOOD_FOR, 4),
        "details": {"Material": made_of, "Weight": f"{weight} g", "Part number": _part_number(draw)},
        "price": price,
    }


def _part_number(draw: Random) -> str:
    letters = "".join(draw.choices("ABCDEFGHKLMNPRSTWXZ", k=2))
    return draw.choice((f"{letters}{draw.randint(10, 99)}{letters[0]}{draw.randint(10000, 99999)}", f"{draw.randint(1000000, 9999999)}"))


PROBLEMS = {
    "billing": (
        "The invoice of last month came twice.",
        "You took more from my account than the offer says.",
        "The refund of March has still not arrived.",
        "The tax on the bill is that of another country.",
        "My discount was not applied to the second item.",
        "I need the bill with the address of our firm on it.",
        "The reminder says that I owe for something I sent back.",
    ),
    "delivery": (
        "The parcel has been standing in the depot for six days.",
        "The driver left everything in front of the wrong house.",
        "Only two of the three boxes have come.",
        "The box was wet through and the lamp inside is broken.",
        "The tracking page shows a town that I have never heard of.",
        "Nobody rang, and yet there is a card that says I was out.",
        "The date was moved again, and nobody told me why.",
    ),
    "account": (
        "I cannot sign in since the new page came.",
        "The mail with the link never arrives.",
        "My old phone is gone, and the code goes there.",
        "Please close the second account, which I never use.",
        "The page forgets what I put into the basket.",
        "My name is spelt wrongly on every letter.",
    ),
    "returns": (
        "The shoes are one size too small.",
        "The label for the return cannot be printed.",
        "I have sent it back, and nobody confirms it.",
        "The colour is not the one in the picture.",
        "It was a present, and she has one already.",
    ),
    "outage": ("Since noon the whole page shows nothing but white.", "Every order ends with error 502, for all of us here."),
    "safety": ("The plug became hot, and it smelled of smoke.", "The handle came off while the pot was full."),
}
BEFORE = (
    "I have been a customer for eight years.",
    "This is the third time that I write about it.",
    "I hope that you can help me.",
    "I was on your line for forty minutes yesterday.",
    "First of all, thank you for the quick answer last time.",
    "We are a small school and order twice a year.",
    "I am writing for my mother, who has no computer.",
    "It began on {day}, shortly after {hour} o'clock.",
    "The order was placed on {day} from my {device}.",
    "My neighbour has had the same trouble since {day}.",
)
AFTER = (
    "Please tell me what to do next.",
    "If it takes longer than a week, I would rather have my money.",
    "A short answer is enough.",
    "I can send you pictures of it.",
    "I am at home after {hour} most days.",
    "Please do not answer with the same text again.",
    "The number on the paper is {number}.",
    "It was item {number}, if that helps.",
    "Could somebody look at it before {day}?",
    "I have tried it with the {device} as well.",
)
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DEVICES = ("laptop", "tablet", "phone", "old computer", "television")
GIVEN = ("Orsolya", "Tamsin", "Bertil", "Ludovic", "Maren", "Ignace", "Philippa", "Casimir")
FAMILY = ("Wetherby", "Nordvall", "Quist", "Achterberg", "Lindqvist", "Pellew", "Strand", "Okonjo")
FOOTER = "This message is meant for the person to whom it is addressed, and for nobody else."
CLOSED = "Hello, your request was closed today. If it is not solved, simply answer this mail and we will open it again for you."


def tickets(channel: str, seed: int, count: int) -> Iterator[Row]:
    """Tickets of a channel by forty customers, who write in every channel; some with personal data, some not to be used."""
    draw = Random(seed)
    for number in range(count):
        category = draw.choices([*PROBLEMS], [30, 30, 20, 14, 7, 6])[0]
        customer = draw.randint(1, 40)
        text = _said(draw, category)
        if number % 3 == 0:
            text += " " + _personal(draw, customer, number // 3)
        if number % 19 == 4:
            text = CLOSED
        if number % 29 == 6:
            text = "Thank you, it has come."
        if number % 17 == 9:
            text += "\nNote of the team: legal hold, do not forward."
        if channel == "mail" and number % 2 == 0:
            text += f"\n{FOOTER}"
        row = {"ticket": f"{channel}-{number + 1}", "customer": f"C-{1000 + customer}", "channel": channel, "category": category, "text": text}
        yield row
        if number % 23 == 12:  # sent again by somebody of the same house, one word changed
            again = text.replace("I ", "We ", 1)
            yield {**row, "ticket": f"{channel}-{number + 1}b", "customer": f"C-{1000 + customer % 40 + 1}", "text": again}


def _said(draw: Random, category: str) -> str:
    problems = PROBLEMS[category]
    parts = [*draw.sample(BEFORE, 2), *draw.sample(problems, min(2, len(problems))), *draw.sample(AFTER, 3)]
    words = {"day": draw.choice(DAYS), "hour": draw.randint(2, 11), "device": draw.choice(DEVICES), "number": draw.randint(10000, 99999)}
    return " ".join(parts).format(**words)


def _personal(draw: Random, customer: int, number: int) -> str:
    """What must be hidden. Numbers are of ranges that are kept for examples, or pass their checks and are nobody's."""
    given, family = GIVEN[customer % len(GIVEN)], FAMILY[customer // 2 % len(FAMILY)]
    mail, phone = f"{given}.{family}{customer}@post-{customer}.example".lower(), f"+44 7700 900{customer:03}"
    return (
        f"Write to {mail} or call {phone}.\nKind regards,\n{given} {family}",
        f"My card is {('4111 1111 1111 1111', '5555 5555 5555 4444')[customer % 2]}, and you may call {phone}.",
        f"The money should go to GB82 WEST 1234 5698 7654 32.\nBest regards,\n{given} {family}",
        f"My password: korb{customer}!Lampe{draw.randint(100, 999)} does not work either, so write to {mail}.",
        f"Date of birth: {1 + customer % 28:02}/0{1 + customer % 9}/19{50 + customer}. I ordered from 198.51.100.{customer}.",
    )[number % 5]


def main() -> None:
    """Write all files."""
    folder = Path(__file__).parent
    files: dict[Path, list[Row]] = {folder / "products" / f"{category}.jsonl": [] for category in KINDS}
    for category, row in products():
        files[folder / "products" / f"{category}.jsonl"].append(row)
    files[folder / "mails.jsonl"], files[folder / "chats.jsonl"] = [*tickets("mail", 2, 90)], [*tickets("chat", 3, 70)]
    for file, rows in files.items():
        file.parent.mkdir(exist_ok=True)
        file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


if __name__ == "__main__":
    main()
