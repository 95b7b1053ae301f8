"""Invented values that stand for hidden ones: of the same kind, and nobody's.

Each is of a range that is kept for examples or never given out, so no invented value is somebody's: names of hosts under
`example.com` (RFC 2606), addresses of RFC 5737, RFC 3849 and RFC 7042, telephone numbers 555-0100 to 0199 (North American
Numbering Plan), social security numbers that begin with 000, cards that begin with 9999, bank accounts of the country XX.
"""

from __future__ import annotations

import re
from collections.abc import Callable

GIVEN = ("Alba", "Bram", "Cleo", "Dorian", "Edda", "Falk", "Gwen", "Hale", "Iris", "Joss", "Kaia", "Lorn", "Mira", "Niko", "Orla", "Piers")
_SOME = ("Ashdown", "Birkett", "Calloway", "Drummer", "Eastlake", "Fernsby", "Garrow", "Hollis", "Inglewood", "Jessop", "Kestrel", "Larkin")
_MORE = ("Merriden", "Northgate", "Oakes", "Pemberley", "Quillon", "Ravensby", "Sorrel", "Thackery", "Umberly", "Vantry", "Westmark", "Yarrow")
FAMILY = (*_SOME, *_MORE)


def surrogate(kind: str, found: str, drawn: bytes) -> str | None:
    """An invented value of a kind, from 32 drawn bytes; None where none is invented, as for secrets."""
    return _INVENTED[kind](found, drawn) if kind in _INVENTED else None


def same(kind: str, found: str) -> str:
    """The form in which two ways of writing one value are equal: digits alone, or lower case and single spaces."""
    if kind in ("phone", "card", "ssn"):
        return re.sub(r"\D", "", found)
    return re.sub(r"\s+", "" if kind == "iban" else " ", found.strip()).casefold()


def _number(drawn: bytes, below: int, start: int = 0) -> int:
    return int.from_bytes(drawn[start : start + 8], "big") % below


def _email(found: str, drawn: bytes) -> str:
    return f"user-{drawn[:6].hex()}@example.com"


def _phone(found: str, drawn: bytes) -> str:
    return f"{200 + _number(drawn, 800)}-555-{100 + _number(drawn, 100, 8):04}"


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
    return f"{('192.0.2', '198.51.100', '203.0.113')[_number(drawn, 3)]}.{1 + _number(drawn, 254, 8)}"


def _mac(found: str, drawn: bytes) -> str:
    return f"00:00:5e:00:53:{drawn[0]:02x}"


def _person(found: str, drawn: bytes) -> str:
    family = FAMILY[_number(drawn, len(FAMILY), 8)]
    return f"{GIVEN[_number(drawn, len(GIVEN))]} {family}" if " " in found.strip() else family


def _birth(found: str, drawn: bytes) -> str:
    """Another day of the same form: each run of digits that may be a day, a month or a year is drawn again."""
    day, month, year = 1 + _number(drawn, 28), 1 + _number(drawn, 12, 8), 1930 + _number(drawn, 75, 16)
    if re.search(r"[^\W\d_]", found):  # a month in words
        return f"{day} {('January', 'March', 'May', 'July', 'August', 'October')[month % 6]} {year}"
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
}
