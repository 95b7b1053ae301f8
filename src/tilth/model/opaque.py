"""What a template writes for a shape of conversation, whatever the texts in it are: proved by a run that cannot look into them.

The template's own program is run on messages whose texts are opaque: each may be written, joined to others, stripped while it stands
alone, and asked whether it is blank, which it is not. Whatever else is done to one ends the run without a proof. A run that comes
through did the same as it would with any other such texts, so what it wrote is what is written for them all.

Which messages the program has looked at is kept too. Where a turn of its loop over the messages ends and none after it was looked
at, and what follows the loop depends on nothing that the messages or the program set, the conversation up to that turn is written by
itself as it stands here, with what follows the loop behind it. So one run says what is written to ask for each of its answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from jinja2 import Template as Program
from jinja2 import ext, nodes
from jinja2.exceptions import TemplateError
from jinja2.filters import do_trim
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

from tilth.model.formats import Message
from tilth.model.skeleton import Hole, Slot, slots

RUN = "tilth_run"
"""What a template calls its run."""
ASKED = "add_generation_prompt"
REASONING = frozenset(("reasoning_content", "thinking", "reasoning"))
"""Keys that Transformers gives a template under other names too."""
CAPTURING = (
    nodes.Macro,
    nodes.CallBlock,
    nodes.AssignBlock,
    nodes.FilterBlock,
    nodes.Include,
    nodes.Import,
    nodes.FromImport,
    nodes.Extends,
    nodes.Block,
    nodes.ScopedEvalContextModifier,
)
"""Parts of a program that take in what others wrote, which is a text that can be looked into."""
CHANGING = ("strftime_now", "lipsum", "self", "caller", RUN)
"""Names whose value is not the same each time, or not a value."""
WRITTEN = re.compile("\ue000([0-9]+)([01])([01])\ue001")
"""A text where it is written: its number, and whether it was stripped on the left and on the right."""


class Looked(Exception):
    """The template looked into a text."""


@dataclass(frozen=True)
class _Piece:
    number: int
    left: bool = False
    right: bool = False


class Opaque:
    """A text that is not blank, or several joined: which, cannot be found out from within a template."""

    __slots__ = ("_pieces", "_run")

    def __init__(self, run: Run, *pieces: _Piece | str) -> None:
        self._run, self._pieces = run, tuple(piece for piece in pieces if piece != "")

    def _look(self, *_: object) -> NoReturn:
        self._run.looked = True
        raise Looked

    __str__ = __repr__ = __format__ = __bytes__ = __hash__ = _look
    __lt__ = __le__ = __gt__ = __ge__ = __len__ = __iter__ = __reversed__ = __contains__ = __getitem__ = _look
    __mul__ = __rmul__ = __mod__ = __rmod__ = __sub__ = __rsub__ = __truediv__ = __floordiv__ = __pow__ = __neg__ = __pos__ = _look
    __int__ = __float__ = __complex__ = __index__ = __round__ = __abs__ = __getattr__ = _look

    def __bool__(self) -> bool:
        return True

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Opaque) or (isinstance(other, str) and other.strip()):
            self._look()
        return False

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __add__(self, other: object) -> Opaque:
        if isinstance(other, Opaque):
            return Opaque(self._run, *self._pieces, *other._pieces)
        return Opaque(self._run, *self._pieces, other) if isinstance(other, str) else self._look()

    def __radd__(self, other: object) -> Opaque:
        return Opaque(self._run, other, *self._pieces) if isinstance(other, str) else self._look()

    def strip(self, letters: str | None = None) -> Opaque:
        """The text without white space around it."""
        return self.lstrip(letters).rstrip(letters)

    def lstrip(self, letters: str | None = None) -> Opaque:
        """The text without white space before it."""
        only = self._only(letters)
        return Opaque(self._run, _Piece(only.number, True, only.right))

    def rstrip(self, letters: str | None = None) -> Opaque:
        """The text without white space after it."""
        only = self._only(letters)
        return Opaque(self._run, _Piece(only.number, only.left, True))

    def _only(self, letters: str | None) -> _Piece:
        only = self._pieces[0]
        return self._look() if len(self._pieces) > 1 or isinstance(only, str) or letters is not None else only

    @property
    def spelt(self) -> str:
        """The text as it stands in what is written."""
        return "".join([one if isinstance(one, str) else f"\ue000{one.number}{one.left:d}{one.right:d}\ue001" for one in self._pieces])


class _Messages:
    """The messages as a template sees them, which tells its run which of them were looked at."""

    def __init__(self, run: Run, first: int) -> None:
        self._run, self._first = run, first

    def __iter__(self) -> Iterator[Any]:
        for number in range(self._first, len(self._run.messages)):
            yield self._run.see(number)
        self._run.ended = True

    def __getitem__(self, asked: object) -> Any:
        there = len(self._run.messages)
        if isinstance(asked, int) and 0 <= asked < there - self._first:
            return self._run.see(self._first + asked)
        if isinstance(asked, slice) and asked.stop is asked.step is None and isinstance(asked.start, int) and 0 <= asked.start:
            return _Messages(self._run, self._first + asked.start)
        self._run.ended = True
        if isinstance(asked, int | slice):
            return [self._run.see(number) for number in range(self._first, there)][asked]
        raise TypeError

    def __bool__(self) -> bool:
        if self._first < len(self._run.messages):
            self._run.see(self._first)
            return True
        self._run.ended = True
        return False

    def __len__(self) -> int:
        self._run.ended = True
        return max(0, len(self._run.messages) - self._first)

    def __reversed__(self) -> Iterator[Any]:
        return iter(list(self)[::-1])

    def __contains__(self, one: object) -> bool:
        return one in list(self)

    def __eq__(self, other: object) -> bool:
        raise Looked

    __hash__ = None  # type: ignore[assignment]


@dataclass
class Run:
    """A run of a template. `seen`: the last message that it looked at; `ended`: whether it found out where they end; `cuts`: after how
    many pieces of what it wrote the conversation up to so many messages ends; `head`: after how many its loop ended."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    chunks: list[str] = field(default_factory=list)
    looked: bool = False
    ended: bool = False
    seen: int = -1
    turn: int = -1
    cuts: dict[int, int] = field(default_factory=dict)
    head: int = -1

    def see(self, number: int) -> dict[str, Any]:
        """A message that the template looks at."""
        self.seen = max(self.seen, number)
        return self.messages[number]

    def turns(self, looped: object) -> object:
        """What the template's loop goes over: the messages, and nothing else."""
        if not isinstance(looped, _Messages):
            raise Looked
        return looped

    def begin(self, message: object) -> None:
        """A turn of the loop begins."""
        self.turn = next((number for number in range(self.turn + 1, self.seen + 1) if self.messages[number] is message), -1)

    def end(self) -> None:
        """A turn of the loop ends."""
        if self.turn == self.seen and not self.ended:
            self.cuts[self.turn + 1] = len(self.chunks)

    def over(self) -> None:
        """The loop ends."""
        self.head = len(self.chunks)

    def joined(self, *parts: object) -> object:
        """Values joined as texts."""
        whole: Any = ""
        for part in parts:
            whole = whole + (part if isinstance(part, Opaque) else str(part))
        return whole


