"""The recipe's YAML as values that remember their line.

YAML 1.2: `no` is a text, `1e-4` a number, `010` ten; a date is a text, since no setting takes dates.
Refused, because each hides something from the reader: a key written twice, merge keys (`<<`), tags.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from tilth.errors import RecipeError

MOST_NODES = 100_000
"""A recipe larger than this is a mistake, or aliases of aliases that grow without end."""

DEEPEST = 60
"""The same for depth; far below where Python's own stack ends."""


@dataclass(frozen=True)
class Node:
    """A value, with the line on which its key stands (in a list: it itself)."""

    value: Any
    """None, bool, int, float, str, list[Node] or dict[str, Node]."""
    line: int
    """Counted from 1; 0 where it does not come from a file."""
    file: str
    written: str = ""
    """A scalar as it stands in the file."""
    pulled: bool = False
    """Whether the value came from the environment; then only `written` may be shown."""

    @property
    def place(self) -> str:
        """Where to look: `recipe.yaml:14`."""
        return f"{self.file}:{self.line}" if self.line else self.file

    def fields(self) -> dict[str, Node]:
        """The entries of a mapping; none for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    def items(self) -> list[Node]:
        """The items of a list; none for anything else."""
        return self.value if isinstance(self.value, list) else []

    def at(self, place: tuple[str | int, ...]) -> Node:
        """The node under `place`, or the last one there is on the way to it."""
        found = self
        for key in place:
            inside: dict[Any, Node] = found.fields() or dict(enumerate(found.items()))
            if key not in inside:
                break
            found = inside[key]
        return found


def plain(node: Node, *, shown: bool = False) -> Any:
    """The bare values; with `shown`, what came from the environment as it was written."""
    if isinstance(node.value, dict):
        return {key: plain(inner, shown=shown) for key, inner in node.value.items()}
    if isinstance(node.value, list):
        return [plain(inner, shown=shown) for inner in node.value]
    return node.written if shown and node.pulled else node.value


def from_plain(value: Any, file: str = "", line: int = 0) -> Node:
    """Nodes of bare values."""
    if isinstance(value, dict):
        return Node({str(key): from_plain(inner, file, line) for key, inner in value.items()}, line, file)
    if isinstance(value, list | tuple):
        return Node([from_plain(inner, file, line) for inner in value], line, file)
    return Node(value, line, file, str(value))


def parse(text: str, file: str, *, lined: bool = True) -> Node:
    """The one YAML document in `text`; an empty one is a null. Without `lined`, every line is 0.

    Raises: RecipeError for what is not YAML, or is refused here.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    reading = _Parsing(text, file, lined=lined)
    yaml = YAML(typ="safe", pure=True)
    yaml.max_depth = DEEPEST
    yaml.composer.warn_double_anchors = False
    try:
        root = yaml.compose(text)
    except MarkedYAMLError as problem:
        _refuse_marked(problem, reading)
    except ReaderError as problem:
        line = reading.line(problem.position)
        raise RecipeError(f"The character U+{problem.character:04X} may not stand in YAML.", where=reading.where(line)) from problem
    except (YAMLError, ValueError) as problem:
        raise RecipeError(f"This is not YAML: {problem}", where=file) from problem
    return Node(None, int(lined), file) if root is None else reading.node(root, ())


