"""Hot loops as machine code: Python functions over Arrow buffers, compiled by numba.

    @kernel
    def count(data: Bytes, offsets: Offsets, out: Floats) -> None: ...

A kernel is compiled once, for the one signature that its annotations tell, at its first call or in
`compile()`, and kept on disk. It gives the Python lock away while it runs and makes no Python object.
A kernel may call other kernels; those are compiled as part of it and need no annotations of ours.

The compiled code lies in `$XDG_CACHE_HOME/tilth/kernels/<digest>` (default `~/.cache`), where the
digest is taken over the source of every module of this room, the versions of Python and numba, and
the processor. So code of another version or for another processor is never loaded, and several
processes that compile at once write the same bytes under the same names, each file by a rename.
"""

from __future__ import annotations

import atexit
import gc
import hashlib
import os
import pickle
import shutil
import sys
import tempfile
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, cached_property, update_wrapper
from pathlib import Path
from typing import Annotated, Any, Generic, ParamSpec, TypeVar, get_args, get_origin, get_type_hints

import numba
import numpy as np
import numpy.typing as npt
from numba.core import config, types
from numba.core.registry import cpu_target
from numba.extending import models, register_model

Bytes = Annotated[npt.NDArray[np.uint8], types.Array(types.uint8, 1, "C", readonly=True)]
"""Bytes that are read: the data of an Arrow column, a table of classes."""

Offsets = Annotated[npt.NDArray[np.int64], types.Array(types.int64, 1, "C", readonly=True)]
"""Where each text of an Arrow column begins, and where the last one ends."""

Counts = Annotated[npt.NDArray[np.int64], types.Array(types.int64, 2, "C")]
"""Whole numbers that are written: a line for each row, a place in it for each thing counted."""

P = ParamSpec("P")
R = TypeVar("R")
_TUPLE: Any = types.Tuple
_NJIT: Any = numba.njit  # its types leave out the options of entries
_SCALARS = {int: types.int64, float: types.float64, bool: types.boolean, type(None): types.void}
_BROKEN = (EOFError, pickle.UnpicklingError)
"""What a damaged file of compiled code raises when it is read."""
_one_at_a_time = threading.RLock()


class _Called(types.Dispatcher):
    """A kernel as another calls it: compiled for whole numbers, and not once more for each that is written out, such
    as the 0 from which a loop counts. That saves a sixth of the time in which all kernels are compiled."""

    def get_call_type(self, context: Any, args: Any, kws: Any) -> Any:
        return super().get_call_type(context, tuple(map(types.unliteral, args)), kws)


register_model(_Called)(models.OpaqueModel)


class Kernel(Generic[P, R]):
    """A function that runs as machine code. Made by `kernel`."""

    def __init__(self, function: Callable[P, R]) -> None:
        update_wrapper(self, function)
        self.function = function
        # Division by zero gives NaN or infinity, as in numpy: a kernel has no way to raise.
        # Nobody calls one as C code, so the entry for that is not made.
        self.dispatcher = _NJIT(nogil=True, error_model="numpy", no_cfunc_wrapper=True)(function)
        self._compiled = False

    @cached_property
    def part(self) -> Any:
        """It as a part of another kernel. Python has no entry to it: making one takes a tenth of the time of compiling."""
        return _NJIT(nogil=True, error_model="numpy", no_cfunc_wrapper=True, no_cpython_wrapper=True)(self.function)

    @property
    def _numba_type_(self) -> Any:
        """How numba sees a kernel that another kernel calls."""
        return _Called(self.part)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run it; the first call compiles it or reads the compiled code from disk."""
        self.compile()
        result: R = self.dispatcher(*args, **kwargs)
        return result

    def compile(self) -> None:
        """Compile it, or read the compiled code from disk, unless that is done."""
        with _one_at_a_time:
            if self._compiled:
                return
            self._keep_on_disk()
            with _nothing_collected():
                self._load()
            self.dispatcher.disable_compile()
            self._compiled = True

    def _load(self) -> None:
        try:
            self.dispatcher.compile(signature(self.function))
        except _BROKEN:
            self._forget()
            self.dispatcher.compile(signature(self.function))
        except OSError as error:  # the code is compiled by then, and works; it could not be written
            _tell_not_kept(folder(), error)

    def _keep_on_disk(self) -> None:
        # numba reads this setting only while it switches caching on for one function; other users of
        # numba in this process keep their own folder.
        settings = vars(config)
        before, settings["CACHE_DIR"] = settings["CACHE_DIR"], str(folder())
        try:
            self.dispatcher.enable_caching()
        finally:
            settings["CACHE_DIR"] = before

    def _forget(self) -> None:
        """Remove the files of this kernel, which a crash of the machine has cut short."""
        for file in folder().rglob(f"*.{self.function.__name__}-*"):
            file.unlink(missing_ok=True)


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """The compiler makes millions of objects that live until it is done; looking through them for garbage takes a
    fourteenth of its time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def kernel(function: Callable[P, R]) -> Kernel[P, R]:
    """Mark a function as a kernel. Nothing is compiled and nothing is written yet."""
    return Kernel(function)


