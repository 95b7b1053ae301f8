"""Evaluation items planted in real documents, exactly and with small edits, and documents that only look as if they had any."""

import gzip
import json
import random
import re
import string
from dataclasses import dataclass

import pyarrow as pa

from tests.text.twins import DATA

PREAMBLE = (
    "Below you find a task that somebody wrote down, with some more context where the task needs it. "
    "Write an answer that does all of what is asked for and nothing else.\n\n### Instruction:\n"
)
"""The wrapper of every question of one set: 31 words before the question begins."""

EACH = 150
"""So many items are planted in each way."""

NOTICE = "Statements on this page have not been evaluated by any public authority and are not meant to replace the advice of a professional."
"""A notice that stands under many pages, and in some items."""


@dataclass(frozen=True)
class Item:
    """An evaluation item: the question as it is asked, and the answer."""

    question: str
    answer: str

    @property
    def both(self):
        """Question and answer as a page would have them."""
        return f"{self.question}\n{self.answer}"


def there():
    """Whether the documents are here."""
    return (DATA / "instructions").is_dir() and (DATA / "web").is_dir()


def lines(name):
    return [json.loads(line) for line in gzip.open(DATA / name, "rt")]


def sets():
    """Three evaluation sets, and for each items of the same kind that are not in it."""
    dolly = [Item(one["instruction"], one["output"]) for one in lines("instructions/dolly_3k.jsonl.gz")]
    alpaca = [Item(f"{PREAMBLE}{one['instruction']} {one['input']}", one["output"]) for one in lines("instructions/alpaca_5000.jsonl.gz")]
    lamini = [Item(one["question"], one["answer"]) for one in lines("instructions/lamini_docs.jsonl.gz")]
    named = {"dolly": dolly, "alpaca": alpaca, "lamini": lamini}
    asked = {name: {item.question for item in some[::2]} for name, some in named.items()}
    others = {name: [item for item in some[1::2] if item.question not in asked[name]] for name, some in named.items()}
    return {name: some[::2] for name, some in named.items()}, others


def table(items):
    """A set as a dataset has it."""
    return pa.table({"question": [item.question for item in items], "answer": [item.answer for item in items]})


def documents():
    """Real pages, and articles of an encyclopedia of at least 1,000 characters."""
    pages = [one["text"] for one in lines("web/c4_sample_1000.jsonl.gz")]
    files = sorted((DATA / "encyclopedia").glob("en_wiki_*.txt.gz"))
    articles = [one.strip() for file in files for one in re.findall(r"<doc[^>]*>(.*?)</doc>", gzip.open(file, "rt").read(), re.S)]
    return pages, [one for one in articles if len(one) >= 1000]


def edited(text, every, draw, drop):
    """Every so manieth word dropped, or replaced by another one of the text."""
    words = text.split(" ")
    kept = [None if number % every == every - 1 and drop else word for number, word in enumerate(words)]
    return " ".join(draw.choice(words) if number % every == every - 1 and not drop else word for number, word in enumerate(kept) if word is not None)


def shouted(text):
    """Capital letters, no punctuation, other white space."""
    return text.upper().translate(str.maketrans("", "", string.punctuation)).replace(" ", "  ").replace("\n", "\t")


def bare(question):
    """A question without the wrapper of its set."""
    return re.sub(r"### \w+:", "", question.removeprefix(PREAMBLE)).strip()


WAYS = {
    "exact, question and answer": lambda item, draw: item.both,
    "exact, without the wrapper": lambda item, draw: f"{bare(item.question)}\n{item.answer}",
    "question only": lambda item, draw: item.question,
    "answer only": lambda item, draw: item.answer,
    "case, punctuation, white space": lambda item, draw: shouted(item.both),
    "every 20th word dropped": lambda item, draw: edited(item.both, 20, draw, drop=True),
    "every 12th word replaced": lambda item, draw: edited(item.both, 12, draw, drop=False),
    "every 10th word dropped": lambda item, draw: edited(item.both, 10, draw, drop=True),
}
"""How an item gets into a document."""

LONG = 13
"""Question only, answer only: of items whose question (without its wrapper), or answer, has so many words. Shorter ones are no
more than phrases."""


@dataclass(frozen=True)
class Planted:
    """Rows, of which each is of a kind; and for each the question of the item that it has, or None."""

    texts: list[str]
    kinds: list[str]
    items: list[str | None]

    def add(self, kind, text, item=None):
        self.texts.append(text)
        self.kinds.append(kind)
        self.items.append(item)


def planted(evaluation, others, seed=3, each=EACH):
    """Documents with items in each way; and clean ones, among them items of the same sets that are not evaluated, in the same wrapper."""
    draw, (pages, articles) = random.Random(seed), documents()
    rows = Planted([], [], [])
    free = [item for some in evaluation.values() for item in some if len(item.both.split()) >= LONG]
    draw.shuffle(free)
    for way, plant in WAYS.items():
        for _ in range(each):
            item = next(item for item in free if _long_enough(way, item))
            free.remove(item)
            host = draw.choice(pages)
            place = host.find("\n", draw.randrange(len(host))) + 1
            rows.add(way, f"{host[:place]}\n{plant(item, draw)}\n{host[place:]}", item.question)
    for page in pages:
        rows.add("web pages", page)
    for article in articles:
        rows.add("articles", article)
    for name, some in others.items():
        for item in draw.sample(some, 2 * each):
            rows.add(f"other items of {name}", item.both)
    for page in draw.sample(pages, each):
        rows.add("pages with a notice that items have", f"{page}\n{NOTICE}")
    return rows


def _long_enough(way, item):
    return len((bare(item.question) if way == "question only" else item.answer if way == "answer only" else item.both).split()) >= LONG


def noticed(evaluation):
    """The sets, with a notice under the question of five items of each."""
    return {name: [Item(f"{item.question}\n{NOTICE}", item.answer) for item in some[:5]] + some[5:] for name, some in evaluation.items()}


def any_ngram(evaluation, texts, length):
    """What is dropped where any run of so many words of an item is enough: in lower case, without punctuation."""
    strip = str.maketrans("", "", string.punctuation)

    def runs(text):
        words = text.lower().translate(strip).split()
        return {tuple(words[place : place + length]) for place in range(len(words) - length + 1)}

    sought = {run for some in evaluation.values() for item in some for run in runs(item.question) | runs(item.answer)}
    return [not runs(text).isdisjoint(sought) for text in texts]
