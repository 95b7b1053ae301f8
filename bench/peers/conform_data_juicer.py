"""What Data-Juicer's four filters of characters measure in each document: `conform_data_juicer.py FILE`, JSON lines of id and text in,
of values out. Each filter stands as it comes, for characters and not for a model's tokens."""

import json
import sys

from data_juicer.ops.filter.alphanumeric_filter import AlphanumericFilter
from data_juicer.ops.filter.character_repetition_filter import CharacterRepetitionFilter
from data_juicer.ops.filter.special_characters_filter import SpecialCharactersFilter
from data_juicer.ops.filter.word_repetition_filter import WordRepetitionFilter
from data_juicer.utils.constant import Fields

FILTERS = {
    "alphanumeric_share": AlphanumericFilter(),
    "special_share": SpecialCharactersFilter(),
    "character_repetition": CharacterRepetitionFilter(),
    "word_repetition": WordRepetitionFilter(),
}


def main() -> None:
    """Write a line for each document."""
    with open(sys.argv[1], "rb") as file:
        for line in file:
            row = json.loads(line)
            values = {}
            for rule, operator in FILTERS.items():
                (stats,) = operator.compute_stats_batched({"text": [row["text"]], Fields.stats: [{}]})[Fields.stats]
                (values[rule],) = stats.values()
            sys.stdout.write(json.dumps({"id": row["id"], "characters": {"values": values}}) + "\n")


if __name__ == "__main__":
    main()
