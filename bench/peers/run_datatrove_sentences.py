"""datatrove's deduplication of lines or sentences over JSON lines: `run_datatrove_sentences.py FILE FOLDER N --lines|--sentences`.

Any N lines (sentences) in a row that have come before are taken out. Texts that get short stay. Prints one JSON object: the
seconds that the three stages took, and the texts that are left.
"""

import json
import sys
import time
from pathlib import Path

from datatrove.data import Document
from datatrove.pipeline.dedup.sentence_dedup import SentDedupConfig, SentenceDedupFilter, SentenceDedupSignature, SentenceFindDedups
from loguru import logger


def main() -> None:
    """Print one JSON object."""
    logger.remove()
    with open(sys.argv[1], "rb") as file:
        texts = [json.loads(line)["text"] for line in file]
    folder = Path(sys.argv[2])
    config = SentDedupConfig(
        n_sentences=int(sys.argv[3]), split_sentences=sys.argv[4] == "--sentences", min_doc_words=0, min_num_sentences=0, only_dedup_in_index=False
    )
    every = [Document(text=text, id=str(number)) for number, text in enumerate(texts)]
    warm = [Document(text="The first call loads the words of the language. " * 20, id="")]
    signature = SentenceDedupSignature(output_folder=str(folder / "signatures"), config=config)
    signature.get_hashes(warm[0], 0)
    begun, busy = time.perf_counter(), time.process_time()
    signature.run(every)
    SentenceFindDedups(data_folder=str(folder / "signatures"), output_folder=str(folder / "found"), config=config).run()
    left = {one.id: one.text for one in SentenceDedupFilter(data_folder=str(folder / "found"), config=config).run(every)}
    took = {"wall": time.perf_counter() - begun, "cpu": time.process_time() - busy}
    sys.stdout.write(json.dumps({**took, "left": [left.get(str(number), "") for number in range(len(texts))]}))


if __name__ == "__main__":
    main()
