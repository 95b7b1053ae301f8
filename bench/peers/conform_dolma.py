"""What dolma's taggers `gopher_v2` and `c4_v2` find in each document: `conform_dolma.py FILE`, JSON lines of id and text in, of
values out. Taggers decide nothing, so there is no reason."""

import json
import sys
from typing import Any

from bare import stand_in

stand_in("dolma", "dolma.taggers")

from dolma.core.data_types import Document  # noqa: E402
from dolma.taggers.c4 import FasterC4Tagger  # noqa: E402
from dolma.taggers.gopher import GopherTaggerV2  # noqa: E402

GOPHER = {
    "words": "word_count",
    "median_word_length": "median_word_length",
    "symbol_words": "symbol_to_word_ratio",
    "alphabetic_words": "fraction_of_words_with_alpha_character",
    "stop_words": "required_word_count",
    "bullet_lines": "fraction_of_lines_starting_with_bullet_point",
    "ellipsis_lines": "fraction_of_lines_ending_with_ellipsis",
}
REPETITION = {
    "duplicate_lines": "fraction_of_duplicate_lines",
    "duplicate_line_characters": "fraction_of_characters_in_duplicate_lines",
    **{f"top_{n}_gram": f"fraction_of_characters_in_most_common_{n}grams" for n in (2, 3, 4)},
    **{f"duplicate_{n}_grams": f"fraction_of_characters_in_duplicate_{n}grams" for n in range(5, 11)},
}
C4 = {"curly_brackets": "has_curly_brace", "lorem_ipsum": "has_lorem_ipsum", "javascript": "has_javascript"}


def main() -> None:
    """Write a line for each document."""
    gopher, c4 = GopherTaggerV2(), FasterC4Tagger()
    with open(sys.argv[1], "rb") as file:
        for line in file:
            row = json.loads(line)
            document = Document(source="", version=None, id="", text=row["text"])
            found = {span.type: span.score for span in gopher.predict(document).spans}
            marked = {span.type for span in c4.predict(document).spans}
            told: dict[str, Any] = {
                "id": row["id"],
                "gopher": {"values": {rule: found.get(name) for rule, name in GOPHER.items()}},
                "gopher_repetition": {"values": {rule: found.get(name) for rule, name in REPETITION.items()}},
                "c4": {"values": {rule: int(name in marked) for rule, name in C4.items()}},
            }
            sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
