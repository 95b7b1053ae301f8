"""Where in a text personal data or secrets may stand: one walk over its bytes that marks the few places worth a closer look.

Each place has a reason, which says what rules look at it:

- ADDRESS: what may be an e-mail address: its `@`, with what may belong to its name before it.
- LOGIN: `://` with a `:` and then an `@` before the next slash or white space.
- NUMBER: digits and single separators between them (space, no-break space, `.`, `-`, `/`, brackets), a `+` or bracket
  before them with them: 7 digits at least, or 3 dots. No letter of ASCII and no digit stands before it.
- ACCOUNT: a word that begins with the code of a country that has IBANs, and two digits.
- HEXES: hexadecimal digits with `::` or 5 colons at least among them, or six pairs of them with dashes between.
- SECRET: a word that begins as keys and tokens do, `-----BEGIN`, or a colon between a digit and `AA`.
- LINK: another `://`, or a word that begins with `www.`.
- VALUE: a `:` or `=` behind a word that ends as names of passwords and keys do (`api_key`, `"password"`).
- SPELT: a word `at` behind a bracket, or written `AT`.
- NAME: a word that often stands beside a person's name: a title, a salutation, a closing, `name`.
- BIRTH: a word that often stands before a date of birth.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt

from tilth.text.kernel import Bytes, Counts, Offsets, kernel

REASONS = 11
ADDRESS, LOGIN, NUMBER, ACCOUNT, HEXES, SECRET, LINK, VALUE, SPELT, NAME, BIRTH = range(REASONS)

ACCOUNT_LENGTHS = {
    pair[:2]: int(pair[2:])
    for pair in (
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 "
        "GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 "
        "MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 "
        "TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
    ).split()
}
"""How many characters an IBAN has, by country (SWIFT's IBAN Registry, release 99)."""

SECRET_STARTS = tuple(
    (
        "AKIA ASIA AIza GOCSPX- ghp_ gho_ ghu_ ghs_ ghr_ github_pat_ glpat- gldt- glrt- glptt- glcbt- xoxa xoxb xoxe xoxo xoxp xoxr xoxs xapp- npm_ "
        "pypi- ya29. sk- sk_live_ sk_test_ rk_live_ rk_test_ whsec_ eyJ hf_ SG."
    ).split()
) + tuple(maker + digit for maker in ("AC", "SK") for digit in "0123456789abcdef")
"""How keys and tokens begin: of Amazon, Google, GitHub, GitLab, Slack, npm, PyPI, OpenAI and others, Stripe, Hugging Face, SendGrid
and Twilio; and JSON Web Tokens (RFC 7519)."""

NAME_HINTS = tuple(
    (
        "mr mrs ms mx miss dr prof professor sir dame rev reverend mme mlle monsieur madame herr frau sr sra srta signor signora dott "
        "dear hi hello hey liebe lieber cher bonjour estimado estimada querido querida caro cara prezado prezada "
        "name nom nombre nome patient attn hei heisse appelle llamo chiamo chamo "
        "sincerely regards truly faithfully respectfully freundlichen cordialement atentamente saludos saluti atenciosamente groeten"
    ).split()
)
"""Words beside which names stand; `hei` is what is left of `heiße` where a word ends before a letter that is not ASCII's."""

BIRTH_HINTS = tuple(
    (
        "born dob b birth birthdate birthday geboren geburtsdatum geb n naissance nacido nacida nacimiento nato nata nascita "
        "nascido nascida nascimento geboortedatum"
    ).split()
)
"""Words before dates of birth; `b` ends `D.O.B.`, and `n` is what is left of `né`."""

HINT = 8
"""Letters of a word, at most, by which it is told: longer ones by their first eight."""

VALUE_NAMES = ("key", "ord", "swd", "pwd", "ret", "ken", "ial", "als", "ase", "uth")
"""The last letters of key, password, passwd, pwd, secret, token, credential, credentials, passphrase, auth."""

_THREES = tuple(int.from_bytes(start.encode()[:3], "big") for start in SECRET_STARTS)
_VALUES = tuple(int.from_bytes(name.encode(), "big") for name in VALUE_NAMES)
PLAIN, WORD, DIGIT, AT, COLON, DASH, EQUALS = range(7)
_BEGINS_ACCOUNT, _BEGINS_SECRET, _BEGINS_HINT, _BEGINS_LINK = 1, 2, 4, 8

MOST_PLACES = 1 << 16
LONGEST_NAME, LONGEST_LOGIN, LONGEST_HEXES, BEFORE_SIGN = 64, 256, 64, 3
"""Bytes, at most: of an e-mail address before its `@` (RFC 5321), of what is looked through behind `://`, of an IPv6 address,
and of quotation marks, brackets and spaces between the name of a value and its sign."""

SPACE, DOT, SLASH, PLUS, OPENING, CLOSING = b" ./+()"
HYPHEN, COLON_BYTE = b"-:"
BEGIN = tuple(b"BE")
NO_BREAK = tuple(b"\xc2\xa0")
IN_NAMES = tuple(b"._%+-'~&")
ENDS_LOGIN = tuple(b" \t\r\n\x0b\x0c/?#\"'<>\\")
OPENINGS = tuple(b"([{<")
ENDS_NAME = tuple(b" \"'`]")
A_LETTER, T_LETTER, W_LETTER, CAPITAL_A = b"atwA"


def places(data: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.int64]]:
    """The places, some at a time: a line for each, in it the row, the reason, and where it begins and ends in the row's bytes.
    By row; within it, by where the walk was when it saw them."""
    found = np.empty((MOST_PLACES, 4), np.int64)
    row = at = 0
    while row < len(offsets) - 1:
        count, row, at = _walk(data, offsets, _classes(), _pairs(), _hints(), (row, at), found)
        yield found[:count]


