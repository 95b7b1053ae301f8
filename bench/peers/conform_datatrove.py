"""What datatrove's filters find in each document: `conform_datatrove.py FILE`, JSON lines of id and text in, of values out.

A filter tells one reason and no value. So its limits are `Probe`s: what the filter compares with one is the value, and the comparison
never fails. Then the filter is asked again as it is by default, for its reason.
"""

import json
import sys
from typing import Any

from datatrove.data import Document
from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
from loguru import logger


class Probe:
    """A limit that keeps what is compared with it."""

    def __init__(self) -> None:
        self.met: list[float | None] = []

    def __lt__(self, other: float) -> bool:
        self.met.append(float(other) if other == other else None)  # the mean of no words is no number
        return False

    __gt__ = __lt__

    def taken(self) -> list[float | None]:
        """What it has met since it was asked last."""
        met, self.met = self.met, []
        return met


def main() -> None:
    """Write a line for each document."""
    logger.remove()
    ratio, words, longest, short, lowest = Probe(), Probe(), Probe(), Probe(), Probe()
    bullets, ellipses, letters, stops = Probe(), Probe(), Probe(), Probe()
    tops, duplicates, segments = {n: Probe() for n in (2, 3, 4)}, {n: Probe() for n in range(5, 11)}, [Probe() for _ in range(4)]
    web = [Probe() for _ in range(4)]
    sentences = Probe()
    probed = {
        "gopher": GopherQualityFilter(words, longest, short, lowest, ratio, bullets, ellipses, letters, stops),
        "gopher_repetition": GopherRepetitionFilter(*segments, tuple(tops.items()), tuple(duplicates.items())),
        "c4": C4QualityFilter(min_num_sentences=sentences),
        "fineweb": FineWebQualityFilter(None, web[0], False, None, web[1], 30, web[2], web[3]),
    }
    usual = {
        "gopher": GopherQualityFilter(),
        "gopher_repetition": GopherRepetitionFilter(),
        "fineweb": FineWebQualityFilter(),
    }  # C4 is not asked again: its last rule is its only limit
    places = {
        "gopher": {
            "words": (words, 0),
            "mean_word_length": (short, 0),
            "hash_ratio": (ratio, 0),
            "ellipsis_ratio": (ratio, 1),
            "bullet_lines": (bullets, 0),
            "ellipsis_lines": (ellipses, 0),
            "alphabetic_words": (letters, 0),
            "stop_words": (stops, 0),
        },
        "gopher_repetition": {
            "duplicate_lines": (segments[0], 0),
            "duplicate_paragraphs": (segments[1], 0),
            "duplicate_line_characters": (segments[2], 0),
            "duplicate_paragraph_characters": (segments[3], 0),
            **{f"top_{n}_gram": (probe, 0) for n, probe in tops.items()},
            **{f"duplicate_{n}_grams": (probe, 0) for n, probe in duplicates.items()},
        },
        "c4": {"sentences": (sentences, 0)},
        "fineweb": {
            "ended_lines": (web[0], 0),
            "short_lines": (web[1], 0),
            "repeated_line_characters": (web[2], 0),
            "newline_ratio": (web[3], 0),
        },
    }
    every = [
        words,
        longest,
        short,
        lowest,
        ratio,
        bullets,
        ellipses,
        letters,
        stops,
        *tops.values(),
        *duplicates.values(),
        *segments,
        *web,
        sentences,
    ]
    with open(sys.argv[1], "rb") as file:
        for line in file:
            row = json.loads(line)
            told: dict[str, Any] = {"id": row["id"]}
            for name, one in probed.items():
                failed, answer = asked(one, row["text"])
                met = {probe: probe.taken() for probe in every}
                values = {rule: met[probe][place] if len(met[probe]) > place else None for rule, (probe, place) in places[name].items()}
                if name == "c4":  # the filter stops at either of these
                    values |= {"lorem_ipsum": int(answer == "lorem_ipsum"), "curly_brackets": int(answer == "curly_bracket")}
                if name == "fineweb":  # it tells whether there is a line, not how many
                    values["lines"] = int(answer != "empty")
                reason = asked(usual[name], row["text"])[1] if name in usual else answer or _few(values["sentences"])
                told[name] = {"values": values, "failed": failed, "reason": reason}
            sys.stdout.write(json.dumps(told) + "\n")


def _few(sentences: float | None) -> str:
    return "too_few_sentences" if sentences is not None and sentences < 5 else ""


def asked(one: Any, text: str) -> tuple[str, str]:
    """The error that a filter raises, and the reason that it tells; each empty if there is none."""
    try:
        answer = one.filter(Document(text=text, id=""))
    except ZeroDivisionError as error:
        return type(error).__name__, ""
    return "", "" if answer is True else answer[1]


if __name__ == "__main__":
    main()
