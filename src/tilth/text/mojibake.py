"""Mojibake: characters that are there because UTF-8 was read in another encoding.

UTF-8 writes a character beyond ASCII as a first byte from C2 to F4 and one to three more from 80 to BF. Read in an encoding of one
byte a character, these give pairs and triples that good text hardly has: `Ã©` for é, `â€™` for ’. What is looked for:

- Windows-1252 and Latin-1: the first character one of Â Ã Ä Å Æ Î Ï Ð Ñ, of Ô to Û in a row, or of à to ô with as many behind it
  as UTF-8 asks for. Also Ã and Â with the no-break space behind them made plain (`voilÃ `), and `â€` whose last part is lost.
- Windows-1251: three pairs in a row of Р or С with what follows (`РџСЂРё`), and `вЂ`. Windows-1250: the commonest pairs of Ă and Ĺ.
- Mac Roman: `‚Äô` and its like, √ behind a small letter; code pages 437 and 850: `ΓÇ`, `ÔÇ`, ├ and a letter; GBK: `锟斤拷`.

Good text has some of the pairs too: an accented letter and then punctuation («É», CAFÉ”, né », été…”). So where all that follows the
first character is what stands behind words, the place decides: a capital or an opening quotation mark before it, and no letter behind
it, speak against damage. The rules are our own; ftfy (Speer 2019) repairs such texts by a table of what is likely.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

from tilth.text.characters import decode
from tilth.text.kernel import Bytes, kernel

TRAIL, ODD, UPPER, LOWER, OPENING, TRAIL_1251 = 1, 2, 4, 8, 16, 32
"""What a character is beside a first one. TRAIL: Windows-1252 or Latin-1 reads it from a byte of 80 to BF, and ODD: it
does not stand behind words either. TRAIL_1251: Windows-1251 reads it so."""

ROLES = 0x3000
"""Characters from here on have no role."""

BEHIND_WORDS = "\xa0\xad…”’“‘»«›‹–—™®©°ªº¹²³·•¡¿„‚šžœŠŽŒŸ"
OPENERS = "«“‘„‚‹\"'([¿¡"
ENDS = tuple(b".,;:!?")

LEADS_OF_TWO = tuple(b"\xc2\xc3\xc4\xc5\xc6\xce\xcf\xd0\xd1\xd4\xd5\xd6\xd7\xd8\xd9\xda\xdb")
IN_A_ROW = (0xD4, 0xDB)
"""Ô Õ Ö × Ø Ù Ú Û: Armenian, Hebrew and Arabic, which come in runs; alone they are signs and letters of good text (Ø½, 2×¼)."""

A_CIRCUMFLEX, A_TILDE, A_ACUTE, SMALL_A_CIRCUMFLEX, O_CIRCUMFLEX, DIAERESIS_I, ETH = 0xC2, 0xC3, 0xE1, 0xE2, 0xD4, 0xEF, 0xF0
NO_BREAK_SPACE, SOFT_HYPHEN, EURO, Y_DIAERESIS, C_CEDILLA = 0xA0, 0xAD, 0x20AC, 0x178, 0xC7
ER, ES, VE, DJE = 0x420, 0x421, 0x432, 0x402
ROOT, LOW_QUOTE, GAMMA, BRANCH, LOCK = 0x221A, 0x201A, 0x393, 0x251C, 0x951F
MAC_ENDS = tuple(map(ord, "ôúùìî¶¢ò"))
A_BREVE, L_ACUTE = 0x102, 0x139
BEHIND_A_BREVE, BEHIND_L_ACUTE = tuple(map(ord, "©¶Ľłˇ\xad¤¨±§ľ")), tuple(map(ord, "‚›‘Ľşľˇ„"))
LEADS = (*range(0xC2, 0xF5), ER, ES, VE, ROOT, LOW_QUOTE, GAMMA, BRANCH, A_BREVE, L_ACUTE, LOCK)
"""What mojibake may begin with; `mojibake` is to be asked about no other character."""


@cache
def roles() -> npt.NDArray[np.uint8]:
    """The roles of each character before `ROLES`."""
    table = np.zeros(ROLES, np.uint8)
    trails = {*range(0x80, 0xC0), *map(ord, bytes(range(0x80, 0xA0)).decode("cp1252", "ignore"))}
    for number in range(ROLES):
        category = unicodedata.category(chr(number))
        table[number] |= UPPER if category == "Lu" else LOWER if category in ("Ll", "Lo") else 0
        table[number] |= TRAIL if number in trails else 0
        table[number] |= ODD if number in trails and chr(number) not in BEHIND_WORDS else 0
        table[number] |= OPENING if chr(number) in OPENERS else 0
    table[[ord(one) for one in bytes(range(0x80, 0xC0)).decode("cp1251", "ignore")]] |= TRAIL_1251
    return table


@kernel
def mojibake(data: Bytes, at: int, code: int, before: int, ended: int, known: Bytes) -> int:
    """Where the mojibake that begins here ends; `at` where none begins. `code`: the character that stands here, of `LEADS`;
    `before`: the one before it; `ended`: where the last mojibake ended; `known`: the roles."""
    if code <= 0xF4:
        return _western(data, at, code, before, ended, known)
    if code in (ER, ES):
        return _cyrillic(data, at, ended, known)
    return _other(data, at, code, before, known)


@kernel
def _western(data: Bytes, at: int, code: int, before: int, ended: int, known: Bytes) -> int:
    first, after_first = _next(data, at + 2)
    if not _role(first, known) & TRAIL:
        spaced = first == 32 and ((code in (A_TILDE, A_CIRCUMFLEX) and 97 <= before <= 122) or (code == A_CIRCUMFLEX and before in ENDS))
        return after_first if spaced or (code == O_CIRCUMFLEX and first == C_CEDILLA and not _role(before, known) & UPPER) else at
    if code < 0xE0:
        return after_first if code in LEADS_OF_TWO and (ended == at or _is_pair(data, after_first, code, first, before, known)) else at
    second, after_second = _next(data, after_first)
    if code == SMALL_A_CIRCUMFLEX and first in (EURO, 0x80):
        return after_second if _role(second, known) & TRAIL else after_first
    if not _role(second, known) & TRAIL:
        return at
    if code < 0xF0:
        return after_second if ended == at or _is_triple(data, after_second, code, first, second, before, known) else at
    third, after_third = _next(data, after_second)
    if code == ETH and first in (Y_DIAERESIS, 0x9F, 0x90):
        return after_third if _role(third, known) & TRAIL else after_second
    return at


@kernel
def _is_pair(data: Bytes, end: int, code: int, trail: int, before: int, known: Bytes) -> bool:
    """Whether a first character of two, and what may follow it, are mojibake."""
    follower, _ = _next(data, end)
    if IN_A_ROW[0] <= code <= IN_A_ROW[1]:
        return (_role(trail, known) & ODD) != 0 and IN_A_ROW[0] <= follower <= IN_A_ROW[1]
    if _role(trail, known) & ODD:
        return True
    lettered, earlier = (_role(follower, known) & (UPPER | LOWER)) != 0, _role(before, known)
    if trail in (NO_BREAK_SPACE, SOFT_HYPHEN):
        lettered = False
    if code in (A_CIRCUMFLEX, A_TILDE):
        return lettered or earlier & (UPPER | OPENING) == 0
    return lettered or (earlier & LOWER) != 0


@kernel
def _is_triple(data: Bytes, end: int, code: int, first: int, second: int, before: int, known: Bytes) -> bool:
    """Whether a first character of three, and the two that may follow it, are mojibake."""
    if (_role(first, known) | _role(second, known)) & ODD:
        return first != NO_BREAK_SPACE
    if code == DIAERESIS_I:
        return first == 0xBB and second == 0xBF
    follower, _ = _next(data, end)
    vietnamese = code == A_ACUTE and first in (0xBB, 0xBA)
    return vietnamese and (_role(follower, known) & (UPPER | LOWER)) != 0 and (_role(before, known) & (UPPER | LOWER)) != 0


@kernel
def _cyrillic(data: Bytes, at: int, ended: int, known: Bytes) -> int:
    """The end of the pair that begins here, if two more follow or one went before."""
    end = place = at
    for pair in range(3):
        lead, middle = _next(data, place)
        trail, place = _next(data, middle)
        if lead not in (ER, ES) or not _role(trail, known) & TRAIL_1251:
            return at
        if pair == 0:
            end = place
        if ended == at:
            return end
    return end


@kernel
def _other(data: Bytes, at: int, code: int, before: int, known: Bytes) -> int:
    """Mojibake of the rarer encodings."""
    _, middle = _next(data, at)
    first, after_first = _next(data, middle)
    second, after_second = _next(data, after_first)
    if code == LOCK or (code == LOW_QUOTE and first == 0xC4):
        true = second == 0x62F7 and first == 0x65A4 if code == LOCK else second in MAC_ENDS
        return after_second if true else at
    found = (
        (code == VE and first == DJE)
        or (code == GAMMA and first == C_CEDILLA)
        or (code == ROOT and 97 <= before <= 122 and first >= 0x80)
        or (code == BRANCH and first > NO_BREAK_SPACE and not 0x2500 <= first < 0x25A0)
        or (code == A_BREVE and first in BEHIND_A_BREVE)
        or (code == L_ACUTE and first in BEHIND_L_ACUTE)
    )
    return after_first if found else at


@kernel
def _next(data: Bytes, at: int) -> tuple[int, int]:
    """The character that begins here and where it ends; NUL behind the text's end."""
    if at >= len(data):
        return 0, at
    code, width = decode(data, at, len(data))
    return code, at + width


@kernel
def _role(code: int, known: Bytes) -> int:
    return int(np.int64(known[code])) if code < ROLES else 0
