"""Is this an address or a key? E-mail, IP and MAC addresses, names and passwords in URLs, keys and tokens.

Every rule takes the bytes of a text and where to look, and tells where a finding begins and ends, or None.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address

Span = tuple[int, int]

_LATIN = rb"\xc3[\x80-\xbf]|[\xc4-\xc9][\x80-\xbf]"
_LABEL = rb"(?:[A-Za-z0-9]|%s)(?:(?:[A-Za-z0-9-]|%s){0,61}(?:[A-Za-z0-9]|%s))?" % (_LATIN, _LATIN, _LATIN)
_EMAIL = re.compile(
    rb"(?:[A-Za-z0-9_]|%s)(?:[A-Za-z0-9_%%+\-'~&]|\.(?!\.)|%s)*(?<![.'&])@(?:%s\.){1,8}(xn--[A-Za-z0-9-]{2,59}|[A-Za-z]{2,24})(?![A-Za-z0-9]|-[A-Za-z0-9])"
    % (_LATIN, _LATIN, _LABEL)
)
_NO_NAME = re.compile(rb"(?!%s)[\x80-\xff]|[.%%+\-'~&]" % _LATIN)
AT_SIGN = 64
_FILES = frozenset(b"bmp css gif htm html ico jpeg jpg js json local pdf png scss svg ts txt webp xml yaml yml".split())
"""What ends a file's name and no domain of the Internet."""

_LOGIN = re.compile(rb"://([^\s:/@?#\"'<>]*:[^\s/?#\"'<>]*)@(?=[A-Za-z0-9\[]|[\x80-\xff])")
_TEMPLATE = re.compile(rb"[${}%\[\]]|\*\*|^:|:$")
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.\-]{1,30}$")

_IPV4 = re.compile(rb"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?!\d|\.\d)")
_VERSION = re.compile(rb"\b(?:v|ver(?:sion)?|release|build|rev(?:ision)?|firmware|section|chapter)[ .:=]{0,2}$|[a-z0-9_]/$|[a-z0-9_-]$", re.I)
LEAST_ALONE = 32
"""An octet from here on is neither a day nor, most often, the number of a section."""

_ABOUT_IP = re.compile(rb"\b(?:ip|ipv4|host|server|address|dns|ping|gateway|router|subnet|proxy|node)\b", re.IGNORECASE)
_IPV6 = re.compile(rb"[0-9A-Fa-f:]*:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]+")
_MAC = re.compile(rb"[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}")

_SECRETS = (
    rb"(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    rb"AIza[A-Za-z0-9_\-]{35}(?![A-Za-z0-9_\-])",
    rb"gh[pousr]_[A-Za-z0-9]{36,255}",
    rb"github_pat_[A-Za-z0-9_]{60,255}",
    rb"glpat-[A-Za-z0-9_\-]{20,64}",
    rb"xox[abeoprs]-(?=[A-Za-z\-]*\d)[A-Za-z0-9\-]{10,255}",
    rb"npm_[A-Za-z0-9]{36}",
    rb"pypi-[A-Za-z0-9_\-]{50,255}",
    rb"ya29\.[A-Za-z0-9_\-]{20,512}",
    rb"sk-(?:[a-z]{2,8}-|[a-z]{3}\d\d-){0,2}(?=[A-Za-z_\-]{0,80}\d)(?=[0-9a-z_\-]{0,80}[A-Z]|[0-9a-f]{32})[A-Za-z0-9_\-]{20,255}",
    rb"[sr]k_live_[A-Za-z0-9]{16,255}",
    rb"hf_(?=[a-z]{0,34}[A-Z])[A-Za-z0-9]{30,64}(?![A-Za-z0-9])",
    rb"SG\.[A-Za-z0-9_\-]{16,32}\.[A-Za-z0-9_\-]{16,64}",
    rb"eyJ[A-Za-z0-9_\-]{8,4096}\.eyJ[A-Za-z0-9_\-]{8,16384}\.[A-Za-z0-9_\-]{0,1024}",
    rb"-----BEGIN (?:[A-Z0-9]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----(?:[^-]{0,16384}-----END (?:[A-Z0-9]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----)?",
)
_SECRET = re.compile(b"|".join(_SECRETS))


def email(text: bytes, start: int, stop: int) -> Span | None:
    """An address with a name, a domain of two labels or more and a last one of letters. Not `git@`, which logs in at a
    server, what ends as a file does (`icon@2x.png`), or names in a social network (`@name@example.social`)."""
    while start < stop and (_NO_NAME.match(text, start) or (start and text[start - 1 : start + 1].isalnum())):
        start += 1
    if text[start : start + 1] in (b"n", b"r", b"t") and text[start - 1 : start] == b"\\":  # a line break written out
        start += 1
    found = _EMAIL.match(text, start)
    if not found or found[1].lower() in _FILES or found[0].startswith(b"git@") or (start and text[start - 1] == AT_SIGN):
        return None
    return found.span()


def login(text: bytes, start: int, stop: int) -> Span | None:
    """The user's name and password in `scheme://name:password@host`; not those that a template will fill in."""
    found = _LOGIN.match(text, start, stop)
    if not found or _TEMPLATE.search(found[1]) or not _SCHEME.search(text, max(0, start - 32), start):
        return None
    return found.span(1)


def ipv4(text: bytes, start: int, stop: int) -> list[Span]:
    """The IPv4 addresses among digits and dots: none of this machine, no masks and no numbers of versions. Four small
    numbers may also be a chapter's or a date's: they are an address only where words say so, or all four are the same."""
    return [found.span() for found in _IPV4.finditer(text, start, min(stop + 2, len(text))) if _is_ipv4(text, found)]


def _is_ipv4(text: bytes, found: re.Match[bytes]) -> bool:
    start = found.start()
    before = text[max(0, start - 40) : start]
    octets = IPv4Address(found[0].decode()).packed
    if octets[0] in (0, 127, 255) or _VERSION.search(before):
        return False
    return max(octets) >= LEAST_ALONE or len(set(octets)) == 1 or bool(_ABOUT_IP.search(before))


def ipv6(text: bytes, start: int, stop: int) -> Span | None:
    """An IPv6 address with three groups at least or an IPv4 address at its end, and a digit; not that of this machine."""
    found = _IPV6.match(text, start)
    written = found[0].rstrip(b":") if found else b""
    groups = [group for group in written.split(b":") if group]
    if (len(groups) < 3 and b"." not in written) or not any(letter in b"0123456789" for letter in written):
        return None
    try:
        IPv6Address(written.decode())
    except AddressValueError:
        return None
    return start, start + len(written)


def mac(text: bytes, start: int, stop: int) -> Span | None:
    """A MAC address: six pairs of hexadecimal digits. With dashes, one at least must be a letter; not all of them the same."""
    found = _MAC.fullmatch(text, start, stop)
    if not found or len(set(found[0].lower())) <= 2:
        return None
    return found.span() if found[1] == b":" or not found[0].replace(b"-", b"").isdigit() else None


def secret(text: bytes, start: int, stop: int) -> Span | None:
    """A key or token, by how those of known makers begin and how long they are; a private key with all that belongs to it."""
    found = _SECRET.match(text, start)
    return found.span() if found else None
