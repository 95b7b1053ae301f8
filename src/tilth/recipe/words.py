"""The right word nearby."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant: the same but for case or its dashes, or else the most alike."""
    words = list(known)
    same = [one for one in words if _folded(one) == _folded(word)]
    alike = same or get_close_matches(word, words, n=1, cutoff=0.6)
    return alike[0] if alike else None


def nearest_step(word: str, known: Iterable[str]) -> str | None:
    """The same for `room.step`: a right step in a wrong room, or without one, is found first; then one whose room and
    own name are both near. A room alone means none of its steps."""
    names = list(known)
    room, _, last = word.rpartition(".")
    same = [name for name in names if last and name.rpartition(".")[2] == last]
    if same or not room:
        rooms = {name.partition(".")[0] for name in names}
        return same[0] if same else None if _folded(last) in rooms else nearest(word, names)
    meant = nearest(room, dict.fromkeys(name.partition(".")[0] for name in names))
    near = nearest(last, [name.partition(".")[2] for name in names if name.startswith(f"{meant}.")])
    return f"{meant}.{near}" if near else None


def did_you_mean(word: str | None) -> str:
    """The question, or nothing when no word is near."""
    return f"Did you mean `{word}`?" if word else ""


def sentences(*parts: str) -> str:
    """Those that say something, one after another."""
    return " ".join(part for part in parts if part)


def _folded(word: str) -> str:
    return word.lower().replace("-", "_")
