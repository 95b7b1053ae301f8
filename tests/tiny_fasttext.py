"""A fastText model in a file, made by hand: nothing is learned, and everything is known of it."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

WORDS = {"the": "eng_Latn", "and": "eng_Latn", "der": "deu_Latn", "und": "deu_Latn", "og": "nob_Latn", "ikkje": "nno_Latn"}


def write_model(path: Path, words: dict[str, str] = WORDS, supervised: bool = True) -> str:
    """A model in fastText's own format (version 12) that knows a few words, each a sure sign of a label.

    The parts: magic and version; arguments; dictionary of words and labels; the vectors of words (one for each, of
    the width of the labels); the matrix that makes scores of the mean vector."""
    labels = list(dict.fromkeys(words.values()))
    width = len(labels)
    ints = (width, 5, 5, 1, 5, 1, 3 if supervised else 1, 3 if supervised else 2, 0, 0, 0, 100)
    entries = [(word, 0) for word in ["</s>", *words]] + [(f"__label__{label}", 1) for label in labels]
    told = struct.pack("<ii12id", 793712314, 12, *ints, 1e-4)
    told += struct.pack("<iiiqq", len(entries), len(words) + 1, width, 100, -1)
    told += b"".join(name.encode() + b"\0" + struct.pack("<qb", 1, kind) for name, kind in entries)
    vectors = np.zeros((len(words) + 1, width), "<f4")
    for place, label in enumerate(words.values(), 1):
        vectors[place, labels.index(label)] = 20
    for matrix in (vectors, np.eye(width, dtype="<f4")):
        told += struct.pack("<?qq", False, *matrix.shape) + matrix.tobytes()
    path.write_bytes(told)
    return str(path)
