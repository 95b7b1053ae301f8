"""What NeMo Curator's heuristic filters find in each document: `conform_curator.py FILE`, JSON lines of id and text in, of values out.

Only the modules of these filters are loaded: the package imports ray, torch and its own cluster, which they do not use.
"""

import json
import sys
from typing import Any

from bare import stand_in

stand_in("nemo_curator", "nemo_curator.stages", "nemo_curator.stages.text", "nemo_curator.stages.text.filters")

from nemo_curator.stages.text.filters.heuristic import repetition, string  # noqa: E402


def filters() -> dict[str, dict[str, Any]]:
    """The filters of the English pipeline, under our names of what they measure."""
    top, duplicate = repetition.RepeatingTopNGramsFilter, repetition.RepeatingDuplicateNGramsFilter
    return {
        "gopher": {
            "symbol_words": string.SymbolsToWordsFilter(),
            "words": string.WordCountFilter(),
            "alphabetic_words": string.WordsWithoutAlphabetsFilter(),
            "stop_words": string.CommonEnglishWordsFilter(),
            "mean_word_length": string.MeanWordLengthFilter(),
            "ellipsis_lines": string.EllipsisFilter(),
            "bullet_lines": string.BulletsFilter(),
        },
        "gopher_repetition": {
            "unique_lines": repetition.RepeatedLinesFilter(),
            "unique_paragraphs": repetition.RepeatedParagraphsFilter(),
            "unique_line_characters": repetition.RepeatedLinesByCharFilter(),
            "unique_paragraph_characters": repetition.RepeatedParagraphsByCharFilter(),
            **{f"top_{n}_gram": top(n, limit) for n, limit in ((2, 0.2), (3, 0.18), (4, 0.16))},
            **{f"duplicate_{n}_grams": duplicate(n, (20 - n) / 100) for n in range(5, 11)},
        },
        "c4": {
            "boilerplate": string.BoilerPlateStringFilter(),
            "unended_lines": string.PunctuationFilter(),
            "longest_word": string.LongWordFilter(),
        },
    }


def main() -> None:
    """Write a line for each document: of each set of rules the values, the errors, and the first filter that drops."""
    every = filters()
    with open(sys.argv[1], "rb") as file:
        for line in file:
            row = json.loads(line)
            told: dict[str, Any] = {"id": row["id"]}
            for name, some in every.items():
                values, errors, reason = {}, {}, ""
                for rule, one in some.items():
                    try:
                        values[rule] = one.score_document(row["text"])
                    except (ZeroDivisionError, ValueError) as error:
                        values[rule], errors[rule] = None, type(error).__name__
                        continue
                    reason = reason or ("" if one.keep_document(values[rule]) else rule)
                told[name] = {"values": values, "errors": errors, "reason": reason}
            sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
