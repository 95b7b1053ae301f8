r"""Damage to the writing of a text, counted by kind in one walk over its bytes.

- `mojibake`: UTF-8 that was read in another encoding; see `tilth.text.mojibake`.
- `entities`: `&name;` of a name that HTML 5 knows, `&#39;` and `&#x27;`.
- `tags`: `<name …>` and `</name>` of a name that HTML knows, and `<!--`, `<!doctype`. What stands behind the name must be
  attributes: so `a < b`, `if (a <b and c> d)`, `List<String>` and `<unk>` are none.
- `invisible`: zero-width spaces and joiners, byte order marks, bidirectional controls, soft hyphens. A joiner or zero-width space
  beside a letter or mark of a script that needs it (Arabic, those of India, Thai, Khmer …) does not count, nor does a joiner beside a
  symbol, as in emoji, nor do the tags behind a black flag.
- `control`: C0, DEL and C1, but for tab, newline and carriage return.
- `escaped_newlines`: `\n` written out, unless another backslash stands before it, or a small letter comes next (`\nu`, `C:\new`) and
  no mark or line end stands before it. Where a text has at least as many true newlines, it is taken for program text and has 0.
- `not_nfc`: 1 where Unicode's normal form C (UAX 15) is another text, else 0.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tilth.text.buffers import as_texts, counted, present, spans
from tilth.text.characters import REPLACEMENT, decode
from tilth.text.kernel import Bytes, Counts, Offsets, kept, kernel
from tilth.text.markup import entity, entity_names, tag, tag_names
from tilth.text.mojibake import LEADS, mojibake, roles

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "mojibake": "UTF-8 that was read in another encoding: Ã© for é, â€™ for ’, Ð° for а",
        "replacement": "replacement characters, U+FFFD, where bytes could not be read",
        "control": "control characters, NUL among them; not tab and line breaks",
        "entities": "HTML entities that were not resolved: &amp; &#39; &nbsp;",
        "tags": "HTML tags: <p> </div> <br/>",
        "invisible": "characters without width, bidirectional controls, soft hyphens",
        "private_use": "code points of private use, which no font knows",
        "surrogate_escapes": r"code points written out: \u00e9 \ud83d",
        "escaped_newlines": r"\n written out in place of a line break",
        "not_nfc": "1 where the text is not in Unicode's normal form C",
    }
)
"""Every kind of damage and what it is, in the order in which it is told."""

MOJIBAKE, REPLACED, CONTROLS, ENTITIES, TAGS, UNSEEN, PRIVATES, ESCAPES, NEWLINES, UNFORMED = range(len(KINDS))
"""The places of the kinds in what the kernel writes. In the last it tells whether a text may not be in form C."""

CONTROL, INVISIBLE, JOINER, JOINED, PRIVATE, COMPOSES, MARK, LOOK = 1, 2, 4, 8, 16, 32, 64, 128
"""What a character is: JOINED: beside it, joiners are in their place; COMPOSES: alone or behind another it may not be in form C;
MARK: of a combining class, which must stand in order; LOOK: something may begin here that must be looked at."""

INVISIBLES = (0xAD, 0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2065), *range(0x2066, 0x2070), 0x3164, 0xFEFF, 0xFFA0)
JOINERS = (0x200B, 0x200C, 0x200D)
JOINING = ((0x600, 0x10FF), (0x1780, 0x18AF), (0x1900, 0x1CFF), (0xA800, 0xABFF), (0x10A00, 0x11FFF))
"""Blocks whose scripts use joiners, or zero-width spaces between words (Unicode 15, sections 9, 12 to 16 and 23.2)."""

FIRST_TAG, LAST_TAG, BLACK_FLAG = 0xE0020, 0xE007F, 0x1F3F4
AMPERSAND, LESS, BACKSLASH, NEWLINE = b"&<\\\n"
SMALL_U, SMALL_N, SMALL_R = b"unr"
BEFORE_NEWLINE = tuple(b".!?;,\"'")


def damage(column: pa.Array) -> Mapping[str, pa.Array]:
    """How often each kind of damage occurs in each text, by kind, as int64; null for a null."""
    data, offsets = spans(column)
    totals = np.zeros((len(column), len(KINDS)), np.int64)
    _damage(data, offsets, (_table(), roles()), (entity_names(), tag_names()), totals)
    totals[:, UNFORMED] = _not_nfc(as_texts(column), totals[:, UNFORMED] > 0)
    there = present(column)
    return {kind: counted(totals[:, place], there) for place, kind in enumerate(KINDS)}


def prepare() -> None:
    """Compile what `damage` needs, before workers start."""
    for table in (_table, entity_names, tag_names):
        table()
    _damage.compile()


def _not_nfc(column: pa.LargeStringArray, suspects: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Of the suspects, those that the normal form changes. Normalising costs more than all the rest here."""
    some = column.filter(pa.array(suspects))
    found = np.zeros(len(column), np.bool_)
    found[suspects] = np.asarray(pc.fill_null(pc.not_equal(pc.utf8_normalize(some, "NFC"), some), False))
    return found


@cache
def _table() -> npt.NDArray[np.uint8]:
    """What every code point is: 1.1 MB, made in a second, and kept on disk."""
    return kept("damage", _make_table)


