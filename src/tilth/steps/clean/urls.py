"""clean.urls: web addresses out of running text."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
from pydantic import ConfigDict, Field

from tilth.record import Batch
from tilth.step import Map
from tilth.steps.clean._fields import Fields, roots
from tilth.text.normalise import replaced

_NEVER = r"\s\p{Z}\p{C}<>\"“”‘’«»()\[\]{}|\\^`、。，；：！？（）【】「」『』《》"
_INSIDE = f"[^{_NEVER}]"
_LAST = f"[^{_NEVER}.,;:!?'*…]"
_BRACKETS = rf"\((?:{_INSIDE}|\({_INSIDE}*\))*\)|\[{_INSIDE}*\]"
_ADDRESS = (
    r"(?:(?:https?|\bs?ftps?)://(?:[\p{L}\p{N}]|\[[0-9a-f:.]+\])|\bwww\d{0,3}\.[\p{L}\p{N}])"
    rf"(?:(?:{_BRACKETS}|{_INSIDE})*(?:{_BRACKETS}|{_LAST}))?"
)
_URL = f"(?i)<{_ADDRESS}>|{_ADDRESS}"


class Urls(Map):
    """Web addresses removed, or replaced by `with`.

    An address begins with `http://`, `https://`, `ftp://`, `ftps://`, `sftp://` or `www.` and runs to
    white space, a quotation mark, `<`, `>` or another character that RFC 3986 leaves out (letters of
    all scripts are taken in, as browsers show them). Punctuation at its end belongs to the sentence
    and stays. Brackets are part of it when they are balanced, as in Wikipedia's
    `…/wiki/Tilth_(soil)`, so `(see https://example.org)` keeps its own; the angle
    brackets of `<https://example.org>` go with it. Spaces around it stay, for `clean.whitespace`; of a
    Markdown link `[text](address)`, `[text]()` is left. E-mail addresses, and names such as
    `example.org` without `www.`, are no web addresses here.
    Cleaning twice gives what cleaning once gives, if `with` forms no new address with what is beside it.
    """

    model_config = ConfigDict(populate_by_name=True)

    fields: Fields = ("text",)
    """Columns or paths to clean."""

    with_: str = Field(default="", alias="with")
    """What stands in place of an address, such as `<url>`. In Python: `with_`."""

    def reads(self) -> tuple[str, ...]:
        """The columns of `fields`."""
        return roots(self.fields)

    def columns(self, batch: Batch) -> Mapping[str, pa.Array]:
        """The cleaned columns."""
        by = self.with_.replace("\\", r"\\")
        return batch.edit(self.fields, lambda array: replaced(array, _URL, by))