def prepare() -> None:
    """Compile what `places` needs, before workers start."""
    _walk.compile()


@cache
def _classes() -> npt.NDArray[np.uint8]:
    table = np.zeros(256, np.uint8)
    for number in range(128):
        character = chr(number)
        table[number] = DIGIT if character.isdigit() else WORD if character.isalpha() else PLAIN
    table[ord("@")], table[COLON_BYTE], table[HYPHEN], table[ord("=")] = AT, COLON, DASH, EQUALS
    return table


@cache
def _hints() -> npt.NDArray[np.int64]:
    """A line for each word, in order: its letters as a number, and the reason to mark it."""
    words = [(word, NAME) for word in NAME_HINTS] + [(word, BIRTH) for word in BIRTH_HINTS]
    return np.array(sorted((int.from_bytes(word[:HINT].encode(), "big"), reason) for word, reason in words), np.int64)


@cache
def _pairs() -> npt.NDArray[np.uint8]:
    """What two bytes may begin."""
    table = np.zeros(1 << 16, np.uint8)
    for country in ACCOUNT_LENGTHS:
        for written in (country, country.lower()):
            table[int.from_bytes(written.encode(), "big")] |= _BEGINS_ACCOUNT
    for start in SECRET_STARTS:
        table[int.from_bytes(start.encode()[:2], "big")] |= _BEGINS_SECRET
    for word in ("at", *NAME_HINTS, *BIRTH_HINTS):
        for follower in (word[1:2].encode(), word[1:2].upper().encode()) if len(word) > 1 else (b".", b"\xc3"):
            for letter in (word[:1], word[:1].upper()):
                table[int.from_bytes(letter.encode() + follower, "big")] |= _BEGINS_HINT
    for pair in (b"ww", b"WW"):
        table[int.from_bytes(pair, "big")] |= _BEGINS_LINK
    return table


@kernel
def _walk(data: Bytes, offsets: Offsets, classes: Bytes, pairs: Bytes, hints: Counts, came: tuple[int, int], found: Counts) -> tuple[int, int, int]:
    """Walk on from where it came to, a row and a byte of it, until all is read or `found` is full. How many were found, and where
    it stopped."""
    count, row, at = 0, came[0], came[1]
    while row < len(offsets) - 1:
        text = data[offsets[row] : offsets[row + 1]]
        while at < len(text):
            if count == len(found):
                return count, row, at
            kind = classes[text[at]]
            if kind == PLAIN:
                at += 1
                continue
            reason, start, stop = -1, at, at
            if kind == WORD:  # most bytes belong to words, and a call with arrays costs as much as a word
                if at + 3 < len(text) and pairs[int(np.int64(text[at])) << 8 | int(np.int64(text[at + 1]))]:
                    reason, stop = _word(text, at, classes, pairs, hints)
                while at < len(text) and PLAIN < classes[text[at]] <= DIGIT:
                    at += 1
            else:
                reason, start, stop, at = _look(text, at, kind, classes)
            if reason >= 0:
                found[count, 0], found[count, 1], found[count, 2], found[count, 3] = row, reason, start, stop
                count += 1
        row, at = row + 1, 0
    return count, row, at


