"""Made biographies of one template, which differ in facts alone, and copies of them that say the same.

Each person has a text of some 300 words, of which a dozen are facts. `people` draws persons who all differ; `variants` gives
for one person those who differ in one fact alone; `copies` the same person with other case, white space, punctuation, or a
plain word left out. Nothing depends on the day.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

GIVEN = "Ada Boris Clara Dmitri Elena Farid Greta Hugo Irina Jonas Karin Louis Maria Nadia Oscar Petra Ravi Sofia Tomas Vera".split()
FAMILY = (
    "Almeida Bauer Castro Dubois Eriksson Fischer Garcia Haddad Ivanov Jensen Kovacs Lambert Moreau Novak Okafor Petrov Rossi Silva Tanaka".split()
)
PLACES = "Aarhus Bilbao Cardiff Dresden Essen Florence Ghent Haifa Izmir Jena Krakow Lyon Malmo Nantes Oslo Porto Quito Riga Seville Turin".split()

TEMPLATE = """{given} {family} grew up in a small house at the edge of the town, where the family kept a workshop and a few animals. \
The school was an hour away on foot, and in winter the road was often closed for weeks. In {place}, where {given} {family} was born in \
{born}, there was then neither a library nor a theatre, and books had to be borrowed from the priest and from a retired officer who lived \
near the station.

After school came the years of training. The teachers were strict but fair, and they remembered a quiet pupil who asked more questions than \
the others and who stayed in the laboratory until the lamps were put out. The first paper was written in the evenings, between the work at \
the bench and the work at home, and it was sent back twice before it was printed. It is still read today by those who begin in the field, \
for it says in plain words what others had hidden behind long formulas. The move to the university of {city} followed in {moved}, and with \
it the first steady income, a room with a stove, and the company of people who cared about the same things.

The later work is well known. It fills {volumes} volumes, and it has been translated many times. What is less known is how much of it was \
done together with others, who were named on every page and paid from the same purse. There were prizes, which were given away, and there \
were offers from abroad, which were declined. Asked about the reasons, the answer was always the same: that the work could be done \
anywhere, but that the garden could not be moved.

The last years were spent in the old house, with failing eyes but a clear head. Visitors were received on the bench in front of the door, \
and nobody was sent away without an answer and a cup of tea. The papers are kept in the archive of the town, where they can be read by \
anyone who asks. Every spring the pupils of the school come with flowers, and one of them reads aloud from the letters. {given} lies \
buried under the lime trees behind the church, as had been wished."""


@dataclass(frozen=True)
class Person:
    """The facts of one person."""

    given: str
    family: str
    place: str
    city: str
    born: int
    moved: int
    volumes: int

    def text(self) -> str:
        """The biography."""
        return TEMPLATE.format(**vars(self))


def people(count: int, draw: random.Random) -> list[Person]:
    """So many persons, no two alike."""
    found: dict[Person, None] = {}
    while len(found) < count:
        born = draw.randint(1800, 1950)
        names = draw.choice(GIVEN), draw.choice(FAMILY), *draw.sample(PLACES, 2)
        found[Person(*names, born, born + draw.randint(20, 40), draw.randint(3, 40))] = None
    return list(found)


def variants(person: Person, draw: random.Random) -> Iterator[tuple[str, Person]]:
    """For each kind of fact a person who differs in it alone."""
    for kind, choice in {"given": GIVEN, "family": FAMILY, "place": PLACES, "city": PLACES}.items():
        yield kind, replace(person, **{kind: draw.choice([one for one in choice if one not in vars(person).values()])})
    yield "born", replace(person, born=person.born - draw.randint(1, 9))
    yield "moved", replace(person, moved=person.moved + 50)
    yield "volumes", replace(person, volumes=person.volumes + 40)


def copies(text: str, draw: random.Random) -> Iterator[tuple[str, str]]:
    """For each kind of change the same text changed."""
    words = text.split(" ")
    yield "exact", text
    yield "case", text.upper() if draw.random() < 0.5 else text.lower()
    yield "white space", text.replace("\n\n", "\n").replace(". ", ".  ")
    yield "punctuation", text.replace(",", "").replace(":", " -")
    plain = [place for place, word in enumerate(words) if word.isalpha() and word.islower() and not words[place - 1].endswith((".", "\n"))]
    gone = set(draw.sample(plain, 3))
    yield "words left out", " ".join(word for place, word in enumerate(words) if place not in gone)
    yield "end cut off", text[: int(len(text) * 0.9)].rsplit(" ", 1)[0]
