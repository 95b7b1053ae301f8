"""A text before and after a change on one line of a terminal, with what differs marked: `[-old-]{+new+}`, as wdiff does."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from os.path import commonprefix

from tilth.cli.lines import one_line, paint

AROUND = 30
"""Characters shown of what is the same, on either side of a change."""

COMPARED = 400
"""Characters in which changes are looked for, from the first on: comparing takes the square of the words."""

MARKED = 160
"""Characters of a change that are shown."""

_WORD = re.compile(r"\w+|\s+|[^\w\s]")


def window(before: str, after: str) -> tuple[int, int]:
    """Where the two begin to differ, and how many characters at their ends are the same; words are not divided."""
    start = len(commonprefix([before, after]))
    end = len(commonprefix([before[start:][::-1], after[start:][::-1]]))
    while start and before[start - 1].isalnum():
        start -= 1
    while end and before[len(before) - end].isalnum():
        end -= 1
    return start, end


def marked(before: str, after: str) -> str:
    """Both texts as one, harmless on a terminal, cut around the changes."""
    start, end = window(before, after)
    old, new = (text[start : len(text) - end] for text in (before, after))
    head, tail = before[:start], before[len(before) - end :]
    pieces = [("…" if len(head) > AROUND else "") + one_line(head[-AROUND:], AROUND)]
    words = [_WORD.findall(text[:COMPARED]) for text in (old, new)]
    for kind, a, b, c, d in SequenceMatcher(None, words[0], words[1], autojunk=False).get_opcodes():
        gone, come = "".join(words[0][a:b]), "".join(words[1][c:d])
        pieces.append(_same(gone) if kind == "equal" else _changed(gone, come))
    if max(len(old), len(new)) > COMPARED:
        return "".join([*pieces, " … and more"])
    return "".join([*pieces, one_line(tail[:AROUND], AROUND), "…" if len(tail) > AROUND else ""])


def _same(text: str) -> str:
    if len(text) <= 2 * AROUND + 1:
        return one_line(text, len(text))
    return f"{one_line(text[:AROUND], AROUND)}…{one_line(text[-AROUND:], AROUND)}"


def _changed(gone: str, come: str) -> str:
    return (paint(f"[-{one_line(gone, MARKED)}-]", "red") if gone else "") + (paint(f"{{+{one_line(come, MARKED)}+}}", "green") if come else "")
