"""Tokenizers learned from text: byte-level BPE, Unigram, WordPiece; numbered the same in every process."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from tilth.model.checkpoint import sync

Algorithm = Literal["bpe", "unigram", "wordpiece"]
CONTINUES = "##"
"""What a piece that continues a word begins with, in WordPiece."""
PENALTY = 1e-4
"""The step between the scores that tokenizers gives to characters its Unigram training did not keep."""


@dataclass(frozen=True)
class Plan:
    """What kind of tokenizer is wanted."""

    algorithm: Algorithm
    vocab_size: int
    min_frequency: int
    specials: tuple[str, ...]
    unknown: str | None


def learn(plan: Plan, texts: Callable[[], Iterable[str]]) -> Tokenizer:
    """Learn a tokenizer. `texts` gives the texts anew each time it is called."""
    makers: Mapping[str, Callable[[Plan, Callable[[], Iterable[str]]], Tokenizer]] = {"bpe": _bpe, "unigram": _unigram, "wordpiece": _wordpiece}
    return makers[plan.algorithm](plan, texts)


def _bpe(plan: Plan, texts: Callable[[], Iterable[str]]) -> Tokenizer:
    """Byte-level: all 256 bytes are in the alphabet, so nothing is unknown. Equal in every process as it is."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=plan.vocab_size,
        min_frequency=plan.min_frequency,
        special_tokens=list(plan.specials),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts(), trainer)
    return tokenizer


def _unigram(plan: Plan, texts: Callable[[], Iterable[str]]) -> Tokenizer:
    """Pieces with scores; ▁ stands for a blank, and no piece crosses the end of a line. Sums run in hash order, so scores differ in the
    last digits from one process to the next, and the scores of rare characters are dealt out at random."""
    tokenizer = Tokenizer(models.Unigram())
    lines = pre_tokenizers.Split("\n", "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([lines, pre_tokenizers.Metaspace(prepend_scheme="never")])
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="never")
    trainer = trainers.UnigramTrainer(vocab_size=plan.vocab_size, special_tokens=list(plan.specials), unk_token=plan.unknown, show_progress=False)
    tokenizer.train_from_iterator(texts(), trainer)
    made = json.loads(tokenizer.to_str())
    learned = {piece: score for piece, score in made["model"]["vocab"] if piece not in plan.specials}
    pieces = canonical_unigram(learned)
    made["model"]["vocab"] = [[special, 0.0] for special in plan.specials] + [[piece, score] for piece, score in pieces]
    return Tokenizer.from_str(json.dumps(made))


def canonical_unigram(pieces: Mapping[str, float]) -> list[tuple[str, float]]:
    """Pieces by falling score, equal ones by their letters: scores rounded to nine digits, and those of the
    characters that training did not keep (lowest score plus 0, 1, 2 … times 0.0001) dealt out by their letters."""
    if not pieces:
        return []
    lowest = min(pieces.values())
    dealt = sorted(piece for piece, score in pieces.items() if len(piece) == 1 and _on_ladder(score - lowest))
    rungs = sorted(round(pieces[piece], 9) for piece in dealt)
    settled = {piece: round(score, 9) for piece, score in pieces.items()} | dict(zip(dealt, rungs, strict=True))
    return sorted(settled.items(), key=lambda pair: (-pair[1], pair[0]))


def _on_ladder(above: float) -> bool:
    return abs(above / PENALTY - round(above / PENALTY)) < 1e-6


def _wordpiece(plan: Plan, texts: Callable[[], Iterable[str]]) -> Tokenizer:
    """Merges as in BPE, matched longest first; blanks are not kept. tokenizers numbers the letters inside
    words in hash order and breaks ties by number, so the letters are given to it in order, as if special."""
    letters = _letters(texts(), at_most=(plan.vocab_size - len(plan.specials)) // 4)
    alphabet = [*letters, *(CONTINUES + letter for letter in letters)]
    scratch = Tokenizer(models.WordPiece(unk_token=plan.unknown))
    scratch.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=plan.vocab_size,
        min_frequency=plan.min_frequency,
        special_tokens=[*plan.specials, *alphabet],
        initial_alphabet=letters,
        limit_alphabet=len(letters),
        show_progress=False,
    )
    scratch.train_from_iterator(texts(), trainer)
    vocabulary = json.loads(scratch.to_str())["model"]["vocab"]
    tokenizer = Tokenizer(models.WordPiece(vocab=vocabulary, unk_token=plan.unknown))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix=CONTINUES)
    tokenizer.add_special_tokens(list(plan.specials))
    return tokenizer


def _letters(texts: Iterable[str], at_most: int) -> list[str]:
    """The most frequent letters in the order of their code points; others become the unknown token."""
    found: Counter[str] = Counter()
    for text in texts:
        found.update(text)
    ranked = sorted((letter for letter in found if not letter.isspace()), key=lambda letter: (-found[letter], letter))
    return sorted(ranked[:at_most])


def save(tokenizer: Tokenizer, roles: Mapping[str, str], folder: Path) -> None:
    """Write the two files that `transformers.AutoTokenizer` loads."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    said: dict[str, Any] = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    said |= {f"{role}_token": token for role, token in roles.items()}
    (folder / "tokenizer_config.json").write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for file in (folder / "tokenizer.json", folder / "tokenizer_config.json"):
        sync(file)
