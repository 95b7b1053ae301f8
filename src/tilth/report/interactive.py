"""What lets a reader explore the pictures of a page: their specifications, Vega once, and a short script.

All of it stands in the page. Nothing runs before a reader asks for it, but the script that puts a button
below each picture; without scripts, and in print, the page is what it is without this. The policy of the
page names the two scripts by their hashes, so no other can ever run, wherever a row's text ends up.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
from markupsafe import Markup

from tilth.report import specs, vega, vegalite
from tilth.report.facts import Facts
from tilth.report.harmless import visible

SPECS_BYTES = 600_000
"""What all specifications may take together; pictures beyond stay as they are drawn."""

_PLAIN = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_ESCAPED = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&\u2028\u2029"}


def block(facts: Facts) -> Markup:
    """What stands at the end of the page's body; nothing where there is nothing to explore."""
    chosen = dict(_bounded(facts))
    if not chosen:
        return Markup("")
    data = _encoded({"config": vegalite.CONFIG, "locale": vegalite.LOCALE, "pictures": chosen})
    return Markup(
        f'<script type="application/json" data-tilth="pictures">{data}</script>\n'
        f'<script type="text/plain" data-tilth="vega">{vega.bundle()}</script>\n'
        f"<script>{script()}</script>"
    )


def policy(block: Markup) -> Markup:
    """The Content-Security-Policy of a page that holds this block: no request of any kind, no script but its own."""
    if not block:
        return Markup(_PLAIN)
    return Markup(f"{_PLAIN}; connect-src 'none'; script-src {_hashes()}")


@cache
def _hashes() -> str:
    return f"{vega.hash_of(script())} {vega.hash_of(vega.bundle())}"


@cache
def script() -> str:
    """The script that puts the buttons."""
    return (Path(__file__).parent / "templates" / "interactive.js").read_text("utf-8")


def _bounded(facts: Facts) -> Iterator[tuple[str, msgspec.Raw | None]]:
    """The specifications by the names that their figures bear on the page, as many as there is room for; nothing for a
    name that was met before, which two long ones may be when they are cut."""
    spent, met = 0, set()
    for identity, spec in specs.pictures(facts):
        name, encoded = visible(identity), msgspec.json.encode(spec)
        spent += len(encoded)
        if spent > SPECS_BYTES:
            return
        yield name, None if name in met else msgspec.Raw(encoded)
        met.add(name)


def _encoded(value: object) -> str:
    """JSON that stays within its element: what could end it or a line is written as an escape."""
    return msgspec.json.encode(value).decode().translate(_ESCAPED)
