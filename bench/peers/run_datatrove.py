"""datatrove's filters over JSON lines, in the order of FineWeb: `run_datatrove.py FILE --each|--path`.

`--path` times one way through the filters, where a document goes on to the next filter only if it stays.
`--each` times nothing and tells of each filter by itself which documents it drops, and why.
"""

import json
import sys
import time
from typing import Any

from datatrove.data import Document
from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
from loguru import logger


def filters() -> dict:
    """One filter for each of our sets of rules, with the settings of FineWeb."""
    return {
        "gopher_repetition": GopherRepetitionFilter(),
        "gopher": GopherQualityFilter(),
        "c4": C4QualityFilter(filter_no_terminal_punct=False),
        "fineweb": FineWebQualityFilter(),
    }


def reason(answer: Any) -> str:
    """Why a document falls; nothing where it stays."""
    return "" if answer is True else answer[1] if isinstance(answer, tuple) else "dropped"


def main() -> None:
    """Print one JSON object."""
    logger.remove()
    with open(sys.argv[1], "rb") as file:
        texts = [json.loads(line)["text"] for line in file]
    every = filters()
    for one in every.values():
        one.filter(Document(text="The first call loads the words of the language. " * 20, id=""))
    if sys.argv[2] == "--each":
        sys.stdout.write(json.dumps({name: [reason(one.filter(Document(text=text, id=""))) for text in texts] for name, one in every.items()}))
        return
    begun, busy = time.perf_counter(), time.process_time()
    stay = 0
    for text in texts:
        document = Document(text=text, id="")
        stay += all(one.filter(document) is True for one in every.values())
    sys.stdout.write(json.dumps({"wall": time.perf_counter() - begun, "cpu": time.process_time() - busy, "kept": stay}))


if __name__ == "__main__":
    main()