def signature(function: Callable[..., Any]) -> Any:
    """The numba signature that the annotations tell, such as `void(uint8[:], int64)`."""
    hints = {name: _numba_type(hint) for name, hint in get_type_hints(function, include_extras=True).items()}
    result = hints.pop("return")
    return result(*hints.values())


def _numba_type(hint: Any) -> Any:
    if get_origin(hint) is tuple:
        return _TUPLE([_numba_type(part) for part in get_args(hint)])
    return _SCALARS[hint] if hint in _SCALARS else get_args(hint)[1]


@cache
def folder() -> Path:
    """The folder of the compiled code, made if need be; a temporary one where none can be written."""
    place = _user_cache() / "tilth" / "kernels" / digest()
    try:
        place.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=place).close()
    except OSError as error:
        _tell_not_kept(place, error)
        place = Path(tempfile.mkdtemp(prefix="tilth-kernels-"))  # its name cannot be guessed: what lies there is executed
        atexit.register(shutil.rmtree, place, ignore_errors=True)
    return place


def _tell_not_kept(place: Path, error: OSError) -> None:
    warnings.warn(
        f"Compiled kernels cannot be kept in {place} ({error.strerror}), so every process compiles them anew. "
        "Let XDG_CACHE_HOME name a folder that can be written.",
        RuntimeWarning,
        stacklevel=3,
    )


def _user_cache() -> Path:
    """The XDG folder for what may be thrown away; the standard ignores one that is not absolute."""
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return named if named.is_absolute() else Path(os.path.expanduser("~/.cache"))


@cache
def digest() -> str:
    """Everything that compiled code depends on, as 16 hexadecimal digits."""
    told = hashlib.blake2b(digest_size=8)
    told.update(repr((sys.version, numba.__version__, np.__version__, cpu_target.target_context.codegen().magic_tuple())).encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        told.update(source.name.encode() + b"\0" + source.read_bytes())
    return told.hexdigest()


def kept(name: str, make: Callable[[], npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """A table that takes a moment to make, kept beside the compiled code, so that not every process makes it. Read-only."""
    place = folder() / f"{name}.npy"
    try:
        table: npt.NDArray[Any] = np.load(place)
    except (OSError, ValueError, EOFError):  # not there yet, or cut short by a crash of the machine
        table = make()
        _keep(place, table)
    table.flags.writeable = False
    return table


def _keep(place: Path, table: npt.NDArray[Any]) -> None:
    """Write the table whole or not at all; several processes may do so at once."""
    half = place.with_name(f".{place.name}.{uuid.uuid4().hex}")
    try:
        with half.open("wb") as file:
            np.save(file, table)
        half.rename(place)
    except OSError as error:
        half.unlink(missing_ok=True)
        _tell_not_kept(place.parent, error)
