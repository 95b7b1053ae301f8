"""Invented values that stand for hidden ones: of the same kind, and nobody's.

Each is of a range that is kept for examples or never given out, so no invented value is somebody's: names of hosts under
`example.com` (RFC 2606), IPv4 addresses from 240.0.0.0 on (reserved by RFC 1112, section 4), IPv6 addresses of RFC 3849, hardware addresses
that no maker gives out (locally administered, RFC 7042), telephone numbers 555-0100 to 0199 (North American Numbering Plan) with an
extension, social security numbers that begin with 000, cards that begin with 9999, bank accounts of the country XX. Names are put
together from syllables.

Two values that are not the same may get the same surrogate, where chance has it: of n values about n² / 2N pairs, N being
the number of surrogates (`DISTINCT`).
"""

from __future__ import annotations

import re
from collections.abc import Callable

_FIRST = tuple("Al Ar Bel Bri Cal Cor Da Del El Em Fal Fe Gar Gwe Hal Hes Il Is Jo Jes Kae Kel Lo Lu Mar Mi Ne Nol Or Pe Ro Sa".split())
_LAST = tuple("bin da dan den dra fa gan len lia lin lo ma mir mon na nel nor ra ren ria rik ris sa sen ta thea tis va ven via win zan".split())
_HEAD = tuple(
    "Ash Bar Ben Birk Bram Bran Brom Cald Car Chal Clay Crom Dal Den Dray Dun Eas Elm Fair Fen Fern Gar Glen Gran Hal Har Hart Hazel "
    "Hol Ingle Kes Lang Lark Lin Mar Mer North Oak Pem Quil Raven Sel Thack Thorn Umber Wes Win Yar".split()
)
_MIDDLE = tuple("a be den e er ing is land low mer o on ring ster u wen".split())
_TAIL = tuple(
    "bank beck bourne bridge brook burn bury by cliffe combe cote croft dale dell don field fold ford gate grave grove ham hill holm holt "
    "hurst lake land leigh ley lock low mead mere mond moor more ridge sall shaw side stead stone thorpe ton vale wick worth".split()
)

DISTINCT = {
    "person": len(_FIRST) * len(_LAST) * len(_HEAD) * len(_MIDDLE) * len(_TAIL),
    "family": len(_HEAD) * len(_MIDDLE) * len(_TAIL),
    "email": 2**48,
    "url": 2**48,
    "url_credentials": 2**48,
    "phone": 800 * 100 * 9_000,
    "card": 10**11,
    "iban": 10**16,
    "ssn": 99 * 9_999,
    "ip": 15 * 2**24,
    "mac": 2**40,
    "date_of_birth": 28 * 12 * 75,
}
"""How many surrogates there are of a kind; `family`: of a person called by one name. Of IPv6 addresses there are 2⁴⁸."""

_MONTHS = tuple("January February March April May June July August September October November December".split())
_TITLE = re.compile(r"^(?:(?:dr|mr|mrs|ms|miss|mx|prof|sir|madam|herr|frau|mme|sr|sra)\b\.?\s+)+", re.IGNORECASE)


def surrogate(kind: str, found: str, drawn: bytes) -> str | None:
    """An invented value of a kind, from 32 drawn bytes; None where none is invented, as for secrets."""
    return _INVENTED[kind](found, drawn) if kind in _INVENTED else None


def same(kind: str, found: str) -> str:
    """The form in which two ways of writing one value are equal: digits alone, or lower case and single spaces."""
    if kind in ("phone", "card", "ssn"):
        return re.sub(r"\D", "", found)
    if kind in ("url", "url_credentials"):  # upper and lower case differ behind the host
        return found.strip()
    if kind == "person":
        found = _untitled(found)
    return re.sub(r"\s+", "" if kind == "iban" else " ", found.strip()).casefold()


def _number(drawn: bytes, below: int, start: int = 0) -> int:
    return int.from_bytes(drawn[start : start + 8], "big") % below


def _email(found: str, drawn: bytes) -> str:
    return f"user-{drawn[:6].hex()}@example.com"


def _phone(found: str, drawn: bytes) -> str:
    """With an extension, for there are but 100 such numbers to an area code."""
    return f"{200 + _number(drawn, 800)}-555-{100 + _number(drawn, 100, 8):04} ext. {1000 + _number(drawn, 9000, 16)}"


def _card(found: str, drawn: bytes) -> str:
    digits = f"9999{_number(drawn, 10**11):011}"
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(digits)]
    return f"{digits}{-sum(value - 9 * (value > 9) for value in doubled) % 10}"


def _iban(found: str, drawn: bytes) -> str:
    """Of the country XX, which ISO 3166 leaves to users; its check digits are right (ISO 7064, mod 97-10)."""
    account = f"{_number(drawn, 10**16):016}"
    return f"XX{98 - int(f'{account}333300') % 97:02}{account}"


def _ssn(found: str, drawn: bytes) -> str:
    return f"000-{1 + _number(drawn, 99):02}-{1 + _number(drawn, 9999, 8):04}"


def _ip(found: str, drawn: bytes) -> str:
    if ":" in found:
        return f"2001:db8:{drawn[0:2].hex()}:{drawn[2:4].hex()}::{drawn[4:6].hex()}"
    return f"{240 + _number(drawn, 15, 8)}.{drawn[0]}.{drawn[1]}.{drawn[2]}"


def _mac(found: str, drawn: bytes) -> str:
    return f"02:{drawn[:5].hex(':')}"


def _person(found: str, drawn: bytes) -> str:
    """A given and a family name; for a single word a family name alone. A title that was part of the value is not put there."""
    place = _number(drawn, DISTINCT["person"])
    parts = []
    for some in (_FIRST, _LAST, _HEAD, _MIDDLE, _TAIL):
        place, one = divmod(place, len(some))
        parts.append(some[one])
    family = "".join(parts[2:])
    return f"{parts[0]}{parts[1]} {family}" if re.search(r"\s", _untitled(found)) else family


def _untitled(found: str) -> str:
    return _TITLE.sub("", found.strip())


def _url(found: str, drawn: bytes) -> str:
    """Of the same scheme, if it has one."""
    scheme, mark, _ = found.partition("://")
    return f"{scheme + mark if mark else 'www.'}example.com/{drawn[:6].hex()}"


def _credentials(found: str, drawn: bytes) -> str:
    """A name and a password; in a whole address, at a host of the same scheme."""
    scheme, mark, _ = found.partition("://")
    told = f"user-{drawn[:3].hex()}:{drawn[3:6].hex()}"
    return f"{scheme}://{told}@example.com" if mark else told


def _birth(found: str, drawn: bytes) -> str:
    """Another day of the same form: each run of digits that may be a day, a month or a year is drawn again."""
    day, month, year = 1 + _number(drawn, 28), 1 + _number(drawn, 12, 8), 1930 + _number(drawn, 75, 16)
    if re.search(r"[^\W\d_]", found):  # a month in words
        return f"{day} {_MONTHS[month - 1]} {year}"
    mark = next((one for one in "/.-" if one in found), "-")
    ordered = (f"{year}", f"{month:02}", f"{day:02}")
    return mark.join(ordered if re.match(r"\d{4}", found) else (ordered[2], ordered[1], ordered[0]))


_INVENTED: dict[str, Callable[[str, bytes], str]] = {
    "email": _email,
    "phone": _phone,
    "card": _card,
    "iban": _iban,
    "ssn": _ssn,
    "ip": _ip,
    "mac": _mac,
    "person": _person,
    "date_of_birth": _birth,
    "url": _url,
    "url_credentials": _credentials,
}
