"""What DCLM's filters would find in each document: `conform_dclm.py FILE`, JSON lines of id and text in, of values out.

DCLM is no package, so this is its definition written anew in the plainest Python, after baselines/mappers/filters/content_filters.py and
core_utils.py; words are found by uniseg, as there. It is a second reading of the definition, and not the tool itself.
"""

import json
import re
import sys
from collections import Counter
from typing import Any

from uniseg.wordbreak import words as uniseg_words

STOP_WORDS = {"the", "be", "to", "of", "and", "that", "have", "with"}


def gopher(text: str) -> dict[str, float | None]:
    """The measures of words and of the ends of lines."""
    words, lines = text.split(), [line.strip() for line in re.split("\n", text) if line.strip()]
    fasttext = [word for word in re.split("[\0\t\n\x0b\x0c\r ]+", text) if word]
    count = len(words)
    return {
        "words": sum(word[0].isalnum() for word in fasttext),
        "mean_word_length": sum(map(len, words)) / count if count else None,
        "symbol_ratio": sum(text.count(symbol) for symbol in ("#", "...", ". . .", "…")) / count if count else None,
        "bullet_lines": sum(line[0] in "●•*-" for line in lines) / len(lines) if lines else None,
        "ellipsis_lines": sum(line.endswith(("...", ". . .", "…")) for line in lines) / len(lines) if lines else None,
        "non_alphabetic_words": sum(not any(map(str.isalpha, word)) for word in words) / count if count else None,
        "stop_words": sum(word.lower() in STOP_WORDS for word in words),
    }


def repetition(text: str) -> dict[str, float | None]:
    """The measures of what is said again."""
    values: dict[str, float | None] = {}
    for name, end in (("line", "\n"), ("paragraph", "\n\n")):
        segments = [segment.strip() for segment in re.split(end, text) if segment.strip()]
        repeated = [segment for segment, count in Counter(segments).items() if count > 1 for _ in range(count)]
        # The filter drops a text without any: its share is said to be 1.
        values[f"duplicate_{name}s"] = len(repeated) / len(segments) if segments else 1
        values[f"duplicate_{name}_characters"] = sum(map(len, repeated)) / sum(map(len, segments)) if segments else 1
    words = [word for word in uniseg_words(text) if word[0].isalnum()]
    characters = sum(map(len, words))
    for n in range(2, 11):
        grams = list(zip(*(words[start:] for start in range(n)), strict=False))
        name = f"top_{n}_gram" if n < 5 else f"duplicate_{n}_grams"
        values[name] = (_top(grams) if n < 5 else _union(grams, words)) / characters if grams else None
    return values


def _top(grams: list[tuple[str, ...]]) -> int:
    counts = Counter(grams)
    most = max(counts.values())
    return 0 if most == 1 else most * max(sum(map(len, gram)) for gram, count in counts.items() if count == most)


def _union(grams: list[tuple[str, ...]], words: list[str]) -> int:
    counts = Counter(grams)
    places = {place + word for place, gram in enumerate(grams) if counts[gram] > 1 for word in range(len(gram))}
    return sum(len(words[place]) for place in places)


def main() -> None:
    """Write a line for each document."""
    with open(sys.argv[1], "rb") as file:
        for line in file:
            row = json.loads(line)
            told: dict[str, Any] = {"id": row["id"]}
            told["gopher"] = {"values": gopher(row["text"])}
            told["gopher_repetition"] = {"values": repetition(row["text"])}
            sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
