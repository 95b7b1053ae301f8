"""Language: in which one a text is written, and how sure that is.

CLD2 (pycld2; Sites 2013) is asked first: it tells up to three languages, each with its share of the text. If it is
sure of one that has nearly all of a text of some length, and that is not written much like another language, that is
the answer, and its share the confidence.

Otherwise py3langid votes as well, with a probability for each language it knows. The confidence of a language is then
¼ of its share plus ¾ of its probability (a linear opinion pool, Stone 1961), and the language of highest confidence
is the text's: it is near 1 where both agree, and else tells how much speaks for the one that won. py3langid has more
weight because on short texts it is right more often, though it must name one of its own languages for every text. So
where CLD2 is sure of a language that py3langid does not know (Māori, Tswana, Tsonga), three quarters of its share are
the confidence.

The weight was chosen on translations of Django's messages (13,600 texts in 78 languages, half of them under 55
characters: CLD2 0.922, py3langid 0.942, together 0.957, the same from a fifth to a quarter), and the length at which
CLD2 answers alone so that it errs on none there where both would not.

At most `MOST` bytes of a text are looked at: of a longer one, pieces from its beginning to its end, so that a menu in
front of an article does not decide. What has no letter is not judged.

Bosnian, Croatian and Serbian are told apart by words as well (`tilth.text.alike`), of which a sentence often has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pycld2

from tilth.text import alike, langid
from tilth.text.buffers import as_texts, spans
from tilth.text.iso639 import code_of
from tilth.text.normalise import LINE_END, only, replaced

Judge = Callable[[pa.LargeStringArray], tuple[list[str | None], npt.NDArray[np.float64]]]
"""The code (None: it cannot tell) and the confidence of each text; no text is null, and each has a letter."""

CODES = tuple(
    (
        "aa ab ace af ak am an ar as ay az ba bcl be bg bho bi bn bo br bs ca ceb chr co crh crs cs cy da de dv dz el en eo es et eu ext fa "
        "ff fi fj fo fr fy ga gcf gcr gd gl gn gom grc gu guw gv ha haw hbo he hi hmn hr ht hu hy ia id ie ig ik is it iu ja jv ka kab kha "
        "ki kk kl km kn ko ks ku ky la lb lg lif lij ln lo lt ltg lv mfe mg mi mk ml mn mr ms mt my na ne nl no nr nso ny oc om or pa pcm "
        "pl ps pt qu rm rn ro ru rw sa sco sd sdh se sg si sk sl sm sn so sq sr ss st su sv sw syr ta te tg th ti tk tl tlh tn to tr ts tt "
        "ug uk ur uz ve vec vi vo wa war wo xh yi yo za zh zu zxx "
    ).split()
)
"""The languages that can be told, in order: those of CLD2 and those of py3langid. `zxx` is no language, such as code."""

MOST = 640
"""Bytes of a text that are looked at: several sentences in any script."""

PIECES = 4
"""Pieces that are taken of a longer text, evenly from its beginning to its end."""

FIRST = 0.25
"""The weight of CLD2's vote; that of py3langid is the rest."""

ALONE_BYTES, ALONE_SHARE = 320, 0.95
"""How long a text must be, and which share of it a language must have, for CLD2 to be believed alone."""

ALIKE = frozenset(
    "id ms jv su bs hr sr sl mk bg cs sk ru uk be da no sv fo es pt gl ca oc it co nl af ga gd "
    "zu xh ss nr st tn nso hi mr ne bho rw rn tr az crh tt ba sco".split()
)
"""Languages that are written much like another one of these."""

ROWS = 1024
"""Texts that are judged at once, for which two megabytes are enough."""

_NO_CHARACTERS = "".join(rf"\x{{{plane << 16 | last:x}}}" for plane in range(17) for last in (0xFFFE, 0xFFFF))
_REFUSED = rf"[\x00-\x08\x0b\x0e-\x1f\x7f-\x{{9f}}\x{{fdd0}}-\x{{fdef}}{_NO_CHARACTERS}]"
"""Controls and code points that are no characters: CLD2 takes no text that has one."""


@cache
def detector() -> str:
    """Who votes, with versions: another version may vote otherwise."""
    return f"pycld2 {version('pycld2')}, py3langid {version('py3langid')}"


def prepare() -> None:
    """Load the model and compile what it needs, before workers start."""
    langid.prepare()


def vote(looked_at: pa.LargeStringArray) -> tuple[list[str | None], npt.NDArray[np.float64]]:
    """The language of most confidence of each text; of two with the same, the first in the alphabet."""
    texts = looked_at.cast(pa.large_binary()).to_pylist()
    ballots = [_ballot(text) for text in texts]
    codes = [ballot.top for ballot in ballots]
    confidence = np.array([max(ballot.shares.values(), default=0.0) for ballot in ballots])
    open_ones = np.flatnonzero([not ballot.settles(len(text)) for ballot, text in zip(ballots, texts, strict=True)])
    for first in range(0, len(open_ones), ROWS):
        some = open_ones[first : first + ROWS]
        pooled = _pooled(looked_at.take(pa.array(some)), [ballots[row] for row in some])
        _tell_alike(pooled, [texts[row] for row in some])
        confidence[some] = pooled.max(axis=1)
        for row, best in zip(some, pooled.argmax(axis=1), strict=True):
            codes[row] = CODES[best]
    return codes, confidence