@kernel
def _look(text: Bytes, at: int, kind: int, classes: Bytes) -> tuple[int, int, int, int]:
    """The reason to mark something here (-1: none), where it begins and ends, and where to walk on."""
    if kind == AT:
        start = _name_start(text, at, classes)
        return (ADDRESS if start < at else -1), start, at, at + 1
    if kind == COLON and at + 2 < len(text) and text[at + 1] == SLASH and text[at + 2] == SLASH:
        end = _login_end(text, at + 3)
        return (LOGIN if end else LINK), at, max(end, at + 3), at + 3
    start, end = _hexes(text, at, kind, classes) if kind != EQUALS else (0, 0)
    if end:
        return HEXES, start, end, end
    if kind == COLON or kind == EQUALS:
        reason, start = _sign(text, at, kind, classes)
        return reason, start, at, at + 1
    if kind == DIGIT:
        good, start, stop = _number(text, at, classes)
        return (NUMBER if good else -1), start, stop, _word_end(text, stop, classes)
    end = at + 1
    while kind == DASH and end < len(text) and text[end] == HYPHEN:
        end += 1
    return (SECRET if kind == DASH and _is_key(text, end) else -1), end - 5, end, end


@kernel
def _is_word(letter: int, classes: Bytes) -> bool:
    return bool(classes[letter] == WORD or classes[letter] == DIGIT)


@kernel
def _word_end(text: Bytes, at: int, classes: Bytes) -> int:
    while at < len(text) and _is_word(text[at], classes):
        at += 1
    return at


@kernel
def _name_start(text: Bytes, at: int, classes: Bytes) -> int:
    """Where the name before an `@` may begin; `at` if it has none or nothing stands behind it."""
    if at + 1 >= len(text) or not (_is_word(text[at + 1], classes) or text[at + 1] >= 128):
        return at
    start = at
    while start > 0 and at - start <= LONGEST_NAME:
        letter = text[start - 1]
        if not (_is_word(letter, classes) or letter >= 128 or letter in IN_NAMES):
            break
        start -= 1
    return start


@kernel
def _is_key(text: Bytes, at: int) -> bool:
    """Whether five dashes, or more, end here and `BE` follows."""
    if at < 5 or at + 1 >= len(text) or text[at] != BEGIN[0] or text[at + 1] != BEGIN[1]:
        return False
    for place in range(at - 5, at):
        if text[place] != HYPHEN:
            return False
    return True


@kernel
def _login_end(text: Bytes, at: int) -> int:
    """Where the part behind `://` ends, if it has a colon and behind it an `@`; else 0."""
    end, colon, logged = at, False, False
    while end < min(at + LONGEST_LOGIN, len(text)) and text[end] not in ENDS_LOGIN:
        colon = colon or text[end] == COLON_BYTE
        logged = logged or (colon and text[end] == 64)
        end += 1
    return end if logged else 0


@kernel
def _is_hex(letter: int) -> bool:
    return 48 <= letter <= 57 or 97 <= letter | 0x20 <= 102


@kernel
def _hexes(text: Bytes, at: int, kind: int, classes: Bytes) -> tuple[int, int]:
    """Where hexadecimal digits that have the colons or dashes of an address begin and end; else 0 and 0. At a digit, a colon or a dash."""
    start = at - 2 if kind == DASH else at
    while kind == COLON and start > 0 and at - start < LONGEST_HEXES // 2 and (_is_hex(text[start - 1]) or text[start - 1] == COLON_BYTE):
        start -= 1
    if start < 0 or (start > 0 and _is_word(text[start - 1], classes)):
        return 0, 0
    end, colons, double = start, 0, False
    while kind != DASH and end < min(start + LONGEST_HEXES, len(text)) and (_is_hex(text[end]) or text[end] == COLON_BYTE):
        double = double or (text[end] == COLON_BYTE and end > start and text[end - 1] == COLON_BYTE)
        colons += text[end] == COLON_BYTE
        end += 1
    if double or colons >= 5:
        return (0, 0) if end < len(text) and _is_word(text[end], classes) else (start, end)
    return (start, start + 17) if kind != COLON and _is_dashed(text, start, classes) else (0, 0)


