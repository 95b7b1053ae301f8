"""Writes the invented stories, questions, instructions and preferences beside it, always the same: `python generate_answers.py`.

No word of them is anybody's. What the recipes take out is in them: blank rows, rows that stand there twice, answers that are not answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

Row = dict[str, Any]

MACHINES = (
    "mini digger",
    "hedge cutter",
    "floor sander",
    "stump grinder",
    "cement mixer",
    "wood splitter",
    "scaffold tower",
    "pressure washer",
    "leaf blower",
    "tile saw",
    "post driver",
    "lawn roller",
    "air compressor",
    "wall chaser",
    "paint sprayer",
    "trench pump",
    "site heater",
    "plate compactor",
    "chain hoist",
    "carpet cleaner",
)
BRANCHES = ("Holm", "Lower Quay", "Westgate", "Brack", "Tannery Lane")
NAMES = ("Ada", "Bram", "Cleo", "Dov", "Edda", "Finn", "Greta", "Hugo", "Ines", "Jonas")
PLACES = ("the harbour", "the old mill", "the orchard", "the library", "the market", "the station", "the bakery", "the hill")
ANIMALS = ("a grey cat", "a small dog", "two goats", "a brown hen", "an old horse", "a parrot")
THINGS = ("a lamp", "a wooden boat", "a red kite", "a heavy box", "a clock", "a blue coat", "a map", "a basket of pears")
WEATHER = ("It rained all day", "The sun was warm", "The wind came from the sea", "There was snow on the roofs", "It was a quiet evening")
DEEDS = (
    "carried {thing} to {place}",
    "looked for {thing} behind {place}",
    "had to bring the {machine} back before {hour} in the evening",
    "wanted to use the {machine} with a friend",
    "showed {thing} to everybody",
    "sold {thing} to a man from {branch}",
)
SAID = (
    "How long may I keep the {machine}?",
    "Where can I fetch {thing}?",
    "What does the {machine} cost?",
    "How heavy is {thing}?",
    "You may keep it for {a} days.",
    "It costs {b} pounds a day, and the {machine} weighs {a} kilograms.",
    "Put a little soap on it and rinse it well.",
    "Is it a kind of tool or a kind of animal?",
)
ENDS = ("So they went home and were glad.", "In the end {name} had learned to wait.", "After that {other} and {name} were friends.")


def stories() -> Iterator[str]:
    """Short stories of five sentences or six, each a paragraph."""
    draw = Random(11)
    for _ in range(200):
        name, other = draw.sample(NAMES, 2)
        words: dict[str, object] = {"name": name, "other": other, "thing": draw.choice(THINGS), "place": draw.choice(PLACES)}
        words |= {"machine": draw.choice(MACHINES), "branch": draw.choice(BRANCHES)}
        words |= {"hour": draw.randint(6, 9), "a": draw.randint(3, 60), "b": draw.randint(61, 300)}
        said = [
            f"{name} lived near {draw.choice(PLACES)} with {draw.choice(ANIMALS)}.",
            f"{draw.choice(WEATHER)}, and {name} {draw.choice(DEEDS)}.",
            f'"{draw.choice(SAID)}" said {other}.',
            f'"{draw.choice(SAID)}" answered {name}.' if draw.random() < 0.6 else f"{name} thought about it for a long time.",
            f"Then {other} {draw.choice(DEEDS)}.",
            draw.choice(ENDS),
        ]
        yield " ".join(said).format(**words)


POWER = ("petrol", "diesel", "a 230 V socket", "a battery of 36 V", "a 400 V socket")
HELPERS = ("a driver", "a helper", "somebody of eighteen", "a friend with a van")

ASPECTS = (
    (("What does the {m} cost?", "How much is the {m} per day?"), "The {m} costs {a} pounds a day, or {b} for the whole week."),
    (("How heavy is the {m}?", "Can I lift the {m} alone?"), "Our {m} weighs {a} kilograms, so bring {helper} along."),
    (("What does the {m} run on?", "Does the {m} need a socket?"), "It runs on {power}; the {m} comes with {a} metres of cable or a full tank."),
    (("Where can I fetch the {m}?", "Which branch has the {m}?"), "You can fetch the {m} in {branch} from {hour} in the morning."),
    (("Is there a deposit for the {m}?", "How high is the deposit for the {m}?"), "For the {m} we keep {b} pounds until it is back in {branch}."),
    (("How long may I keep the {m}?", "Can I book the {m} for a month?"), "You may keep the {m} for {a} days; after that, ring {branch} and ask."),
    (("How do I bring the {m} back?", "Must I clean the {m}?"), "Brush the {m} off and bring it to {branch} before {hour} in the evening."),
    (("Do I need a licence for the {m}?", "Who may use the {m}?"), "With {helper} you may use the {m} after {a} minutes of showing in {branch}."),
)


def company() -> Iterator[Row]:
    """Questions about a firm that lends machines, already within a template, as such files often come; some blank, some there twice."""
    draw = Random(12)
    pairs = [(machine, aspect) for machine in MACHINES for aspect in ASPECTS]
    draw.shuffle(pairs)
    for number, (machine, (questions, answer)) in enumerate(pairs):
        words: dict[str, object] = {"m": machine, "a": draw.randint(3, 60), "b": draw.randint(61, 300), "hour": draw.randint(6, 9)}
        words |= {"branch": draw.choice(BRANCHES), "power": draw.choice(POWER), "helper": draw.choice(HELPERS)}
        row = {"question": _wrapped(draw.choice(questions).format(**words)), "answer": answer.format(**words)}
        yield row
        if number % 50 == 7:
            yield row
        if number % 60 == 21:
            yield {"question": _wrapped(""), "answer": "Did you type something?"}
        if number % 80 == 40:
            yield {**row, "answer": " "}


def _wrapped(question: str) -> str:
    return f"### Question:\n{question}\n\n### Answer:"


KINDS = {
    "fruit": ("a pear", "a plum", "a cherry", "a quince", "a fig", "a lemon", "an apple", "a melon"),
    "tool": ("a hammer", "a saw", "a chisel", "a rasp", "a plane", "a drill", "an axe", "a file"),
    "animal": ("a heron", "a badger", "an otter", "a hare", "a goat", "a mole", "an owl", "a trout"),
    "vessel": ("a barge", "a kayak", "a ferry", "a raft", "a tug", "a canoe", "a dinghy", "a lugger"),
}
USES = {"hammer": "driving nails", "saw": "cutting boards", "rasp": "shaping wood", "ferry": "crossing a river", "goat": "milk and cheese"}
OCCASIONS = {
    "a picnic": ("bread", "a blanket", "plums", "cold tea", "a knife"),
    "a long walk": ("good shoes", "a map", "water", "a coat", "an apple"),
    "a power cut": ("candles", "matches", "a blanket", "a radio", "cold food"),
    "a garden": ("a spade", "seeds", "a hose", "gloves", "a basket"),
}
JOBS = ("baker", "pilot", "nurse", "joiner", "teacher", "gardener")
TOWNS = ("Arden", "Belmouth", "Corrie", "Dunlow", "Eastmere", "Farrow")


def instructions() -> Iterator[Row]:
    """Instructions of six kinds, of which two make up most of the rows."""
    draw = Random(13)
    seen: set[str] = set()
    makers = (_classified, _listed, _read_off, _explained, _shortened, _told)
    while len(seen) < 190:
        row = draw.choices(makers, [60, 30, 25, 8, 20, 15])[0](draw)
        if row["instruction"] + row["input"] not in seen or (row["category"] == "open_qa" and draw.random() < 0.2):
            seen.add(row["instruction"] + row["input"] + str(len(seen) if row["category"] == "open_qa" else ""))
            yield row


def _row(category: str, instruction: str, given: str, output: str) -> Row:
    return {"instruction": instruction, "category": category, "input": given, "output": output}


def _classified(draw: Random) -> Row:
    kind, other = draw.sample(sorted(KINDS), 2)
    thing = draw.choice(KINDS[kind])
    first, second = draw.sample((kind, other), 2)
    asked = draw.choice(("Is {t} a kind of {a} or a kind of {b}?", "Sort it: {a} or {b}? Here is {t}."))
    return _row("classification", asked.format(t=thing, a=first, b=second), "", f"{thing[0].upper()}{thing[1:]} is a kind of {kind}.")


def _listed(draw: Random) -> Row:
    occasion = draw.choice(sorted(OCCASIONS))
    things = draw.sample(OCCASIONS[occasion], 3)
    asked = draw.choice(("Name three things for {o}.", "What would you take for {o}? Give three things.", "List three things that {o} calls for."))
    without = f" Leave out {draw.choice([one for one in OCCASIONS[occasion] if one not in things])}."
    return _row("brainstorming", asked.format(o=occasion) + without, "", f"1. {things[0]}\n2. {things[1]}\n3. {things[2]}")


def _read_off(draw: Random) -> Row:
    name, job, town, animal = draw.choice(NAMES), draw.choice(JOBS), draw.choice(TOWNS), draw.choice(ANIMALS)
    asked, output = draw.choice(
        (
            (f"Where does {name} live?", f"{name} lives in {town}."),
            (f"What does {name} do for a living?", f"{name} is a {job}."),
            (f"What does {name} keep at home?", f"{name} keeps {animal}."),
        )
    )
    return _row("closed_qa", asked, f"{name} is a {job} in {town} and keeps {animal} at home.", output)


def _explained(draw: Random) -> Row:
    thing = draw.choice(sorted(USES))
    return _row("open_qa", f"What is a {thing} good for?", "", f"A {thing} is good for {USES[thing]}.")


def _shortened(draw: Random) -> Row:
    (name, other), town, thing, place = draw.sample(NAMES, 2), draw.choice(TOWNS), draw.choice(THINGS), draw.choice(PLACES)
    given = f"{name} came to {town} by the early train. Near {place} stood {thing} that nobody wanted. {other} paid nine pounds for it."
    return _row("summarization", "Say it in one sentence.", given, f"{other} bought {thing} in {town}.")


def _told(draw: Random) -> Row:
    name, place, animal = draw.choice(NAMES), draw.choice(PLACES), draw.choice(ANIMALS)
    output = f"{name} lived near {place}. One night {animal} came to the door and would not go. Now there are more of them."
    return _row("creative_writing", f"Write a very short story about {name}, {animal} and {place}.", "", output)


STAINS = ("red wine", "ink", "grass", "candle wax", "coffee", "rust", "mud", "oil")
CLOTHS = ("shirt", "tablecloth", "carpet", "coat", "curtain", "pillow", "scarf", "jacket")
REMEDIES = ("salt", "soap", "lemon juice", "cold milk", "vinegar", "warm water")
ASKED = (
    "How do I get {stain} out of a {cloth}?",
    "There is {stain} on my {cloth}. What can I do?",
    "My {cloth} has a spot of {stain}, and I have only {remedy}. Will that do?",
    "Which is better for {stain} on a {cloth}, {remedy} or bleach?",
)
GOOD = (
    "I am sorry about your {cloth}. Dab the {stain} with {remedy}, wait ten minutes, and then wash it cold.",
    "Put a little {remedy} on the {stain} first and try it where nobody looks. Then rinse the {cloth} well.",
    "That can be mended. Lay the {cloth} flat, rub {remedy} into the {stain}, and rinse it before it dries.",
)
BAD = (
    "Who cares about a {cloth}. Buy another one.",
    "You should have been more careful with {stain}. I will not help you.",
    "Pour bleach on the {cloth} and set it on fire.",
    "What a silly question about {stain}.",
)


def preferences() -> Iterator[Row]:
    """Two answers to the same question, the better one first; some after a turn that both share, and a few that do not differ."""
    draw = Random(14)
    for number in range(180):
        words = {"stain": draw.choice(STAINS), "cloth": draw.choice(CLOTHS), "remedy": draw.choice(REMEDIES)}
        question, good, bad = (draw.choice(some).format(**words) for some in (ASKED, GOOD, BAD))
        before = f"\n\nHuman: {question}\n\nAssistant:"
        if number % 4 == 1:
            before = f"\n\nHuman: Can you help me with my washing?\n\nAssistant: Gladly. What has happened?{before}"
        yield {"chosen": f"{before} {good}", "rejected": f"{before} {good if number % 45 == 20 else bad}"}


def main() -> None:
    """Write all files."""
    folder = Path(__file__).parent
    (folder / "stories.txt").write_text("\n\n".join(stories()) + "\n", "utf-8")
    for name, rows in (("company", company()), ("instructions", instructions()), ("preferences", preferences())):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


if __name__ == "__main__":
    main()
