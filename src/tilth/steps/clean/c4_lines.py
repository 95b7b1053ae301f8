"""clean.c4_lines: the lines of a web page that are no prose, taken out as for the dataset C4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import pyarrow as pa
from pydantic import Field

from tilth.record import Batch
from tilth.step import Map
from tilth.steps.clean._fields import Fields, roots
from tilth.text import bad_lines


class C4Lines(Map):
    """Menus, buttons, notices and captions out of a page: every line that is no sentence goes.

    First the marks of citations are taken out of a line (`[3]`, `[edit]`, `[citation needed]`). It then stays if
    it ends in terminal punctuation or a quotation mark, has at least three words and none of more than 1,000
    characters, and holds no phrase such as "javascript" or "privacy policy". Terminal punctuation is what ends a
    sentence in any script (. ? ! 。 ؟ ।), brackets that close behind it aside; an ellipsis does not end a line.

    A line ends with any line break that `str.splitlines()` knows. Blank lines are not judged: where lines went, one of
    those that stood there stays. In scripts without spaces words are not judged, and in those without a mark
    for the end of a sentence (Thai, Lao, Tibetan …) ends are not. A row stays, even if its text is empty then: that
    is for `filter.quality`, whose rules `c4` belong behind this step. Cleaning twice gives what cleaning once
    gives, but where one mark of a citation stands inside another.

    Source: Raffel et al. 2020 (arXiv 1910.10683), section 2.2. The code of that dataset asks for 5 words and, of a
    page, 3 sentences, where the paper asks for 3 and 5. datatrove also loses blank lines, takes `[]` for a
    citation, and counts the words before citations go.
    """

    fields: Fields = ("text",)
    """Columns or paths to clean."""

    terminal_punctuation: bool = True
    """Whether a line must end in terminal punctuation or a quotation mark. FineWeb was made without this rule."""

    least_words: int = Field(default=3, ge=0)
    """The words that a line must have at least."""

    longest_word: int = Field(default=1000, ge=1)
    """The characters that a word may have at most."""

    phrases: tuple[Annotated[str, Field(min_length=1)], ...] = (
        "javascript",
        "terms of use",
        "privacy policy",
        "cookie policy",
        "uses cookies",
        "use of cookies",
        "use cookies",
    )
    """A line with one of these goes. Capital and small letters are the same, of ASCII alone."""

    citations: bool = True
    """Whether marks of citations are taken out."""

    def reads(self) -> tuple[str, ...]:
        """The columns of `fields`."""
        return roots(self.fields)

    def prepare(self) -> None:
        bad_lines.prepare()

    def columns(self, batch: Batch) -> Mapping[str, pa.Array]:
        """The cleaned columns."""
        rules = bad_lines.Rules(self.terminal_punctuation, self.least_words, self.longest_word, self.phrases, self.citations)
        return batch.edit(self.fields, lambda array: bad_lines.without_bad_lines(array, rules))
