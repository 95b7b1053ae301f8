"""Other people's texts, shown so that they can do nothing but be read.

Markup is escaped; control characters, direction overrides and characters without a picture are
written out; texts of any length take a bounded place. Joiners (U+200C, U+200D) stay, for Persian,
Indic scripts and emoji need them.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from markupsafe import Markup, escape

from tilth.report.numbers import count

_UNSEEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f"
)
_CONTROLS = "NUL SOH STX ETX EOT ENQ ACK BEL BS TAB LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US".split()
_ONE = re.compile(f"[{_UNSEEN}]")
_RUN_OR_PIECE = re.compile(f"([{_UNSEEN}])\\1*|[^{_UNSEEN}]{{1,64}}")
_WORD = re.compile(r"\w+|\s|[^\w\s]")
_SPACES = str.maketrans({" ": "·", "\n": "⏎\n", "\t": "⇥\t", "\u00a0": "⍽"})

ALIKE = 90
"""Characters of an unchanged passage shown before and after a change."""

LONGEST_COMPARED = 700
"""Characters of a text in which changes are looked for: comparing takes the square of the words."""

CUT_AT = 800
"""Characters at which a run cuts the texts that it tells of: of one that is as long, or ends in an ellipsis, words may be
missing."""


def visible(text: str, longest: int = 200) -> str:
    """The text with unseen characters written out, cut to `longest`. Plain text: it still needs escaping."""
    cut = text if len(text) <= longest else text[:longest] + "…"
    return _ONE.sub(lambda found: _symbol(found[0]), cut)


def _symbol(character: str) -> str:
    code = ord(character)
    return f"⟨{_CONTROLS[code]}⟩" if code < len(_CONTROLS) else f"⟨U+{code:04X}⟩"


def shown(text: str | None, limit: int = 2500, *, cut: bool = False) -> Markup:
    """The text as markup of about `limit` bytes at most; what is left out is counted.

    `cut` says that the text was already cut before it came here.
    """
    if text is None:
        return Markup("<i>no text</i>")
    pieces: list[Markup] = []
    spent = 0
    for found in _RUN_OR_PIECE.finditer(text):
        if spent >= limit:
            left = len(text) - found.start()
            pieces.append(Markup('<span class="more">… and {} more characters</span>').format(count(left)))
            break
        piece = _run(found[1], len(found[0])) if found[1] else escape(found[0])
        pieces.append(piece)
        spent += len(piece.encode("utf-8"))
    else:
        if cut:
            pieces.append(Markup('<span class="more">…</span>'))
    return Markup("").join(pieces)


def _run(character: str, length: int) -> Markup:
    symbol = _symbol(character)
    return Markup("<i>{}</i>").format(symbol * length if length <= 3 else f"{symbol} × {count(length)}")


def compared(before: str | None, after: str | None, limit: int = 2500) -> tuple[Markup, Markup]:
    """Both texts as markup of about `limit` bytes at most, with what differs marked, spaces made visible
    there, and long passages that are alike left out. Words are compared from the first that differs on.
    """
    cut = any(len(text or "") == CUT_AT for text in (before, after))
    if before and after and before.endswith("…") and after.endswith("…"):
        before, after, cut = before[:-1], after[:-1], True
    longest = min(LONGEST_COMPARED, limit)
    same = _alike(before or "", after or "")
    old, new = (_WORD.findall((text or "")[same : same + longest]) for text in (before, after))
    head = _shortened((before or "")[:same], at_start=True, at_end=False) if old or new else shown((before or "")[:same], limit)
    left, right = [head], [head]
    whole = not cut and not any(len(text or "") > same + longest for text in (before, after))
    spent, changes = 0, SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    if not whole and len(changes) > 1 and _broken_off("".join(old[changes[-1][1] :]), "".join(new[changes[-1][3] :])):
        changes.pop()
    for kind, a, b, c, d in changes:
        if spent >= limit:
            whole = False
            break
        if kind == "equal":
            pair = (_shortened("".join(old[a:b]), at_start=a == 0 and not same, at_end=whole and b == len(old)),) * 2
        else:
            pair = (_changed("del", "".join(old[a:b]), limit), _changed("ins", "".join(new[c:d]), limit))
        left.append(pair[0])
        right.append(pair[1])
        spent += max(len(side.encode()) for side in pair)
    ending = Markup("") if whole else Markup('<span class="more">…</span>')
    return Markup("").join(left) + ending, Markup("").join(right) + ending


def _broken_off(one: str, other: str) -> bool:
    """Both endings differ only because the texts were cut there: the shorter one begins the longer one."""
    return one != other and (one.startswith(other) or other.startswith(one))


def _alike(before: str, after: str) -> int:
    """Characters at the beginning that both have, up to the end of a word."""
    same = next((place for place, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), min(len(before), len(after)))
    while 0 < same < max(len(before), len(after)) and (before[same - 1 : same].isalnum() or before[same - 1 : same] == "_"):
        same -= 1
    return same


def _changed(mark: str, text: str, limit: int) -> Markup:
    return Markup(f"<{mark}>{{}}</{mark}>").format(shown(text.translate(_SPACES), limit)) if text else Markup("")


def _shortened(text: str, *, at_start: bool, at_end: bool) -> Markup:
    """A passage that both texts have, with its middle left out, up to whole words."""
    head = "" if at_start else _words(text[:ALIKE])
    tail = "" if at_end else _words(text[::-1][:ALIKE])[::-1]
    if at_start and at_end or len(text) <= len(head) + len(tail) + 40:
        return shown(text)
    return shown(head) + Markup('<span class="more"> … </span>') + shown(tail)


def _words(passage: str) -> str:
    """The passage without the word that it breaks off in, where it has others."""
    return passage.rpartition(" ")[0] or passage