@kernel
def _is_dashed(text: Bytes, start: int, classes: Bytes) -> bool:
    """Whether six pairs of hexadecimal digits with dashes between stand here, with no dash before and no letter or digit behind them."""
    end = start + 17
    if end > len(text) or (start > 0 and text[start - 1] == HYPHEN) or (end < len(text) and _is_word(text[end], classes)):
        return False
    for place in range(17):
        letter = text[start + place]
        if letter != HYPHEN if place % 3 == 2 else not _is_hex(letter):
            return False
    return True


@kernel
def _number(text: Bytes, at: int, classes: Bytes) -> tuple[bool, int, int]:
    """Whether the number that begins here is worth a look, where it begins, brackets and `+` included, and where it ends."""
    end, digits, dots = at + 1, 1, 0
    while end < len(text):
        behind = _separated(text, end)
        if behind >= len(text) or classes[text[behind]] != DIGIT:
            break
        dots += text[end] == DOT
        digits += 1
        end = behind + 1
    start = at
    while start > 0 and at - start < 2 and (text[start - 1] == PLUS or text[start - 1] == OPENING):
        start -= 1
    return digits >= 7 or dots >= 3, start, end


@kernel
def _separated(text: Bytes, at: int) -> int:
    """Where what stands between two digits ends."""
    letter = text[at]
    if letter == SPACE or letter == DOT or letter == HYPHEN or letter == SLASH:
        return at + 1 + (at + 1 < len(text) and text[at + 1] == OPENING)
    if letter == OPENING:
        return at + 1
    if letter == CLOSING:
        follower = text[at + 1] if at + 1 < len(text) else 0
        return at + 1 + (follower == SPACE or follower == DOT or follower == HYPHEN or follower == SLASH)
    if letter == NO_BREAK[0] and at + 1 < len(text) and text[at + 1] == NO_BREAK[1]:
        return at + 2
    return at


@kernel
def _word(text: Bytes, at: int, classes: Bytes, pairs: Bytes, hints: Counts) -> tuple[int, int]:
    """The reason to mark the word that begins here, or -1; and where it ends, where that is known."""
    if at + 3 >= len(text):
        return -1, at
    pair = int(np.int64(text[at])) << 8 | int(np.int64(text[at + 1]))
    begins = pairs[pair]
    if begins & _BEGINS_ACCOUNT and classes[text[at + 2]] == DIGIT and classes[text[at + 3]] == DIGIT:
        return ACCOUNT, at
    if begins & _BEGINS_SECRET and (pair << 8 | int(np.int64(text[at + 2]))) in _THREES:
        return SECRET, at
    if begins & _BEGINS_LINK and text[at + 2] | 0x20 == W_LETTER and text[at + 3] == DOT:
        return LINK, at
    return _hint(text, at, classes, hints) if begins & _BEGINS_HINT else (-1, at)


@kernel
def _hint(text: Bytes, at: int, classes: Bytes, hints: Counts) -> tuple[int, int]:
    """The reason to mark a word for what it says, or -1; and where it ends."""
    end, letters = at, 0
    while end < len(text) and _is_word(text[end], classes):
        if end < at + HINT:
            letters = letters << 8 | int(np.int64(text[end] | 0x20))
        end += 1
    if letters == A_LETTER << 8 | T_LETTER:
        opened = at > 0 and text[at - 1] in OPENINGS
        return (SPELT if opened or (text[at] != A_LETTER and text[at + 1] != T_LETTER) else -1), end
    low, high = 0, len(hints)
    while low < high:
        middle = (low + high) // 2
        if hints[middle, 0] < letters:
            low = middle + 1
        else:
            high = middle
    return (hints[low, 1] if low < len(hints) and hints[low, 0] == letters else -1), end


@kernel
def _sign(text: Bytes, at: int, kind: int, classes: Bytes) -> tuple[int, int]:
    """The reason to mark a colon or an equals sign, or -1; and where the name before it ends, if it is one of a value that is kept secret."""
    if kind == COLON and at > 0 and at + 2 < len(text) and text[at + 1] == CAPITAL_A and text[at + 2] == CAPITAL_A:
        return (SECRET if classes[text[at - 1]] == DIGIT else -1), at
    end = at
    while end > 0 and at - end < BEFORE_SIGN and text[end - 1] in ENDS_NAME:
        end -= 1
    if end < 3:
        return -1, at
    letters = int(np.int64(text[end - 3] | 0x20)) << 16 | int(np.int64(text[end - 2] | 0x20)) << 8 | int(np.int64(text[end - 1] | 0x20))
    return (VALUE if letters in _VALUES else -1), end
