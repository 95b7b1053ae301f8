"""Is this an address? E-mail, IP and MAC addresses, addresses of pages, and names and passwords in them.

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
AT_SIGN, LEAST_WIDE = 64, 128
_FILES = frozenset(b"bmp css gif htm html ico jpeg jpg js json local pdf png scss svg ts txt webp xml yaml yml".split())
"""What ends a file's name and no domain of the Internet."""

_LOGIN = re.compile(rb"://([^\s:/@?#\"'<>]*:[^\s/?#\"'<>]*)@(?=[A-Za-z0-9\[]|[\x80-\xff])")
_TEMPLATE = re.compile(rb"[${}%\[\]]|\*\*|^:|:$|:(?:pass(?:word|wd)?|pwd|x+|\.+)$", re.I)
_SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.\-]{1,30}$")

_IPV4 = re.compile(rb"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?!\d|\.\d)")
_VERSION = re.compile(
    rb"\b(?:v|ver(?:sion)?|release|build|rev(?:ision)?|firmware|section|chapter)[ .:=]{0,2}$|\b(?:oid|objectidentifier)[^A-Za-z0-9]{0,4}$"
    rb"|[a-z0-9_]/$|[a-z0-9_-]$",
    re.I,
)
LEAST_ALONE = 32
"""An octet from here on is neither a day nor, most often, the number of a section."""

_ABOUT_IP = re.compile(rb"\b(?:ip|ipv4|host|server|address|dns|ping|gateway|router|subnet|proxy|node)\b", re.IGNORECASE)
_IPV6 = re.compile(rb"[0-9A-Fa-f:]*:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]+")
_MAC = re.compile(rb"[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}")

_AT = rb"[ \t]*(?:\[[ \t]*%s[ \t]*\]|\([ \t]*%s[ \t]*\)|\{[ \t]*%s[ \t]*\}|<[ \t]*%s[ \t]*>)[ \t]*"
_SPELT_AT = re.compile(_AT % ((rb"(?:at|@)",) * 4) + rb"|[ \t]+AT[ \t]+", re.I)
_DOT = rb"(?:" + _AT % ((rb"(?:dot|\.)",) * 4) + rb"|[ \t]+dot[ \t]+|\.)"
_SPELT_HOST = re.compile(rb"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?%s){1,4}([a-z]{2,24})(?![a-z0-9])" % _DOT, re.I)
_SPELT_NAME = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._%+\-]{0,63}$")
_SPELT_DOT = re.compile(rb"\.|\bdot\b", re.I)

_LINK = re.compile(rb"[^\s\"<>\\^`{|}\x00-\x20\x7f]{1,2048}")
_SCHEMES = re.compile(rb"(?<![A-Za-z0-9+.\-])(?:https?|s?ftps?|wss?)$", re.I)
_MARKS = re.compile(rb"(?:\xe2\x80[\x98-\x9f\xa6]|\xc2[\xab\xbb\xa0]|\xe3\x80[\x80-\x91]|\xef\xbc[\x81\x88\x89\x8c\x9a\x9b\x9f]).*", re.DOTALL)
"""Quotation marks, dots, and the punctuation and brackets of Chinese and Japanese, which end an address of a page."""


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


def spelt(text: bytes, start: int, stop: int) -> Span | None:
    """An e-mail address with its `@` written as a word in brackets, or as `AT` where dots are words too: `bob (at) example dot com`."""
    opening = start - 1
    while opening >= 0 and text[opening] in b"([{< \t":
        opening -= 1
    sign = _SPELT_AT.match(text, opening + 1, stop + 16)
    name = _SPELT_NAME.search(text, max(0, opening - 63), opening + 1)
    host = _SPELT_HOST.match(text, sign.end(), sign.end() + 160) if sign else None
    if not sign or not name or not host or host[1].lower() in _FILES:
        return None
    bracketed, dots = any(letter in b"([{<" for letter in sign[0]), _SPELT_DOT.findall(host[0])
    if not bracketed and dots != [b"DOT"] * len(dots):
        return None
    return name.start(), host.end()


def link(text: bytes, start: int, stop: int) -> Span | None:
    """The address of a page: from `http://`, `https://`, `ftp://` and the like, or `www.`, to white space, a quotation mark or another
    character that RFC 3986 leaves out. Punctuation at its end is the sentence's, and so is a bracket that was not opened in it."""
    if text[start : start + 3] == b"://":
        scheme = _SCHEMES.search(text, max(0, start - 8), start)
        begin, host = (scheme.start(), start + 3) if scheme else (-1, -1)
    else:
        begin, host = (start, start) if start == 0 or text[start - 1] not in b"./@-_" else (-1, -1)
    found = _LINK.match(text, host) if host >= 0 else None
    written = _balanced(_MARKS.sub(b"", found[0])).rstrip(b".,;:!?'*") if found else b""
    return (begin, host + len(written)) if _is_host(written) else None


def _balanced(written: bytes) -> bytes:
    """It up to the first bracket that has no partner."""
    opened: list[int] = []
    for place, letter in enumerate(written):
        if letter in b"([":
            opened.append(place)
        elif letter in b")]":
            if not opened:
                return written[:place]
            opened.pop()
    return written[: opened[0]] if opened else written


def _is_host(written: bytes) -> bool:
    """Whether it begins with a letter, a digit or a bracket, and is more than `www.`."""
    return bool(written) and (written[:1].isalnum() or written[0] >= LEAST_WIDE or written[:1] == b"[") and written.lower().strip(b".") != b"www"
