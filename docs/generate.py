"""Writes the two reference pages from the code: docs/steps.md and docs/cli.md. Run by `make docs`; a law compares."""

from __future__ import annotations

import importlib
import inspect
import json
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from tilth.cli.main import app
from tilth.recipe.reference import explained
from tilth.step import PATH, DataName, Limit, ModelName, Range, ScoreName, Step, TokenizerName

DOCS = Path(__file__).parent
ROOMS = DOCS.parent / "src" / "tilth" / "steps"

QUESTIONS = {
    "source": "Where does it come from, and may we have it?",
    "extract": "What are the words in this thing?",
    "clean": "Are these words written right? It never drops a row.",
    "filter": "Should this row stay? It never edits one.",
    "dedup": "Have we seen this before?",
    "redact": "What must nobody read?",
    "balance": "How much of each?",
    "split": "Who must never meet whom?",
    "format": "What will the model see?",
    "train": "What did it learn?",
    "evaluate": "What can it do?",
    "compare": "Which is better, and is that more than noise?",
}
SHAPES = {
    "Source": "gives the rows",
    "Map": "sets columns of the same rows",
    "Redaction": "finds what is to be hidden, and the runner hides it",
    "Spread": "makes rows from a row",
    "Filter": "keeps a row or drops it",
    "Whole": "decides over all rows at once",
    "Fit": "makes a model",
    "Training": "trains a model's weights",
    "Judge": "makes scores",
}
WORDS: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Path: "path",
    Any: "any value",
    type(None): "nothing",
    object: "any value",
    Range: "limits `at_least` and `at_most`, both included",
}
NAMED: dict[Any, str] = {
    get_args(DataName)[1]: "name of a dataset",
    get_args(ModelName)[1]: "name of a model",
    get_args(TokenizerName)[1]: "name of a tokenizer",
    get_args(ScoreName)[1]: "name of a score",
}
BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than", "min_length": "length at least", "max_length": "length at most"}

COMPLETION = {"install_completion", "show_completion"}
HEAD = "<!-- Made from the code by `make docs`; what you write here is lost. -->\n"


def step_classes() -> dict[str, list[type[Step]]]:
    """The steps of each room, in the order of the path."""
    files = {room: sorted(path.stem for path in (ROOMS / room).glob("[!_]*.py")) for room in PATH}
    return {room: [_step(f"tilth.steps.{room}.{stem}") for stem in stems] for room, stems in files.items()}


def _step(module: str) -> type[Step]:
    members = vars(importlib.import_module(module)).values()
    return next(m for m in members if isinstance(m, type) and issubclass(m, Step) and m.__module__ == module)


def steps_page() -> str:
    """The reference of all steps: room by room, every setting with its type, default and meaning."""
    parts = [
        HEAD,
        "# Steps\n",
        "Every entry of a recipe's path, in the order in which the path is walked. A setting without a default must be given.",
    ]
    parts.append("A setting marked *decides* is a limit: changing it re-decides from stored measures and reads no text again.\n")
    for room, steps in step_classes().items():
        if steps:
            parts += [f"## {room}\n", f"*{QUESTIONS[room]}*\n"]
            parts += [part for step in steps for part in _describe(step)]
    return "\n".join(parts).rstrip() + "\n"


def _describe(step: type[Step]) -> Iterator[str]:
    yield f"### {step.name()}\n"
    yield f"{inspect.getdoc(step)}\n"
    yield f"A {step.shape()}: it {SHAPES[step.shape()]}." + (f" `{step.bare}` may be written bare: `{step.name()}: …`." if step.bare else "") + "\n"
    lines = list(_settings(step, ""))
    yield "\n".join(lines or ["It has no settings."]) + "\n"


def _settings(kind: type[BaseModel], indent: str) -> Iterator[str]:
    """A line for each setting; the settings of a group stand beneath it."""
    said = explained(kind)
    for name, field in kind.model_fields.items():
        marks = [_words(field), _default(field), *(["decides"] if Limit in field.metadata else [])]
        yield f"{indent}- `{field.alias or name}` ({', '.join(mark for mark in marks if mark)}): {said.get(name, '')}"
        for group in dict.fromkeys(groups(field.annotation)):
            yield from _settings(group, indent + "  ")
    if issubclass(kind, Step) and kind.named is not None:
        yield f"{indent}- `NAME`, any name of your own ({in_words(kind.named)}): {said.get('named', '')}"
        for group in dict.fromkeys(groups(kind.named)):
            yield from _settings(group, indent + "  ")


def groups(annotation: Any) -> Iterator[type[BaseModel]]:
    """The groups of settings inside a type that has words of its own for none."""
    if isinstance(annotation, type) and not get_args(annotation) and issubclass(annotation, BaseModel) and annotation not in WORDS:
        yield annotation
    for inner in get_args(annotation):
        yield from groups(inner)


def _words(field: FieldInfo) -> str:
    name = next((NAMED[mark] for mark in field.metadata if mark in NAMED), "")
    return (name or in_words(field.annotation)) + _bounds(field.metadata)


