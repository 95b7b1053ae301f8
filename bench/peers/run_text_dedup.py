"""text-dedup's MinHash as its command line runs it: `run_text_dedup.py FILE FOLDER SIMILARITY [OPTION …]`; `--kept FOLDER` prints what stayed."""

import json
import sys

from datasets import load_from_disk
from text_dedup.minhash import main as minhash

SETTINGS = ["--ngram", "5", "--batch_size", "10000", "--num_proc", "1"]


def main() -> None:
    """Run it, or print the numbers of the rows that stayed."""
    if sys.argv[1] == "--kept":
        sys.stdout.write(json.dumps(load_from_disk(sys.argv[2])["number"]))
        return
    source, folder, similarity, *more = sys.argv[1:]
    sys.argv = ["minhash", "--path", "json", "--data_files", source, "--split", "train", "--column", "text", "--threshold", similarity]
    sys.argv += ["--cache_dir", f"{folder}/cache", "--output", f"{folder}/out", *SETTINGS, *more]
    minhash()


if __name__ == "__main__":
    main()
