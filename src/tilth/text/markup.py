"""What HTML leaves in a text: entities and tags, told by the names that HTML knows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from html.entities import html5

import numpy as np
import numpy.typing as npt

from tilth.text.kernel import Bytes, Offsets, kept, kernel

TAGS = """
    a abbr acronym address applet area article aside audio b base basefont bdi bdo big blink blockquote body br button canvas caption center
    cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed fieldset figcaption figure font footer form frame
    frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label legend li link main map mark marquee menu meta meter
    nav nobr noframes noscript object ol optgroup option output p param picture pre progress q rp rt ruby s samp script search section select
    slot small source span strike strong style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul
    var video wbr
"""
"""The elements of the HTML standard (section 4), and those that it calls obsolete."""

LONGEST = 2000
"""Bytes of a tag, at most."""

AMPERSAND, HASH, SEMICOLON, LESS, MORE, SLASH, EQUALS, BANG, DASH = b"&#;<>/=!-"
SMALL_X = 120


@cache
def entity_names() -> npt.NDArray[np.int64]:
    """The hashes of the names of HTML's entities, in order."""
    return kept("entities", lambda: _hashes(name[:-1] for name in html5 if name.endswith(";")))


@cache
def tag_names() -> npt.NDArray[np.int64]:
    """The hashes of the names of HTML's elements and of `doctype`, in order."""
    return kept("tags", lambda: _hashes([*TAGS.split(), "doctype"]))


def _hashes(names: Iterable[str]) -> npt.NDArray[np.int64]:
    encoded = [np.frombuffer(name.encode(), np.uint8) for name in names]
    return np.array(sorted(_hash(name, 0, len(name), 0) for name in encoded), np.int64)


@kernel
def _hash(data: Bytes, at: int, end: int, fold: int) -> int:
    """FNV-1a over these bytes, each with the bits of `fold` set."""
    told = np.uint64(0xCBF29CE484222325)
    for place in range(at, end):
        told = (told ^ np.uint64(data[place] | np.uint8(fold))) * np.uint64(0x100000001B3)
    return int(np.int64(told))


@kernel
def _knows(names: Offsets, told: int) -> bool:
    place = np.searchsorted(names, told)
    return bool(place < len(names) and names[place] == told)


@kernel
def entity(data: Bytes, at: int, names: Offsets) -> bool:
    """Whether an entity begins at this ampersand."""
    begin = at + 1
    if begin < len(data) and data[begin] == HASH:
        hexadecimal = begin + 1 < len(data) and data[begin + 1] | 0x20 == SMALL_X
        begin += 1 + hexadecimal
        end = begin
        while end < min(begin + 7 - hexadecimal, len(data)) and (_is_digit(data[end]) or (hexadecimal and 97 <= data[end] | 0x20 <= 102)):
            end += 1
        return end > begin and end < len(data) and data[end] == SEMICOLON
    end = begin
    while end < min(begin + 33, len(data)) and (_is_letter(data[end]) or _is_digit(data[end])):
        end += 1
    return end > begin and end < len(data) and data[end] == SEMICOLON and _knows(names, _hash(data, begin, end, 0))


@kernel
def tag(data: Bytes, at: int, names: Offsets) -> bool:
    """Whether a tag, a comment or a document type begins at this sign."""
    begin = at + 1
    closing = begin < len(data) and data[begin] == SLASH
    declared = begin < len(data) and data[begin] == BANG
    if declared and begin + 2 < len(data) and data[begin + 1] == DASH and data[begin + 2] == DASH:
        return True
    begin += closing or declared
    end = begin
    while end < min(begin + 11, len(data)) and (_is_letter(data[end]) or _is_digit(data[end])):
        end += 1
    return end > begin and end < len(data) and _closes(data, end, declared) and _knows(names, _hash(data, begin, end, 0x20))


@kernel
def _closes(data: Bytes, at: int, valued: int) -> bool:
    """Whether attributes, or none, and the end of a tag stand here. Attributes without a value are taken for words, unless `valued`."""
    space = data[at] == 32 or 9 <= data[at] <= 13
    if not space and data[at] != MORE and data[at] != SLASH:
        return False
    bare = True
    for place in range(at, min(at + LONGEST, len(data))):
        letter = data[place]
        if letter == MORE:
            return valued != 0 or bare
        if letter == LESS:
            return False
        valued = valued or letter == EQUALS
        bare = bare and (letter == SLASH or letter == 32 or 9 <= letter <= 13)
    return False


@kernel
def _is_letter(letter: int) -> bool:
    return 97 <= letter | 0x20 <= 122


@kernel
def _is_digit(letter: int) -> bool:
    return 48 <= letter <= 57
