"""Docstrings of a module, read from its source by `ast`: nothing is imported and nothing runs."""

from __future__ import annotations

import ast
import inspect
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


class Unreadable(ValueError):
    """The source is no Python of this version. The text is the reason."""


@dataclass(frozen=True)
class Doc:
    """The docstring of one thing, what it is called, and where it stands."""

    name: str
    kind: str
    signature: str
    docstring: str
    line: int

    @property
    def text(self) -> str:
        """What it is called and how, a blank line, what it does."""
        return f"{self.headline()}\n\n{self.docstring}"

    def headline(self) -> str:
        """`json.dumps(obj, *, indent=None) -> str`, `class json.JSONDecoder(Base)`, `module json`."""
        if self.kind == "module":
            return f"module {self.name}"
        head = "class " if self.kind == "class" else "async " if self.signature.startswith("async") else ""
        after = self.signature.partition("(")
        return f"{head}{self.name}{after[1]}{after[2]}"

    def fault(self) -> str:
        """Why it is no text to keep, or nothing."""
        if "\0" in self.text:
            return "holds a NUL (U+0000)"
        surrogate = any("\ud800" <= letter <= "\udfff" for letter in self.text)
        return "holds half of a surrogate pair, which is no character" if surrogate else ""


def module_name(file: str) -> str:
    """`json/decoder.py` is `json.decoder`, `json/__init__.py` is `json`."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def docs(source: bytes, module: str) -> list[Doc]:
    """The documented things of a module, in the order of the file: itself, classes, functions, methods.

    Functions inside of functions are left out: nobody can name them.
    Raises: Unreadable.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # doubtful escapes in other people's source are none of ours
            tree = ast.parse(source)
        return list(_walk(tree, tree, module, "module"))
    except SyntaxError as error:
        raise Unreadable(f"is not Python of this version ({error.msg}, line {error.lineno})") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(f"cannot be parsed ({error})") from error


def _walk(node: ast.AST, documented: Documented | None, name: str, kind: str) -> Iterator[Doc]:
    doc = ast.get_docstring(documented, clean=False) if documented is not None else None
    if documented is not None and doc and inspect.cleandoc(doc):
        yield Doc(name, kind, _signature(documented), inspect.cleandoc(doc), getattr(documented, "lineno", 1))
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield from _walk(child, child, f"{name}.{child.name}", "class")
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _walk(child, child, f"{name}.{child.name}", "method" if kind == "class" else "function")
        elif isinstance(child, ast.If | ast.Try | ast.TryStar | ast.With | ast.ExceptHandler | ast.For | ast.While):
            yield from _walk(child, None, name, kind)


def _signature(node: Documented) -> str:
    """The line that defines it, without decorators: `def f(a, b=1) -> int`, `class C(Base)`."""
    if isinstance(node, ast.Module):
        return ""
    if isinstance(node, ast.ClassDef):
        told = ", ".join(map(ast.unparse, [*node.bases, *node.keywords]))
        return f"class {node.name}({told})" if told else f"class {node.name}"
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
    return f"{word} {node.name}({ast.unparse(node.args)}){returns}"
