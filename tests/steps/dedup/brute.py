"""Near-duplicates by brute force, and documents with copies planted among them whose true similarity is known."""

import gzip
import json
import random
import re
from collections import Counter, defaultdict

from tests.text.twins import DATA, shingled

MADE_WORDS = [a + b + c for a in ("", "ba", "do", "ki", "lu") for b in ("ran", "sel", "tim", "von") for c in ("", "der", "gis", "mo", "ta")]


def jaccard(one, other):
    """The similarity of two texts, by plain sets."""
    ones, others = shingled(one), shingled(other)
    return len(ones & others) / len(ones | others) if ones or others else 0.0


def greedy(texts, limit):
    """Row by row, in favour of which kept row each falls (the most similar, of equal ones the first): its number and their
    similarity; and (−1, the greatest similarity to a kept row) for one that is kept. Every pair that shares a shingle is counted."""
    holders, sizes, told = defaultdict(list), {}, []
    for row, text in enumerate(texts):
        mine = shingled(text)
        both = Counter(holder for one in mine for holder in holders[one])
        near = [(-common / (len(mine) + sizes[kept] - common), kept) for kept, common in both.items()]
        alike, kept = min(near, default=(0.0, -1))
        falls = bool(near) and -alike >= limit
        told.append((kept if falls else -1, abs(alike)))
        if not falls:
            sizes[row] = len(mine)
            for one in mine:
                holders[one].append(row)
    return told


def made_documents(count, draw):
    """Texts of made-up words, of 30 to 400 of them, in paragraphs."""
    return ["\n\n".join(sentence(draw, draw.randint(10, 80)) for _ in range(draw.randint(3, 5))) for _ in range(count)]


def sentence(draw, words):
    return " ".join(draw.choice(MADE_WORDS) for _ in range(words)).capitalize() + "."


def real_documents():
    """Web pages, encyclopedia articles (two languages), chapters, stories; nothing where the data is not here."""
    if not (DATA / "web/c4_sample_1000.jsonl.gz").exists():
        return []
    found = [json.loads(line)["text"] for line in gzip.open(DATA / "web/c4_sample_1000.jsonl.gz", "rt")]
    for name in ("en_wiki_00", "en_wiki_03", "en_wiki_07", "zh_wiki_00"):
        found += re.findall(r"<doc [^>]*>\n(.*?)</doc>", read(f"encyclopedia/{name}.txt.gz"), re.DOTALL)
    for book in sorted((DATA / "books").glob("*.txt.gz")):
        found += cut(read(f"books/{book.name}").split("\n\n"), 60)
    found += cut(read("stories/tinystories.txt.gz").split("\n"), 30)
    return [text[:3000] for text in found]


def read(name):
    return gzip.open(DATA / name, "rt").read()


def cut(pieces, length):
    """Documents of so many pieces."""
    return ["\n\n".join(pieces[start : start + length]) for start in range(0, len(pieces), length)]


def edited(text, draw):
    """Up to one word in ten is another."""
    words, share = text.split(" "), draw.uniform(0, 0.1)
    return " ".join(draw.choice(MADE_WORDS) if draw.random() < share else word for word in words)


def reordered(text, draw):
    """The same paragraphs in another order."""
    paragraphs = [one for one in text.split("\n") if one.strip()]
    draw.shuffle(paragraphs)
    return "\n".join(paragraphs)


def truncated(text, draw):
    """A part of the text, from its beginning."""
    return text[: int(len(text) * draw.uniform(0.5, 1))]


def framed(text, draw):
    """The text, or the first half of it, with the same words around it that others have."""
    return f"{FRAME}\n{text[: len(text) // draw.randint(1, 2)]}\n{FRAME}"


FRAME = sentence(random.Random(0), 70)


def planted(documents, share, draw):
    """The documents and, anywhere among them, changed copies of a share of them."""
    chosen = draw.sample(documents, int(share * len(documents)))
    mixed = [*documents, *(draw.choice([edited, edited, edited, reordered, truncated, framed])(text, draw) for text in chosen)]
    draw.shuffle(mixed)
    return mixed
