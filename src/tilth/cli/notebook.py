"""A survey in a notebook: one fragment of HTML, everything escaped, nothing loaded, legible on light and dark."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

import pyarrow as pa

from tilth.cli.drawing import percent, short
from tilth.cli.lines import number, one_line
from tilth.cli.showing import plain_rows
from tilth.cli.wording import header, values_in_words
from tilth.survey.facts import Column, Distribution, Survey, Texts
from tilth.survey.notes import NO_ROWS, PERSONAL, rows_of

STYLE = (
    ".tilth-look{font:13px/1.45 system-ui,sans-serif;color:inherit;max-width:72em}"
    ".tilth-look table{border-collapse:collapse;margin:.6em 0;font-size:12px}"
    ".tilth-look th,.tilth-look td{padding:2px 10px 2px 0;text-align:left;vertical-align:top;background:none;"
    "border-bottom:1px solid rgba(128,128,128,.25)}"
    ".tilth-look td.n{text-align:right;font-variant-numeric:tabular-nums}"
    ".tilth-look .bar{display:inline-block;width:64px;height:8px;background:rgba(128,128,128,.22);border-radius:2px;overflow:hidden}"
    ".tilth-look .bar i{display:block;height:8px;background:#4c8bb8}"
    ".tilth-look .dim{opacity:.7}.tilth-look ul{margin:.4em 0;padding-left:1.3em}"
    ".tilth-look h4{margin:1em 0 .2em;font-size:13px}.tilth-look svg{display:block}"
    ".tilth-look td.t{max-width:44em;white-space:pre-wrap;overflow-wrap:anywhere}"
)
WIDE, HIGH = 420, 60


def in_html(survey: Survey, table: pa.Table, matched: str) -> str:
    """The survey and the rows that are shown."""
    return f'<div class="tilth-look"><style>{STYLE}</style>{"".join(_parts(survey, table, matched))}</div>'


def _parts(survey: Survey, table: pa.Table, matched: str) -> Iterator[str]:
    counted, reached = header(survey)
    yield f"<div><b>{_safe(survey.name, 200)}</b> {escape(counted)}</div>"
    yield from (f'<div class="dim">{escape(said)}</div>' for said in (matched, reached) if said)
    notes = [note for note in survey.notes if not (matched and note == NO_ROWS)]
    if notes:
        yield f"<ul>{''.join(f'<li>{_with_code(_safe(note, 400))}</li>' for note in notes)}</ul>"
    if survey.reach.rows:
        yield _columns(survey.columns)
        yield from (_text(one) for one in survey.texts)
        yield _rows(table)


def _safe(value: object, longest: int) -> str:
    return escape(one_line(value, longest))


def _with_code(words: str) -> str:
    """Escaped words in which what stands between backticks is code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", words)


def _bar(share: float) -> str:
    return f'<span class="bar" title="{percent(share)}"><i style="width:{share:.1%}"></i></span>'


def _columns(columns: Sequence[Column]) -> str:
    rows = "".join(
        f"<tr><td>{_safe(one.name, 60)}</td><td>{escape(one.kind)}</td><td>{_bar(one.filled.value)}</td>"
        f'<td class="n">{percent(one.filled.value)}</td>'
        f'<td class="n">{"" if one.distinct is None else f"{one.distinct:,}"}</td><td>{escape(values_in_words(one))}</td></tr>'
        for one in columns
    )
    return f"<table><tr><th>column</th><th>type</th><th colspan=2>filled</th><th>distinct</th><th>values</th></tr>{rows}</table>"


def _text(one: Texts) -> str:
    told: list[tuple[str, str]] = []
    for name, lengths in (("characters", one.characters), ("words", one.words), ("tokens (bytes ÷ 4)", one.tokens)):
        if lengths.n:
            ends = (
                f"median {number(round(lengths.quantiles[50]))}, 90% {number(round(lengths.quantiles[5]))} to {number(round(lengths.quantiles[95]))}"
            )
            told.append((name, f"{ends}, {short(lengths.total)} in all"))
    if one.languages:
        total = sum(count for _, count in one.languages)
        told.append(("languages", ", ".join(f"{one_line(code, 20)} {percent(count / total)}" for code, count in one.languages[:8])))
    if one.copies is not None:
        near = f"; near or exact {percent(one.copies.near.value)} of {one.copies.near.of:,}" if one.copies.near else ""
        told.append(("copies", f"{one.copies.exact.rows:,} exact{near}"))
    if one.damage:
        told.append(("damage", ", ".join(f"{kind.replace('_', ' ')} {percent(share.value)}" for kind, share in one.damage.items())))
    if one.personal:
        told.append(("likely personal data", ", ".join(f"{PERSONAL.get(kind, kind)} in {rows_of(rows)}" for kind, (rows, _) in one.personal.items())))
    broken = sorted((rule for rule in one.quality if rule.breaks.rows), key=lambda rule: -rule.breaks.value)[:6]
    rules = "".join(
        f"<tr><td>breaks {rule.set}.{rule.rule}: {rule.limit}</td><td>{_bar(rule.breaks.value)} {percent(rule.breaks.value)}</td></tr>"
        for rule in broken
    )
    lines = "".join(f"<tr><td>{escape(name)}</td><td>{escape(said)}</td></tr>" for name, said in told)
    return f"<h4>{_safe(one.column, 60)}</h4>{_histogram(one.characters)}<table>{lines}{rules}</table>"


def _histogram(one: Distribution) -> str:
    """How lengths lie, as bars of one picture with its ends named."""
    if not one.n:
        return ""
    most, step = max([*one.counts, 1]), WIDE / len(one.counts)
    bars = "".join(
        f'<rect x="{place * step:.1f}" y="{HIGH - HIGH * count / most:.1f}" width="{max(1.0, step - 1):.1f}" '
        f'height="{HIGH * count / most:.1f}" fill="#4c8bb8">'
        f"<title>{short(one.edges[place])} to {short(one.edges[place + 1])}: {count:,}</title></rect>"
        for place, count in enumerate(one.counts)
        if count
    )
    said = f"characters, {short(one.least)} to {short(one.greatest)}"
    ends = f'<text x="0" y="{HIGH + 12}">{short(one.edges[0])}</text><text x="{WIDE}" y="{HIGH + 12}" text-anchor="end">{short(one.edges[-1])}</text>'
    return f'<svg width="{WIDE}" height="{HIGH + 16}" role="img" aria-label="{said}" font-size="10" fill="currentColor">{bars}{ends}</svg>'


def _rows(table: pa.Table) -> str:
    names = [
        name
        for name in table.column_names
        if name not in ("origin", "parents") and not (name == "id" and pa.types.is_fixed_size_binary(table[name].type))
    ]
    head = "".join(f"<th>{_safe(name, 40)}</th>" for name in names)
    rows = "".join(f"<tr>{''.join(f'<td class=t>{_safe(row[name], 300)}</td>' for name in names)}</tr>" for row in plain_rows(table))
    return f"<table><tr>{head}</tr>{rows}</table>"
