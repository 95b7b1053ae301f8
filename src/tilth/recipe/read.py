"""The recipe as it is written: YAML with lines, `include:` merged, variables pulled, `--set` applied.

It refuses or accepts; it never repairs. What the words mean is for `resolve`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path

from ruamel.yaml import YAML

from tilth.errors import NotThere, RecipeError
from tilth.recipe.addresses import SECTIONS, with_set
from tilth.recipe.environment import Variables
from tilth.recipe.nodes import Node, parse, plain
from tilth.recipe.words import did_you_mean, nearest

ORDER = ("name", "seed", "audit", *SECTIONS, "machine")
"""The keys of a recipe in the order in which it is shown."""


@dataclass(frozen=True)
class Document:
    """A recipe that was read: its file, its root mapping, and the secrets that it pulled."""

    file: Path
    root: Node = field(repr=False)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Each secret value with the placeholder to show instead; never to be written anywhere."""

    def text(self) -> str:
        """The recipe as one YAML file: included files merged, `--set` applied, `${NAME}` as written."""
        known = self.root.fields()
        keys = [*(key for key in ORDER if key in known), *(key for key in known if key not in ORDER)]
        yaml = YAML(typ="safe", pure=True)
        yaml.default_flow_style = False
        yaml.allow_unicode = True
        yaml.width = 1 << 20
        yaml.representer.sort_base_mapping_type_on_output = False
        yaml.representer.ignore_aliases = lambda _: True
        out = StringIO()
        yaml.dump({key: plain(known[key], shown=True) for key in keys}, out)
        return out.getvalue()

    def masked(self, text: str) -> str:
        """The text with placeholders where a secret stood."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, self.secrets[secret])
        return text


def read(path: Path, sets: Sequence[str] = (), environment: Mapping[str, str] | None = None) -> Document:
    """Read a recipe with all that it includes.

    `environment` stands in for the real one; `.env` beside the recipe is below both.

    Raises: RecipeError for what cannot be read, with its line; NotThere when there is no such file;
    UsageError for a `sets` that points nowhere.
    """
    variables = Variables(path.parent, environment)
    root = _load(path, variables, ())
    for assignment in sets:
        root = with_set(root, assignment, variables)
    return Document(path, root, variables.secrets)


def _load(path: Path, variables: Variables, above: tuple[Path, ...]) -> Node:
    """One file and what it includes, as one mapping."""
    root = variables.pull(parse(_text(path), str(path)))
    if root.value is None:
        raise RecipeError("The file is empty.", where=str(path), remedy="Begin with `name:` and `data:`; `tilth init` writes a first recipe.")
    if not isinstance(root.value, dict):
        raise RecipeError("A recipe is a mapping, and this is none.", where=root.place, accepted=f"Its keys: {', '.join(ORDER)}, include.")
    own = {key: node for key, node in root.value.items() if key != "include"}
    merged = replace(root, value=own)
    for node in _included(root):
        merged = _merge(merged, _load_included(node, path, variables, above))
    return merged


def _included(root: Node) -> list[Node]:
    """The names of included files: a text, or a list of texts."""
    include = root.fields().get("include")
    if include is None:
        return []
    files = include.items() or [include]
    for node in files:
        if not isinstance(node.value, str) or not node.value or "\0" in node.value:
            raise RecipeError("This names no file.", where=f"{node.place}  include", accepted="It takes a file, or a list of files.")
    return files


def _load_included(node: Node, path: Path, variables: Variables, above: tuple[Path, ...]) -> Node:
    """The file that `include:` names, beside the file in which it stands."""
    chain = (*above, path.resolve())
    file = path.parent / node.value
    where = f"{node.place}  include"
    if file.resolve() in chain:
        raise RecipeError(f"`{node.written}` includes itself.", where=where, remedy="Take one of the includes out.")
    try:
        return _load(file, variables, chain)
    except NotThere as problem:
        raise RecipeError(f"There is no file `{node.written}`.", where=where, accepted=problem.accepted) from problem


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as problem:
        raise NotThere("There is no such file.", where=str(path), accepted=_files_near(path)) from problem
    except UnicodeDecodeError as problem:
        line = problem.object[: problem.start].count(b"\n") + 1
        raise RecipeError("The file is not UTF-8.", where=f"{path}:{line}", remedy="Save it as UTF-8.") from problem
    except (OSError, ValueError) as problem:
        found = "This is a folder." if isinstance(problem, IsADirectoryError) else f"The file cannot be read: {problem}."
        raise RecipeError(found, where=str(path), accepted="A recipe is one file.") from problem


def _files_near(path: Path) -> str:
    folder = path.parent
    files = sorted(file.name for file in folder.glob("*.y*ml")) if folder.is_dir() else []
    near = nearest(path.name, files)
    return did_you_mean(near) or (f"Recipes there: {', '.join(files[:10])}." if files else "")


def _merge(ours: Node, other: Node) -> Node:
    """Both mappings as one; sections are merged by name.

    Raises: RecipeError naming both places of a name that stands in both.
    """
    merged = dict(ours.fields())
    for key, node in other.fields().items():
        mine = merged.get(key)
        if mine is None:
            merged[key] = node
            continue
        if key not in (*SECTIONS, "machine") or not isinstance(mine.value, dict) or not isinstance(node.value, dict):
            raise _clash(key, mine, node)
        for name in mine.value.keys() & node.value.keys():
            raise _clash(f"{key}.{name}", mine.value[name], node.value[name])
        merged[key] = replace(mine, value={**mine.value, **node.value})
    return replace(ours, value=merged)


def _clash(address: str, mine: Node, other: Node) -> RecipeError:
    return RecipeError(
        f"It is also written in {mine.place}.", where=f"{other.place}  {address}", remedy="Give one of the two another name, or take it out."
    )
