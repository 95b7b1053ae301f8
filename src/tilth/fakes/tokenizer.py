"""A tiny tokenizer: written, not learned, by plain Python; real in every other way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tilth.model.spelling import alphabet

PAD, END = "<|pad|>", "<|endoftext|>"
MERGES = (("t", "h"), ("th", "e"), ("Ġ", "the"), ("a", "t"), ("o", "n"), ("Ġ", "on"), ("i", "n"), ("a", "n"), ("an", "d"), ("Ġ", "and"))
"""Ġ is a blank, as byte-level tokenizers write it."""


def tiny_tokenizer(folder: Path) -> Path:
    """Write a byte-level BPE tokenizer of 268 tokens: pad, end of text, 256 bytes, ten merges."""
    names = [PAD, END, *alphabet(), *("".join(pair) for pair in MERGES)]
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    bytewise: dict[str, Any] = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    model = {"type": "BPE", "vocab": {name: number for number, name in enumerate(names)}, "merges": [list(pair) for pair in MERGES]}
    nothing = dict.fromkeys(("truncation", "padding", "normalizer", "post_processor"))
    specials = [{"id": number, "content": name, **flags} for number, name in enumerate((PAD, END))]
    whole = {"version": "1.0", "added_tokens": specials, "pre_tokenizer": bytewise, "decoder": bytewise, "model": model, **nothing}
    roles = {"pad_token": PAD, "bos_token": END, "eos_token": END}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.json").write_text(json.dumps(whole), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", **roles}), encoding="utf-8")
    return folder
