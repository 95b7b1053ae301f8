"""clean.unicode: one spelling for every character, nothing invisible, nothing decoded wrongly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from tilth.record import Batch
from tilth.step import Map
from tilth.steps.clean._fields import Fields, roots
from tilth.steps.clean._mojibake import SUSPECT, repaired
from tilth.text.normalise import ODD_LINE_ENDS, Form, each, normalised, only, replaced, where

_FLAG_TAGS = r"(\x{1f3f4}[\x{e0020}-\x{e007e}]+\x{e007f})"
_INVISIBLE = (
    r"[\x00-\x08\x0e-\x1f\x7f-\x{84}\x{86}-\x{9f}\x{ad}\x{61c}\x{200b}\x{200e}\x{200f}\x{202a}-\x{202e}\x{2060}-\x{206f}\x{feff}\x{fff9}-\x{fffb}"
    r"\x{e0000}-\x{e007f}]"
)
_MAY_CHANGE = r"[^\t\n -~]"
"""What every text that changes has: one test in place of four."""

_MOST_PASSES = 8
"""One pass is enough for nearly all text, and two for text that was decoded wrongly twice. Text that
needs more than this was built to; the bound keeps it from costing the square of its length."""


class Unicode(Map):
    """Unicode in one normal form, without invisible characters, with wrong decoding undone.

    In this order, until nothing changes any more:

    1. `mojibake: repair`: UTF-8 that was read as Windows-1252 or Latin-1 is read again (`cafÃ©` →
       `café`, `donâ€™t` → `don’t`), twice wrong too, sequence by sequence and only where correct
       text could not hold that sequence there; a lone C1 control becomes the Windows-1252 character
       of its number, as in HTML. Wrong decoding with other code pages is left.
    2. Line ends (CR LF, CR, VT, FF, NEL, U+2028, U+2029) become a newline.
    3. Removed: the other C0 and C1 controls but tab and newline, soft hyphen, zero-width space, word
       joiner and the other invisible operators, byte order marks, marks of writing direction,
       interlinear annotation marks, and tag characters outside flags. Kept, because they carry
       meaning: zero-width joiner and non-joiner (Persian, Indic scripts, emoji), variation
       selectors, U+FFFD, private use.
    4. The normal form `form` (UAX 15).
    5. `quotes` and `dashes`.

    Cleaning twice gives what cleaning once gives.
    """

    fields: Fields = ("text",)
    """Columns or paths to clean."""

    form: Form = "NFC"
    """Normal form. NFKC also unfolds ligatures, full-width letters and superscripts, so `x²` is `x2`."""

    mojibake: Literal["repair", "keep"] = "repair"
    """Whether to undo wrong decoding."""

    quotes: Literal["keep", "straight"] = "keep"
    """`straight`: ‘ ’ ‚ ‛ become ' and “ ” „ ‟ become " (guillemets stay)."""

    dashes: Literal["keep", "hyphen"] = "keep"
    """`hyphen`: U+2010 to U+2015 (hyphens, en and em dash, bar) and the minus sign become a hyphen-minus."""

    def reads(self) -> tuple[str, ...]:
        """The columns of `fields`."""
        return roots(self.fields)

    def columns(self, batch: Batch) -> Mapping[str, pa.Array]:
        """The cleaned columns."""
        return batch.edit(self.fields, lambda array: where(array, _MAY_CHANGE, self._settled))

    def _settled(self, array: pa.LargeStringArray, passes: int = _MOST_PASSES) -> pa.LargeStringArray:
        once = self._once(array)
        if passes == 1:
            return once
        return only(once, pc.not_equal(once, array), lambda changed: self._settled(changed, passes - 1))

    def _once(self, array: pa.LargeStringArray) -> pa.LargeStringArray:
        if self.mojibake == "repair":
            array = where(array, SUSPECT, each(repaired))
        array = replaced(array, ODD_LINE_ENDS, "\n")
        array = where(array, _INVISIBLE, lambda found: pc.replace_substring_regex(found, f"{_FLAG_TAGS}|{_INVISIBLE}", r"\1"))
        array = normalised(array, self.form)
        if self.quotes == "straight":
            array = replaced(replaced(array, "[‘’‚‛]", "'"), "[“”„‟]", '"')
        if self.dashes == "hyphen":
            array = replaced(array, r"[\x{2010}-\x{2015}\x{2212}]", "-")
        return array