@dataclass(frozen=True)
class Proved:
    """What a template writes for all conversations of a shape: its own texts and the holes between them; for a number of messages,
    how many holes stand before their end, and how much of the template's own text after the last of them; and what follows
    the messages, with and without a prompt."""

    own: tuple[str, ...]
    holes: tuple[Hole, ...]
    cuts: Mapping[int, tuple[int, int]]
    asked: str
    rest: str


class Blind:
    """A template as a program for opaque texts. `marks`: the control tokens that it may write."""

    def __init__(self, source: str, marks: Mapping[str, Any]) -> None:
        self._marks = dict(marks)
        self._program = _compiled(source)

    def prove(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]) -> Proved | None:
        """What is written for messages like these; None where that is not proved. Texts of length 0 stay as they are."""
        if self._program is None or any(REASONING & message.keys() for message in messages):
            return None
        there = {slot: number for number, slot in enumerate(slots(messages))}
        made = [self._run(messages, tools, there, prompt=prompt) for prompt in (False, True)]
        whole, asked = made
        if whole is None or asked is None or whole.chunks[: whole.head] != asked.chunks[: asked.head]:
            return None
        own, holes, cuts = [""], list[Hole](), dict[int, tuple[int, int]]()
        ends = {chunks: number for number, chunks in whole.cuts.items()}
        names = list(there)
        for place, chunk in enumerate([*whole.chunks, ""]):
            if place in ends:
                cuts[ends[place]] = (len(holes), len(own[-1]))
            first, *rest = WRITTEN.split(chunk)
            own[-1] += first
            for number, left, right, after in zip(rest[::4], rest[1::4], rest[2::4], rest[3::4], strict=True):
                holes.append(Hole(names[int(number)], left == "1", right == "1"))
                own.append(after)
        ending, asking = ("".join(run.chunks[run.head :]) for run in made if run is not None)
        return Proved(tuple(own), tuple(holes), cuts, asking, ending)

    def _run(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]], there: Mapping[Slot, int], *, prompt: bool) -> Run | None:
        assert self._program is not None
        run = Run()
        for number, message in enumerate(messages):
            told = {key: value for key, value in message.items() if value is not None}
            texts = {key: Opaque(run, _Piece(there[number, key])) for key, value in told.items() if (number, key) in there and value}
            run.messages.append({**told, **texts})
        given = {
            **self._marks,
            "messages": _Messages(run, 0),
            "tools": [dict(tool) for tool in tools] or None,
            "documents": None,
            ASKED: prompt,
            RUN: run,
        }
        try:
            for chunk in self._program.root_render_func(self._program.new_context(given)):
                run.chunks.append(chunk)
        except (Looked, TemplateError, TypeError, ValueError, LookupError, ArithmeticError, AttributeError):
            return None  # the template refuses these messages, or does what has no proof: it is asked again, with their texts
        return None if run.looked or run.head < 0 else run


