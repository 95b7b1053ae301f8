"""Tokenizers of several kinds, trained on a few sentences, in folders as Transformers reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from tilth.fakes.sentences import SENTENCES

ROLES = {"pad_token": "<|pad|>", "bos_token": "<s>", "eos_token": "</s>"}
SPECIALS = ["<|pad|>", "<s>", "</s>", "<unk>", "<|im_start|>", "<|im_end|>", "<|user|>", "<|assistant|>", "[INST]", "[/INST]"]
KINDS = ("bytes", "composed bytes", "pieces", "pieces after a blank", "words")


def make(kind: str, folder: Path, **roles: str | None) -> Path:
    """Write a tokenizer of a kind: byte-level BPE; the same after composing accents; Unigram with Metaspace, whose blank stands before the
    first piece or before every piece; WordPiece in lower case. `roles` change or, with None, take away a role."""
    made = _trained(kind)
    folder.mkdir(parents=True, exist_ok=True)
    made.save(str(folder / "tokenizer.json"))
    told = {name: token for name, token in {**ROLES, **roles}.items() if token is not None}
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", **told}))
    return folder


def _trained(kind: str) -> Any:
    specials = [AddedToken(token, special=True, normalized=False) for token in SPECIALS]
    if "bytes" in kind:
        made = Tokenizer(models.BPE())
        made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
        made.normalizer = normalizers.NFC() if kind == "composed bytes" else None
        trainer = trainers.BpeTrainer(
            vocab_size=400, special_tokens=specials, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
        )
    elif "pieces" in kind:
        made, scheme = Tokenizer(models.Unigram()), "always" if kind == "pieces after a blank" else "first"
        made.pre_tokenizer, made.decoder = pre_tokenizers.Metaspace(prepend_scheme=scheme), decoders.Metaspace(prepend_scheme=scheme)
        trainer = trainers.UnigramTrainer(vocab_size=120, special_tokens=specials, unk_token="<unk>", show_progress=False)
    else:
        made = Tokenizer(models.WordPiece(unk_token="<unk>"))
        made.normalizer, made.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
        made.decoder = decoders.WordPiece()
        trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=specials, show_progress=False)
    made.train_from_iterator([*SENTENCES, "###:\n\n\n 0123456789"] * 3, trainer)
    return made