class _Parsing:
    """The text being read: its lines, and how many nodes it has given."""

    def __init__(self, text: str, file: str, *, lined: bool) -> None:
        self.file, self.lined, self.count = file, lined, 0
        self.breaks = [place for place, letter in enumerate(text) if letter == "\n"]

    def line(self, index: int) -> int:
        """The line of a character. Counted here, since YAML also breaks at U+2028, where no editor does."""
        return bisect_right(self.breaks, index - 1) + 1 if self.lined else 0

    def where(self, line: int) -> str:
        return f"{self.file}:{line}" if line else self.file

    def refuse(self, at: Any, found: str, remedy: str = "") -> NoReturn:
        raise RecipeError(found, where=self.where(self.line(at.start_mark.index)), remedy=remedy)

    def node(self, raw: Any, above: tuple[int, ...]) -> Node:
        self.count += 1
        line = self.line(raw.start_mark.index)
        if id(raw) in above:
            self.refuse(raw, "An alias stands inside the value that it names.")
        if self.count > MOST_NODES:
            self.refuse(raw, f"The recipe has more than {MOST_NODES:,} values.", "Aliases of aliases grow fast; write the values out.")
        above = (*above, id(raw))
        if isinstance(raw, ScalarNode):
            return Node(self.scalar(raw), line, self.file, raw.value)
        if isinstance(raw, SequenceNode) and _kind(raw) == "seq":
            return Node([self.node(item, above) for item in raw.value], line, self.file)
        if isinstance(raw, MappingNode) and _kind(raw) == "map":
            return Node(dict(self.entries(raw, above)), line, self.file)
        self.refuse(raw, f"The tag `{raw.tag}` is not known.", "Leave the tag out.")

    def entries(self, raw: MappingNode, above: tuple[int, ...]) -> Iterator[tuple[str, Node]]:
        lines: dict[str, int] = {}
        for key, value in raw.value:
            if not isinstance(key, ScalarNode):
                self.refuse(key, "A key is a list or a mapping.", "Write a word before the colon; put `{{ … }}` in quotes.")
            if _kind(key) == "merge":
                self.refuse(key, "Merge keys (`<<`) are not known.", "Give the whole value an alias, or write the settings out.")
            name, line = self.whole(key), self.line(key.start_mark.index)
            if name in lines:
                self.refuse(key, f"`{name}` is written twice; first {'in line ' + str(lines[name]) if line else 'before'}.", "Keep one of them.")
            lines[name] = line
            yield name, replace(self.node(value, above), line=line)

    def whole(self, raw: ScalarNode) -> str:
        """The text of a scalar, which must be storable as UTF-8 (an escape can write half a character)."""
        try:
            raw.value.encode()
        except UnicodeEncodeError:
            self.refuse(raw, "The text holds half a character (a lone surrogate).", "Write the character itself.")
        return str(raw.value)

    def scalar(self, raw: ScalarNode) -> Any:
        kind, text = _kind(raw), self.whole(raw)
        if kind in ("str", "timestamp", "value", "merge"):
            return text
        try:
            return _READERS[kind](text)
        except KeyError:
            self.refuse(raw, f"The tag `{raw.tag}` is not known.", "Leave the tag out.")
        except ValueError:
            self.refuse(raw, f"`{text[:40]}` cannot be read as a value of the kind {kind}.", "Write it in quotes if it is a text.")


def _kind(raw: Any) -> str:
    """`str`, `int`, `seq` …, or a foreign tag as it is."""
    return str(raw.tag).removeprefix("tag:yaml.org,2002:")


def _integer(text: str) -> int:
    bare = text.replace("_", "").lower()
    return int(bare, 0) if bare.lstrip("+-")[:2] in ("0x", "0o", "0b") else int(bare)


def _number(text: str) -> float:
    return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _null(_: str) -> None:
    return None


_READERS: dict[str, Callable[[str], Any]] = {"int": _integer, "float": _number, "bool": _truth, "null": _null}

_PROBLEMS = (
    ("'\\t' that cannot start", "A tab stands where YAML wants spaces.", "Indent with spaces."),
    ("that cannot start any token", "A text begins with a character that means something else in YAML.", "Put the text in quotes."),
    (
        "mapping values are not allowed",
        "There is a colon where none can stand.",
        "Put a text that has `: ` in it in quotes, or mend the indentation.",
    ),
    ("could not find expected ':'", "A key has no colon after it.", "Write `key: value`."),
    ("got '<stream end>'", "A bracket is never closed.", "Close it with `]` or `}`."),
    ("expected ',' or", "A comma or a closing bracket is missing.", "Write `[a, b]` or `{key: value, other: value}`."),
    ("unexpected end of stream", "A quote is never closed.", "Close it."),
    ("undefined alias", "An alias names no anchor above it.", "Write `&name` where the value stands, or put a text that begins with `*` in quotes."),
    ("unknown escape character", "Between double quotes, a backslash begins an escape that YAML does not know.", "Use single quotes."),
    ("<document start>", "There is more after the one mapping that a recipe is.", "Name a recipe here; `tilth look` shows other files."),
    ("another document", "There is a second document after `---`.", "Keep one recipe a file."),
    (
        "<block end>",
        "The indentation does not fit the lines above, or a quote or bracket is closed too early.",
        "Align the entries of a list or mapping.",
    ),
    ("maximum depth", "The values are nested too deeply.", "Close the brackets."),
)
"""What the YAML reader says, and the same for people: found, remedy."""


def _refuse_marked(problem: MarkedYAMLError, reading: _Parsing) -> NoReturn:
    said = str(problem.problem)
    found, remedy = next(((f, r) for part, f, r in _PROBLEMS if part in said), (f"This is not YAML: {said}.", ""))
    begun = any(part in said for part in ("end of stream", "<stream end>", "could not find expected"))
    mark = problem.context_mark if begun and problem.context_mark else problem.problem_mark
    raise RecipeError(found, where=reading.where(reading.line(mark.index) if mark else 0), remedy=remedy) from problem
