"""Is this number a telephone's? By how it is written, by words beside it, and by what countries give out.

Which numbers exist is known to the library `phonenumbers`, a port of Google's libphonenumber; it is asked only of numbers that
are written as telephone numbers are.
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

from tilth.text.personal_numbers import ABOUT_PHONES, NAMED, Span, before

REGIONS = tuple("US CA GB IE AU NZ IN DE AT CH FR BE NL ES PT IT SE DK NO PL BR JP".split())
"""Where numbers without the code of a country may be of, unless others are named (ISO 3166)."""

_AMERICANS = frozenset(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1])
"""The regions of the North American Numbering Plan."""

_GAP = rb"(?:[ .\-/]|\xc2\xa0|\)[ .\-/]?|[ .\-/]?\(|\()"
_BETWEEN = rb"(?:[ .\-/]|\xc2\xa0)"
_ABROAD = re.compile(rb"(?:\(?\+|00|\(\+)[1-9](?:\)?%s?\d+)+(?<=\d\d)" % _GAP)
_AMERICAN = re.compile(rb"(?<![\d.\-/])(?:1[ .\-])?(?:\([2-9]\d\d\) ?-?|[2-9]\d\d([ .\-]))[2-9]\d\d(?(1)\1|[ .\-])\d{4}(?![\d/]|[.\-]\d)")
_TRUNK = re.compile(
    rb"\(0\d{1,4}\)[ .\-/]?\d{2,5}(?:%s\d{2,5}){0,3}|\((?:\d\d)\)[ ]?\d{4,5}-\d{4}|0[1-9]\d{0,4}(?:%s\d{2,4}){2,4}|0[1-9]\d{1,4}[ \-/]\d{5,8}"
    % (_BETWEEN, _BETWEEN)
)
_BARE = re.compile(rb"(?!(?:(?:19|20)\d\d(?:[ \-]|$))+$)(?:\(\d{1,5}\)%s?)?\d{2,}(?:(?!/)%s\d{2,})*" % (_BETWEEN, _BETWEEN))
_DATE = re.compile(
    rb"(?:1[5-9]|20)\d\d([.\-/ ])(?:0?[1-9]|1[0-2])\1(?:[12]\d|3[01]|0?[1-9])(?!\d)"
    rb"|(?:[12]\d|3[01]|0?[1-9])([.\-/])(?:[12]\d|3[01]|0?[1-9])\2(?:1[5-9]|20)?\d\d(?!\d)"
    rb"|(?:1[5-9]|20)\d\d ?- ?(?:1[5-9]|20)\d\d(?!\d)"
)
_EXTENSION = re.compile(rb" ?(?:x|ext\.?|extension) ?\d{1,6}(?![A-Za-z0-9])")
_CALLED_SO = re.compile(rb"[ ,(\-]{0,3}(?:office|home|work|mobile|cell|fax|phone|tel)\b", re.I)
_LONGER = re.compile(rb"(?:\b10\.\d{4,9}/\S*|\d[,.:]|[^\s(\[\"'>:;,|/\-]\+|[$#_@%~^*&?\\]|\xe2\x82\xac|\xc2[\xa3\xa5]) ?$")
"""Before a number: it goes on to the left, or is a price, a value in a URL, a number of something."""

_JOINED = re.compile(rb"(?:[a-z0-9][.\-/=:]|\b(?:no|nr|id|ref)\b[.:#]? ?)$", re.I)
"""Before a number that nobody calls a telephone's: a longer thing that it belongs to, or a word for any number."""


def phones(text: bytes, start: int, stop: int, regions: tuple[str, ...] = REGIONS) -> list[Span]:
    """Telephone numbers of 7 to 15 digits (ITU-T E.164). With `+` or 00 and the code of a country: where that country gives out
    numbers of this length. As North America and countries with a leading 0 write them: where one of `regions` gives out such
    a number. Any that a word beside them calls so. No dates, prices or parts of longer things."""
    if text[start : start + 1] == b"(" and b")" not in text[start:stop]:
        start += 1
    if start and text[start : start + 1] == b"+" and text[start - 1 : start].isalnum():
        return []
    words, behind = before(text, start), text[stop : stop + 1]
    told = bool(ABOUT_PHONES.search(words) or _CALLED_SO.match(text, stop, stop + 16))
    if _DATE.match(text, start, stop) or _LONGER.search(words) or NAMED.search(words) or (not told and _JOINED.search(words)):
        return []
    extension = _EXTENSION.match(text, stop)
    if (behind.isalnum() or behind in (b"%", b"_", b"@")) and not extension:
        return []
    end = extension.end() if extension else stop
    digits = sum(48 <= letter <= 57 for letter in text[start:stop])
    extended = bool(extension and _AMERICAN.fullmatch(text, start, stop))
    if 7 <= digits <= 15 and _is_phone(text, (start, stop), regions, told=told or extended):
        return [(start, end)]
    within = [found.span() for found in _AMERICAN.finditer(text, start, min(stop + 2, len(text)))]
    return [span for span in within if _is_phone(text, span, regions, told=told)] if digits > 10 else []


def _is_phone(text: bytes, span: Span, regions: tuple[str, ...], *, told: bool) -> bool:
    written = text[slice(*span)]
    digits = sum(48 <= letter <= 57 for letter in written)
    if written.count(b"(") != written.count(b")"):
        return False
    if _ABROAD.fullmatch(text, *span):
        return digits >= 8 and (told or not written.isdigit()) and _reaches(written)
    if _AMERICAN.fullmatch(text, *span):
        return told or _is_given_out(written, tuple(region for region in regions if region in _AMERICANS))
    if _TRUNK.fullmatch(text, *span) and 9 <= digits <= 12:
        return told or _is_given_out(written, tuple(region for region in regions if region not in _AMERICANS))
    return told and digits <= 13 and bool(_BARE.fullmatch(text, *span))


@lru_cache(maxsize=1 << 14)
def _reaches(written: bytes) -> bool:
    """Whether there is a country with this code whose numbers may be so long."""
    dialled = re.sub(rb"^\(?\+|^00", b"+", written).decode()
    try:
        return bool(phonenumbers.is_possible_number(phonenumbers.parse(dialled)))
    except phonenumbers.NumberParseException:
        return False


@lru_cache(maxsize=1 << 14)
def _is_given_out(written: bytes, regions: tuple[str, ...]) -> bool:
    """Whether one of the regions gives out such a number."""
    for region in regions:
        try:
            if phonenumbers.is_valid_number_for_region(phonenumbers.parse(written.decode(), region), region):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def known_regions() -> frozenset[str]:
    """The regions whose numbers are known."""
    return frozenset(phonenumbers.SUPPORTED_REGIONS)