class _Generation(ext.Extension):
    """Transformers' tag for what is generated, which here is what stands in it."""

    tags = {"generation"}

    def parse(self, parser: Parser) -> nodes.Node:
        """The statements in it, with names of their own."""
        line = next(parser.stream).lineno
        return nodes.Scope(parser.parse_statements(("name:endgeneration",), drop_needle=True), lineno=line)


class _Joining(NodeTransformer):
    """Puts a call in place of each `~`, which would make plain texts of opaque ones."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - the visitor's name
        """`a ~ b`."""
        self.generic_visit(node)
        return _called("joined", *node.nodes)


def _called(name: str, *given: Any) -> nodes.Call:
    return nodes.Call(nodes.Getattr(nodes.Name(RUN, "load"), name, "load"), list(given), [], None, None)


def _compiled(source: str) -> Program | None:
    """A template's program with its loop over the messages watched; None for one of which nothing can be proved."""
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, ext.loopcontrols], finalize=_spelt)
    environment.filters |= {"tojson": _json, "trim": _trimmed, "string": lambda value: value if isinstance(value, Opaque | str) else str(value)}
    for name in ("string", "iterable", "sequence"):
        environment.tests[name] = _or_opaque(environment.tests[name])
    environment.globals |= {"raise_exception": _refuse}
    try:
        tree = environment.parse(source)
        if not _watched(tree):
            return None
        tree = _Joining().visit(tree).set_environment(environment).set_lineno(1)
        code: Any = environment.compile(tree)
    except (TemplateError, AssertionError):
        return None
    return environment.template_class.from_code(environment, code, environment.make_globals(None))


def _watched(tree: nodes.Template) -> bool:
    """Put calls to the run around the turns of the loop after which no more depends on messages; whether there is such a loop."""
    tree.body = [node for node in tree.body if not _defaults_asked(node)]
    names, tests = list(tree.find_all(nodes.Name)), list(tree.find_all(nodes.Test))
    changing = any(name.name in CHANGING for name in names) or any(one.name == "random" for one in tree.find_all(nodes.Filter))
    same = any(test.name == "sameas" and not all(isinstance(one, nodes.Const) for one in test.args) for test in tests)
    if changing or same or "\ue000" in str(tree) or any(tree.find_all(CAPTURING)):
        return False
    stored = {"messages", *(name.name for name in names if name.ctx != "load"), *(one.name for one in tree.find_all(nodes.NSRef))}
    place = max((place for place, node in enumerate(tree.body) if _named([node]) & stored), default=-1)
    loop = tree.body[place] if place >= 0 else None
    if not isinstance(loop, nodes.For) or loop.recursive or not isinstance(loop.target, nodes.Name) or ASKED in _named(tree.body[: place + 1]):
        return False
    loop.iter = _called("turns", loop.iter)
    loop.body = [nodes.ExprStmt(_called("begin", nodes.Name(loop.target.name, "load"))), *loop.body, nodes.ExprStmt(_called("end"))]
    tree.body.insert(place + 1, nodes.ExprStmt(_called("over")))
    return True


def _named(body: Iterable[nodes.Node]) -> set[str]:
    """The names that stand in these statements."""
    return {name.name for node in body for name in ([node] if isinstance(node, nodes.Name) else node.find_all(nodes.Name))}


def _defaults_asked(node: nodes.Node) -> bool:
    """Whether a statement only says what `add_generation_prompt` is where it is not given, which it always is."""
    match node:
        case nodes.If(test=nodes.Not(node=nodes.Test(node=nodes.Name(name="add_generation_prompt"), name="defined")), elif_=[], else_=[]):
            return True
    return False


def _spelt(value: Any) -> Any:
    return value.spelt if isinstance(value, Opaque) else value


def _trimmed(value: Any, chars: str | None = None) -> Any:
    return value.strip(chars) if isinstance(value, Opaque) else do_trim(value, chars)


def _or_opaque(test: Any) -> Any:
    """A test that texts pass."""
    return lambda value: isinstance(value, Opaque) or test(value)


def _json(value: Any, ensure_ascii: bool = False, indent: Any = None, separators: Any = None, sort_keys: bool = False) -> str:  # noqa: FBT001, FBT002
    """JSON as Transformers has templates write it."""
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _refuse(message: object) -> NoReturn:
    raise TemplateError(str(message))