def in_words(annotation: Any) -> str:
    """A type in plain words: `list[str] | None` is "list of text, or nothing"."""
    kind, inside = get_origin(annotation), get_args(annotation)
    if kind is Annotated:
        return next((NAMED[mark] for mark in inside[1:] if mark in NAMED), in_words(inside[0])) + _bounds(inside[1:])
    if kind in (Union, types.UnionType):
        several = sorted((in_words(one) for one in inside), key="nothing".__eq__)
        return ", or ".join(dict.fromkeys(several))
    if kind is Literal:
        return "one of " + ", ".join(f"`{value}`" for value in inside) if len(inside) > 1 else f"`{inside[0]}`"
    if kind in (list, tuple, set, frozenset, Sequence):
        return "list of " + in_words(inside[0])
    if kind in (dict, Mapping):
        return f"mapping of {in_words(inside[0])} to {in_words(inside[1])}"
    return WORDS.get(annotation) or ("group" if issubclass(annotation, BaseModel) else str(annotation.__name__))


def _bounds(marks: Sequence[Any]) -> str:
    """What limits the value itself, such as ", at least 0"."""
    found = [(name, getattr(mark, name, None)) for mark in marks for name in BOUNDS]
    return "".join(f", {BOUNDS[name]} {value}" for name, value in found if value is not None)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined:
        return "default nothing"
    plain = value.model_dump(mode="json", exclude_unset=True) if isinstance(value, BaseModel) else value
    return f"default `{json.dumps(plain, ensure_ascii=False, default=str)}`" if plain != "" else 'default `""`'


def verbs() -> dict[str, Any]:
    """The commands by name, as the command line knows them."""
    group: Any = typer.main.get_command(app)
    context = typer.Context(group, info_name="tilth")
    return {name: group.get_command(context, name) for name in group.list_commands(context)}


def flags(command: Any) -> list[Any]:
    """The options of a command, without `--help` and shell completion."""
    return [param for param in command.params if param.param_type_name == "option" and not {"help", *COMPLETION} & {param.name}]


def shared_flags() -> list[Any]:
    """The options of the command itself, and then those that every verb has."""
    own = [{flag.opts[0]: flag for flag in flags(command)} for command in verbs().values()]
    everywhere = set.intersection(*map(set, own))
    return flags(typer.main.get_command(app)) + [flag for name, flag in own[0].items() if name in everywhere]


def cli_page() -> str:
    """The reference of all verbs: usage, what it does, every flag; then the exit codes."""
    shared = shared_flags()
    names = {flag.opts[0] for flag in shared}
    parts = [HEAD, "# The command line\n", _text(typer.main.get_command(app).help), "Everywhere:\n", "\n".join(map(_flag, shared)) + "\n"]
    for name, command in verbs().items():
        arguments = [param for param in command.params if param.param_type_name == "argument"]
        usage = " ".join(["tilth", name, *(_argument(param) for param in arguments)])
        parts += [f"## {name}\n", f"```\n{usage}\n```\n", _text(command.help)]
        lines = [f"- `{_value(param)}`: {_flat(param.help)}" for param in arguments]
        lines += [_flag(param) for param in flags(command) if param.opts[0] not in names]
        parts += ["\n".join(lines) + "\n"] if lines else []
    return "\n".join([*parts, exit_codes()])


def exit_codes() -> str:
    """The list at the head of errors.py, as it stands there."""
    errors = importlib.import_module("tilth.errors")
    codes = re.findall(r"(\w+)\s+exit (\d): ([^\n]+)", errors.__doc__ or "")
    rows = [f"| {code} | `{name}`: {said} |" for name, code, said in sorted(codes, key=lambda found: found[1])]
    rest = ["| 0 | done |", *rows, "| 130 | interrupted |", "| 143 | told to end (SIGTERM) |"]
    return "\n".join(["## Exit codes\n", "| code | meaning |", "|---|---|", *rest]) + "\n"


def _argument(param: Any) -> str:
    shown = _value(param) + ("…" if param.nargs != 1 else "")
    return shown if param.required else f"[{shown}]"


def _value(param: Any) -> str:
    return str(param.metavar or param.name.rstrip("_").upper())


def _flag(param: Any) -> str:
    value = "" if param.is_flag or param.count else f" {_value(param)}"
    often = " May be given several times." if param.multiple and "repeated" not in param.help else ""
    return f"- `{', '.join(param.opts)}{value}`: {_flat(param.help)}{often}"


def _flat(said: str | None) -> str:
    return " ".join((said or "").split())


def _text(said: str | None) -> str:
    return inspect.cleandoc(said or "").replace("\b\n", "") + "\n"


PAGES = {"steps.md": steps_page, "cli.md": cli_page}

if __name__ == "__main__":
    for page, make in PAGES.items():
        (DOCS / page).write_text(make(), "utf-8")
        print(f"docs/{page}")
