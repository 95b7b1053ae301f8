"""How the text of a row is built from its columns: the setting `text` of `source.files`, and what it is made of."""

from __future__ import annotations

import keyword
from collections.abc import Sequence
from dataclasses import dataclass

from tilth.survey.facts import Column, Survey, Texts
from tilth.survey.yaml import said

FILLED = 0.2
"""A column of texts is a part of the row's text where at least this share of the rows has it."""

SPOKEN = 0.8
"""The share of its texts that must be in some language: lists of codes and of names are in none."""

SILENT = ("zxx", "und", "un")
"""Codes of what is in no language."""

WORDLESS = 0.95
"""Where more of the texts than this have fewer than two of the commonest words, English ones are no sentences."""

FIRST = ("title", "name", "headline", "heading", "subject", "question")
"""Columns that people read first."""

PARTS = {
    "instruction": ("instruction", "input", "output"),
    "prompt_completion": ("prompt", "completion"),
    "question_answer": ("context", "question", "answer"),
    "preference": ("prompt", "chosen"),
}
"""The parts of a row in the order in which they are read, by the format of the rows."""

SHAPES = {
    "messages": "conversations of roles and contents (a chat)",
    "sharegpt": "conversations in the layout of ShareGPT (a chat)",
    "instruction": "instructions with their answers",
    "prompt_completion": "prompts with their completions",
    "question_answer": "questions with their answers",
    "preference": "preferences: an answer that was chosen beside one that was rejected",
}
"""What rows of a format are."""

TURNS = "{% for turn in {column} or [] %}{{ turn.content or turn.value }}\n\n{% endfor %}"


@dataclass(frozen=True)
class Built:
    """The setting `text` (null: the column `text` is there already, or there is no text at all), the columns that the text is
    made of, and why; `shape`: what the rows are, where they are more than texts."""

    text: str | None
    columns: tuple[str, ...] = ()
    why: str = ""
    shape: str = ""


def built(survey: Survey) -> Built:
    """How the text of these rows is built."""
    kinds = {column.name: column for column in survey.columns}
    if survey.format in SHAPES:
        return _shaped(survey, kinds)
    named = survey.format_columns.get("text")
    found = [named] if named else _prose(survey, kinds)
    if not found:
        return Built(None)
    if len(found) == 1 and kinds[found[0]].kind != "list":
        only = found[0]
        return Built(None if only == "text" else only, (only,), "" if only == "text" else f"`{said(only)}` is the column of texts.")
    parts = "\n\n".join(_part(kinds[name]) for name in found)
    return Built(parts, tuple(found), f"The text is built from {_listed(found)}; a row may lack some of them.")


def _prose(survey: Survey, kinds: dict[str, Column]) -> list[str]:
    """The columns of a table that are read as texts: those that are read first, and then as they stand."""
    texts = {one.column: one for one in survey.texts}
    found = [name for name, column in kinds.items() if _is_title(column) or name in texts and _is_prose(column, texts[name])]
    if not any(name in texts for name in found):
        return []
    nameable = [name for name in found if is_variable(name)]
    if len(nameable) < len(found):  # a template cannot name them: the longest alone
        longest = next(one.column for one in survey.texts if one.column in found)
        return [longest] if kinds[longest].kind != "list" or is_variable(longest) else nameable
    return sorted(found, key=lambda name: name.lower() not in FIRST)


def _is_title(column: Column) -> bool:
    """Whether it is short, and what people read first: such columns may not have been measured as texts."""
    return column.kind == "text" and column.name.lower() in FIRST and column.filled.value >= FILLED


def _is_prose(column: Column, texts: Texts) -> bool:
    spoken = sum(rows for code, rows in texts.languages if code not in SILENT)
    wordless = next((one.breaks.value for one in texts.quality if one.rule == "stop_words"), 0.0)
    english = bool(texts.languages) and texts.languages[0][0] == "en"
    judged = sum(rows for _, rows in texts.languages)
    enough = column.kind in ("text", "list") and column.filled.value >= FILLED and spoken >= SPOKEN * judged
    return enough and not (english and wordless > WORDLESS)


def _shaped(survey: Survey, kinds: dict[str, Column]) -> Built:
    """The text of rows that are more than a text: what a reader would read from top to bottom."""
    shape = SHAPES[survey.format]
    if survey.format in ("messages", "sharegpt"):
        names = [survey.format_columns["messages"]]
    else:
        names = [survey.format_columns[part] for part in PARTS[survey.format] if part in survey.format_columns]
    names = [name for name in names if is_variable(name) and kinds[name].kind != "empty"]
    if not names:
        return Built(None, shape=shape)
    parts = "\n\n".join(_part(kinds[name]) for name in names)
    return Built(parts, tuple(names), f"The text, by which rows are compared and measured, is built from {_listed(names)}.", shape)


def _part(column: Column) -> str:
    """What a template says for a column; an absent value is nothing."""
    match column.kind:
        case "chat":
            return TURNS.replace("{column}", column.name)
        case "list":
            return f"{{{{ ({column.name} or []) | join('\n') }}}}"
        case "json":
            return f"{{{{ {column.name}.content or {column.name}.value }}}}"
    return f"{{{{ {column.name} }}}}"


def is_variable(name: str) -> bool:
    """Whether a template can name the column."""
    return name.isidentifier() and name.isascii() and not keyword.iskeyword(name) and name not in ("id", "origin", "parents", "loop", "self")


def _listed(names: Sequence[str]) -> str:
    return (" and " if len(names) < 3 else ", ").join(f"`{said(name)}`" for name in names)
