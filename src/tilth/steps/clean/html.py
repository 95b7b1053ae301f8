"""clean.html: the text out of HTML, where a text has some."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from functools import lru_cache
from html.entities import html5

import pyarrow as pa

from tilth.record import Batch
from tilth.step import Map
from tilth.steps.clean._fields import Fields, roots
from tilth.text.normalise import each, where

_BLOCK = frozenset(
    "address article aside blockquote body caption center details dialog dir div dl fieldset figcaption figure footer form frameset h1 h2 h3 h4 "
    "h5 h6 head header hgroup html legend main menu nav ol optgroup p pre search section select summary table tbody tfoot thead title ul".split()
)
_LINE = frozenset("br hr li tr dt dd option".split())
_CELL = frozenset("td th".split())
_INLINE = frozenset(
    "a abbr acronym applet area audio b base basefont bdi bdo big button canvas cite code col colgroup data datalist del dfn em embed font frame "
    "i iframe img input ins kbd label link map mark marquee meta meter nobr noframes noscript object output param picture progress q rb rp rt rtc "
    "ruby s samp script slot small source span strike strong style sub sup svg template textarea time track tt u var video wbr o:p".split()
)
_ELEMENTS = _BLOCK | _LINE | _CELL | _INLINE
_ALONE = frozenset(
    "p br hr wbr li ul ol dl dt dd div span strong em h1 h2 h3 h4 h5 h6 tr td th tbody thead tfoot blockquote center html body head".split()
)
_BOOLEAN = frozenset(
    "allowfullscreen async autofocus autoplay border checked compact controls default defer disabled hidden inert ismap itemscope loop multiple "
    "muted nohref noresize noshade novalidate nowrap open playsinline readonly required reversed selected".split()
)

_ATTRIBUTES = r"""(?:\s++[^\s"'<>/=]++(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s"'<>]++))?+)*+\s*+"""
_MALFORMED = r"[\s/][^<>=]*+=[^<>]*+"
_TOKEN = re.compile(
    rf"<(?P<close>(?:/\s*+)?)(?P<name>[A-Za-z][A-Za-z0-9:]*+)(?P<attributes>{_ATTRIBUTES}(?P<empty>/?)\s*+(?=>)|{_MALFORMED}(?=>))>"
    r"|<(?:!doctype|\?xml|!\[(?:if|endif))[^<>]*>"
    r"|&(?P<entity>#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});",
    re.IGNORECASE,
)
_CLOSED = re.compile(r"</\s*+([A-Za-z][A-Za-z0-9:]*+)")
_UNSHOWN = (
    (re.compile("<!--"), re.compile("-->")),
    (re.compile(r"<script(?:\s[^<>]*+)?>", re.IGNORECASE), re.compile(r"</script\s*+>", re.IGNORECASE)),
    (re.compile(r"<style(?:\s[^<>]*+)?>", re.IGNORECASE), re.compile(r"</style\s*+>", re.IGNORECASE)),
)
_SHORT = 64
"""Characters of a tag, at most, that is remembered."""

_BLANK_LINES = re.compile(r"\n(?:[ \t]*+\n)+")


class Html(Map):
    """Tags and entities out of texts that have some; other texts stay as they are, byte for byte.

    A tag is `<`, the name of an HTML element, attributes written as such, `>`. So `a < b and c > d`,
    `<3`, `List<String>`, `x<y>z`, `<joe@example.com>` and `<https://example.org>` are text. So are names that people also
    write as placeholders or types (`<source>`, `Set<Object>`, `vector<a>`, `<b>`), unless they have
    attributes or the same text closes the element somewhere, and names in mixed case right after a
    letter (`Vec<Span>`). A tag that is cut off stays.

    Comments go, and `script` and `style` with all they hold. A block element becomes a newline at
    both its ends; `<br>`, `<hr>`, `<li>` and a table's `<tr>` one newline; a table's cell a space at
    both its ends; other tags nothing. Where tags went, several blank lines become one, and white
    space at the ends goes. Entities end in a semicolon and are decoded once: `&amp;lt;` becomes `&lt;`, which
    is why cleaning twice may change a text again. The parameters of `?a=1&copy=2`, and `AT&T`, stay.

    It is for text taken from pages, not for documents about HTML. Time grows with the text's length,
    whatever the text is.
    """

    fields: Fields = ("text",)
    """Columns or paths to clean."""

    def reads(self) -> tuple[str, ...]:
        """The columns of `fields`."""
        return roots(self.fields)

    def columns(self, batch: Batch) -> Mapping[str, pa.Array]:
        """The cleaned columns."""
        return batch.edit(self.fields, lambda array: where(array, r"<[A-Za-z/!?]|&[#A-Za-z][0-9A-Za-z]*;", each(_text)))


def _text(source: str) -> str:
    """What a reader of the page would see."""
    shown = source
    for opening, closing in _UNSHOWN:
        shown = _without(shown, opening, closing)
    closed = frozenset(map(str.lower, set(_CLOSED.findall(shown))))
    tags = 0

    def write(token: re.Match[str]) -> str:
        nonlocal tags
        whole = token[0]
        left = _left_anywhere(whole) if len(whole) <= _SHORT else None
        if left is None:
            left = _left(token, closed)
        tags += whole[0] == "<" and left != whole
        return left

    text = _TOKEN.sub(write, shown)
    return _BLANK_LINES.sub("\n\n", text).strip() if tags else text


def _without(text: str, opening: re.Pattern[str], closing: re.Pattern[str]) -> str:
    """The text without what stands from each `opening` to its `closing`; what is never closed stays."""
    kept, at = [], 0
    while (begin := opening.search(text, at)) and (end := closing.search(text, begin.end())):
        kept.append(text[at : begin.start()])
        at = end.end()
    return "".join(kept) + text[at:]


@lru_cache(maxsize=4096)
def _left_anywhere(whole: str) -> str | None:
    """What a tag or an entity leaves, if that is the same wherever it stands. The same few make up most of a page."""
    token = _TOKEN.fullmatch(whole)
    name = token["name"] if token else None
    if token is None or (name and not (name.islower() or name.isupper())):
        return None
    left = _left(token, frozenset())
    return left if not name or left == _left(token, frozenset([name.lower()])) else None


def _left(token: re.Match[str], closed: frozenset[str]) -> str:
    """What a tag or an entity leaves in a text that closes these elements; itself, if it is neither."""
    if token["entity"]:
        return _decoded(token)
    if token["name"] and not _is_tag(token, closed):
        return token[0]
    return _written(token["name"], closes=bool(token["close"]))


def _is_tag(token: re.Match[str], closed: frozenset[str]) -> bool:
    name, attributes = token["name"], token["attributes"].strip(" \t\r\n\f/")
    if name.lower() not in _ELEMENTS:
        return False
    if token["close"]:
        return True
    if not (name.islower() or name.isupper()) and token.string[token.start() - 1 : token.start()].isalnum():
        return False
    if attributes:
        return "=" in attributes or all(word.lower() in _BOOLEAN for word in attributes.split())
    return bool(token["empty"]) or name.lower() in _ALONE or name.lower() in closed


def _written(name: str | None, *, closes: bool) -> str:
    """What a tag leaves in the text."""
    element = (name or "").lower()
    if element in _BLOCK or (element in _LINE and not closes):
        return "\n"
    return " " if element in _CELL else ""


def _decoded(token: re.Match[str]) -> str:
    known = token["entity"].startswith("#") or f"{token['entity']};" in html5
    return html.unescape(token[0]) if known else token[0]