@dataclass(frozen=True)
class _Ballot:
    """CLD2's vote: the share of each language in what it could tell of the text, and whether it is sure."""

    shares: Mapping[str, float]
    top: str | None
    sure: bool

    def settles(self, size: int) -> bool:
        """Whether no other vote is needed for a text of so many bytes."""
        plain = self.sure and self.top is not None and self.top not in ALIKE
        return plain and size >= ALONE_BYTES and self.shares[str(self.top)] >= ALONE_SHARE


def _ballot(text: bytes) -> _Ballot:
    sure, _, told = pycld2.detect(text, isPlainText=True, bestEffort=True)
    shares: dict[str, float] = {}
    for _, label, percent, _ in told:
        code = code_of(label)
        if percent and not _odd(code):
            shares[code] = shares.get(code, 0.0) + percent
    whole = sum(shares.values())
    return _Ballot({code: percent / whole for code, percent in shares.items()}, max(shares, key=lambda code: shares[code], default=None), bool(sure))


def _odd(code: str) -> bool:
    """Whether a code of CLD2's is no language: `un`, a script (`xx-Goth`), a joke (`zzp` is Pig Latin)."""
    return code == "un" or code.startswith(("xx", "zz"))


def _pooled(some: pa.LargeStringArray, ballots: Sequence[_Ballot]) -> npt.NDArray[np.float64]:
    """Both votes together: a line for each text, in it the confidence of each code."""
    places, known = _places(), {code_of(label) for label in langid.model().labels}
    pooled = np.zeros((len(some), len(CODES)))
    for label, column in zip(langid.model().labels, langid.probabilities(some).T, strict=True):
        pooled[:, places[code_of(label)]] += column * (1 - FIRST)
    for line, ballot in zip(pooled, ballots, strict=True):
        alone = ballot.sure and ballot.top is not None and ballot.top not in known
        line *= not alone
        for code, share in ballot.shares.items():
            line[places[code]] += share * (1 - FIRST if alone else FIRST)
    return pooled


def _tell_alike(pooled: npt.NDArray[np.float64], texts: Sequence[bytes]) -> None:
    """Divide what Bosnian, Croatian and Serbian have together, by the words that only some of them have."""
    for line, best, text in zip(pooled, pooled.argmax(axis=1), texts, strict=True):
        odds = alike.odds(CODES[best], text.decode())
        if odds:
            group = [_places()[code] for code in odds]
            weighed = line[group] * list(odds.values())
            line[group] = weighed / weighed.sum() * line[group].sum()


@cache
def _places() -> dict[str, int]:
    return {code: place for place, code in enumerate(CODES)}


def language(column: pa.Array, judge: Judge = vote) -> Mapping[str, pa.Array]:
    """`language` and `language_confidence` (0 to 1) of each text; null for a null and for what has no letter."""
    looked_at = _looked_at(as_texts(column))
    lettered = np.asarray(pc.fill_null(pc.match_substring_regex(looked_at, r"\p{L}"), False))
    codes, confidence = np.empty(len(column), object), np.zeros(len(column))
    if lettered.any():
        codes[lettered], confidence[lettered] = judge(looked_at.filter(pa.array(lettered)))
    return _told(codes, confidence)


def language_of_lines(column: pa.Array, judge: Judge = vote) -> Mapping[str, pa.Array]:
    """The same by lines: the language in which most characters stand, and as confidence their share of the
    characters in lines that have a language."""
    parts = pc.split_pattern_regex(as_texts(column), f"[{LINE_END}]+")
    lines, rows = pc.list_flatten(parts), np.asarray(pc.list_parent_indices(parts))
    told = pa.table({"row": rows, "code": language(lines, judge)["language"], "characters": pc.utf8_length(lines)})
    sums = told.filter(pc.is_valid(told["code"])).group_by(["row", "code"]).aggregate([("characters", "sum")])
    sums = sums.sort_by([("row", "ascending"), ("characters_sum", "descending"), ("code", "ascending")])
    places, first = np.unique(sums["row"].to_numpy(), return_index=True)
    wholes = np.bincount(sums["row"].to_numpy(), sums["characters_sum"].to_numpy(), len(column))
    codes, share = np.empty(len(column), object), np.zeros(len(column))
    codes[places] = sums["code"].take(pa.array(first)).to_pylist()
    share[places] = sums["characters_sum"].to_numpy()[first] / wholes[places]
    return _told(codes, share)


def _told(codes: npt.NDArray[np.object_], confidence: npt.NDArray[np.float64]) -> dict[str, pa.Array]:
    """Both columns. To two digits, processors and mathematical libraries agree."""
    unknown = np.array([code is None for code in codes], np.bool_)
    return {"language": pa.array(codes, pa.large_string()), "language_confidence": pa.array(confidence.round(2), pa.float64(), mask=unknown)}


def _looked_at(column: pa.LargeStringArray) -> pa.LargeStringArray:
    """Of each text what is looked at, with a space for what CLD2 does not take."""
    long = pc.greater(pc.binary_length(column), MOST)
    return replaced(only(column, long, _pieces), _REFUSED, " ")


def _pieces(column: pa.LargeStringArray) -> pa.LargeStringArray:
    """Pieces of each text, which has no null; a character that would be cut is left out."""
    data, offsets = spans(column)
    size, found = MOST // PIECES, []
    for begin, end in pairwise(offsets.tolist()):
        starts = [begin + (end - begin - size) * number // (PIECES - 1) for number in range(PIECES)]
        found.append(" ".join(data[start : start + size].tobytes().decode("utf-8", "ignore") for start in starts))
    return pa.array(found, pa.large_string())
