"""Is this number a card, an account, a social security number? By check digits, ranges, and words before it.

Every rule takes the bytes of a text and where to look, and tells where findings begin and end.
"""

from __future__ import annotations

import re

from tilth.text.personal_places import ACCOUNT_LENGTHS

Span = tuple[int, int]

BEFORE = 48
"""Bytes before a number in which words are looked for that say what it is."""

_CARD = re.compile(
    rb"(?<!\d)(?<!\.)(?:\d{12,19}|(?<!\d[ -])\d{4}(?:([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|([ -])\d{6}\2\d{4,5}))(?![A-Za-z0-9]|[ -]\d{4}(?!\d)|\.\d)"
)
"""Digits alone, or in groups of four or of 4, 6 and 5, which stand in no longer row of such groups."""

_ISSUED = re.compile(
    rb"4\d{15}|4\d{18}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3(?:0[0-59]|[689]\d)\d{11}"
    rb"|(?:6011|64[4-9]\d|65\d\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}|220[0-4]\d{12}|(?:50(?:18|20|38)|5893|6304|6759|676[1-3])\d{8,15}"
)
_ONCE_ISSUED = re.compile(rb"4\d{12}|35\d{14}|(?:2131|1800)\d{11}|(?:5[06-8]|6[0-9])\d{10,17}")
_ABOUT_CARDS = re.compile(rb"\b(?:cards?|credit|debit|visa|master ?card|maestro|amex|american express|jcb|diners|discover|payments?|cc)\b", re.I)

_SSN = re.compile(rb"(?<![\d-])(?!000|666|9)\d{3}([ -])(?!00)\d\d\1(?!0000)\d{4}(?![\d-])|(?<!\d)(?!000|666|9)\d{3}(?!00)\d\d(?!0000)\d{4}(?!\d)")
_NO_SSN = (b"078051120", b"219099999", b"123456789")
"""Printed in advertisements, and so never given to anybody else; and a row of digits."""

_ABOUT_SSN = re.compile(rb"\bssn\b|social security|\bsoc\.? ?sec\b|\btaxpayer\b|\btin\b", re.I)

ABOUT_PHONES = re.compile(
    rb"\b(?:(?:tele)?phones?|tel|call(?:ed|ing|s)?|mobile|mob|cell(?:ular)?|fax|whats ?app|sms|text (?:me|us|to)|dial|hotline|landline|contact"
    rb"|reach(?:ed)? (?:me|us|him|her|them|you|at|on)|answer(?:ing)?|messages?|telef(?:on[eo]?)?"
    rb"|t\xc3\xa9l(?:\xc3\xa9phone)?|tel\xc3\xa9fono|m\xc3\xb3vil|celular|handynummer|rufnummer)\b"
    rb"|\xe7\x94\xb5\xe8\xaf\x9d|\xe6\x89\x8b\xe6\x9c\xba|\xe9\x9b\xbb\xe8\xa9\xb1|\xd1\x82\xd0\xb5\xd0\xbb",
    re.I,
)
"""Also the words for telephone and mobile telephone in Chinese, for telephone in Japanese, and its beginning in Russian."""

NAMED = re.compile(
    rb"\b(?:(?:part|model|serial|item|invoice|patent)(?: (?:name|number|no|code|id|#)s?)?"
    rb"|(?:product|order|catalog(?:ue)?|style) (?:number|no|code|id)s?"
    rb"|(?:isbn(?:-1[03])?|issn|doi|ean|upc|gtin|asin|sku|oem)(?: (?:code|number|no)s?)?)[^A-Za-z0-9]{0,6}$",
    re.I,
)
"""Before a number: words that say it numbers a thing."""


def luhn(digits: bytes) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B)."""
    values = [digit - 48 for digit in reversed(digits)]
    return (sum(values[::2]) + sum(sum(divmod(2 * value, 10)) for value in values[1::2])) % 10 == 0


def cards(text: bytes, start: int, stop: int) -> list[Span]:
    """Numbers of 12 to 19 digits with a true check digit that a known issuer begins so; those of older or wider ranges where a
    word before them speaks of cards."""
    return [found.span() for found in _CARD.finditer(text, start, min(stop + 6, len(text))) if _is_card(text, found)]


def _is_card(text: bytes, found: re.Match[bytes]) -> bool:
    digits = re.sub(rb"\D", b"", found[0])
    if not luhn(digits) or len(set(digits)) == 1:
        return False
    return bool(_ISSUED.fullmatch(digits) or (_ONCE_ISSUED.fullmatch(digits) and _ABOUT_CARDS.search(before(text, found.start()))))


def account(text: bytes, start: int, stop: int) -> Span | None:
    """An IBAN: as long as its country's are, alone or in groups of four, and 1 modulo 97 (ISO 13616)."""
    length = ACCOUNT_LENGTHS[text[start : start + 2].decode().upper()]
    taken, end = b"", start
    while len(taken) < length and end < len(text):
        if len(taken) % 4 == 0 and taken and text[end] in b" -":
            end += 1
        if not text[end : end + 1].isalnum():
            return None
        taken += text[end : end + 1]
        end += 1
    if len(taken) < length or text[end : end + 1].isalnum():
        return None
    turned = (taken[4:] + taken[:4]).decode().upper()
    return (start, end) if int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1 else None


def social_security(text: bytes, start: int, stop: int) -> Span | None:
    """A US social security number as the administration gives them out: no 000, 666 or 900 to 999 first, no 00, no 0000. Without
    dashes only where words say so."""
    found = _SSN.search(text, start, min(stop + 1, len(text)))
    if not found or re.sub(rb"\D", b"", found[0]) in _NO_SSN:
        return None
    words = before(text, found.start())
    dashed = found[1] == b"-" and not ABOUT_PHONES.search(words) and not NAMED.search(words)
    return found.span() if dashed or _ABOUT_SSN.search(words) else None


def before(text: bytes, start: int) -> bytes:
    """What stands before a number, as far back as words may say what it is."""
    return text[max(0, start - BEFORE) : start]