def _make_table() -> npt.NDArray[np.uint8]:
    table = np.zeros(0x110000, np.uint8)
    behind = {ord(one) for pair in map(unicodedata.decomposition, map(chr, range(0x110000))) if (one := _second(pair))}
    behind |= {*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)}  # Hangul's vowels and finals
    for number in (number for number in range(128, 0x110000) if not 0xD800 <= number < 0xE000):
        character = chr(number)
        category = unicodedata.category(character)
        joins = category[0] in "LM" and any(first <= number <= last for first, last in JOINING)
        table[number] |= JOINED if joins or category in ("So", "Sk") or number == 0xFE0F else 0
        table[number] |= PRIVATE if category == "Co" else 0
        table[number] |= MARK if unicodedata.combining(character) else 0
        table[number] |= COMPOSES if number in behind or not unicodedata.is_normalized("NFC", character) else 0
    table[[*range(9), 11, 12, *range(14, 32), *range(0x7F, 0xA0)]] |= CONTROL
    table[[*INVISIBLES, *range(FIRST_TAG, LAST_TAG + 1), 0xE0001]] |= INVISIBLE
    table[[*JOINERS]] |= JOINER
    table[[AMPERSAND, LESS, BACKSLASH, NEWLINE, *LEADS]] |= LOOK
    return table


def _second(decomposition: str) -> str:
    """The second character of a canonical decomposition into two."""
    parts = decomposition.split()
    return chr(int(parts[1], 16)) if len(parts) == 2 and not parts[0].startswith("<") else ""


@kernel
def _damage(data: Bytes, offsets: Offsets, tables: tuple[Bytes, Bytes], names: tuple[Offsets, Offsets], totals: Counts) -> None:
    for row in range(len(offsets) - 1):
        newlines = _one(data[offsets[row] : offsets[row + 1]], tables[0], tables[1], names, totals[row])
        if newlines >= totals[row, NEWLINES]:
            totals[row, NEWLINES] = 0


@kernel
def _one(data: Bytes, kinds: Bytes, known: Bytes, names: tuple[Offsets, Offsets], found: Counts) -> int:
    """Count in one text; how many true newlines it has. The tables: what characters are, and their roles in mojibake."""
    at = newlines = before = 0
    ended, flagged = -1, False  # where the last mojibake ended; whether the tags of a flag stand here
    while at < len(data):
        code = int(np.int64(data[at]))
        if code < 128:
            if kinds[code]:
                newlines += code == NEWLINE
                _count_ascii(data, at, code, names, found)
            before = code
            at += 1
            continue
        code, width = decode(data, at, len(data))
        if kinds[code] & LOOK:
            end = mojibake(data, at, code, before, ended, known)
            found[MOJIBAKE] += end > at
            ended = end if end > at else ended
        found[REPLACED] += code == REPLACEMENT
        flagged = FIRST_TAG <= code <= LAST_TAG and (before == BLACK_FLAG or (flagged and before >= FIRST_TAG))
        if kinds[code] & ~(JOINED | LOOK) and not flagged:
            _count(data, at + width, code, before, kinds, found)
        before = code
        at += width
    return newlines


@kernel
def _count(data: Bytes, behind: int, code: int, before: int, kinds: Bytes, found: Counts) -> None:
    """Count a character beyond ASCII; what comes next stands `behind`."""
    kind = kinds[code]
    found[CONTROLS] += (kind & CONTROL) != 0
    found[PRIVATES] += (kind & PRIVATE) != 0
    found[UNSEEN] += (kind & INVISIBLE) != 0
    if kind & JOINER:
        follower = decode(data, behind, len(data))[0] if behind < len(data) else 0
        found[UNSEEN] += not (kinds[before] | kinds[follower]) & JOINED
    if kind & COMPOSES or (kind & MARK and kinds[before] & MARK):
        found[UNFORMED] = 1


@kernel
def _count_ascii(data: Bytes, at: int, code: int, names: tuple[Offsets, Offsets], found: Counts) -> None:
    if code == AMPERSAND:
        found[ENTITIES] += entity(data, at, names[0])
    elif code == LESS:
        found[TAGS] += tag(data, at, names[1])
    elif code == BACKSLASH:
        found[ESCAPES] += _is_escape(data, at)
        found[NEWLINES] += _is_newline(data, at)
    else:
        found[CONTROLS] += code != NEWLINE


@kernel
def _is_escape(data: Bytes, at: int) -> bool:
    r"""Whether a code point is written out here, as `\u00e9`."""
    if at + 5 >= len(data) or data[at + 1] != SMALL_U:
        return False
    for place in range(at + 2, at + 6):
        if not (48 <= data[place] <= 57 or 97 <= data[place] | 0x20 <= 102):
            return False
    return True


@kernel
def _is_newline(data: Bytes, at: int) -> bool:
    r"""Whether `\n` is written out here, in place of a line break."""
    if at + 1 >= len(data) or data[at + 1] != SMALL_N:
        return False
    earlier = data[at - 1] if at else NEWLINE
    if earlier == BACKSLASH:
        return False
    if at + 2 >= len(data) or not 97 <= data[at + 2] <= 122 or earlier in BEFORE_NEWLINE:
        return True
    return at >= 2 and data[at - 2] == BACKSLASH and earlier in (SMALL_N, SMALL_R)
