"""dedup.lines: judged against the plain way, and by what is left."""

from collections import defaultdict

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tilth.errors import AskedWrong
from tilth.record import CUTS, Batch, as_ids, ids_of_values, shown
from tilth.steps.dedup.lines import Lines

BANNER = "We use cookies to make this site work better for you."
TEXTS = st.lists(st.lists(st.sampled_from(["a a", "b b", "c c", "d", "A  A"]), max_size=6).map("\n".join), max_size=7)


def batch(**columns):
    rows = len(next(iter(columns.values())))
    return Batch(pa.table({"id": pa.array(ids_of_values(range(rows)), pa.binary(16)), **columns}))


def decided(step, **columns):
    return step.decide(step.sketch(batch(**columns)))


def left(texts, **asked):
    """What is left of each text."""
    return Lines.model_validate({"at_least": 2, "shortest": 1, **asked})({"text": texts})["text"]


def plainly(texts, run, keep, at_least, shortest=2):
    """For each text the lines that are left, the plain way."""
    rows = [text.split("\n") if text else [] for text in texts]
    counted = [[at for at, line in enumerate(row) if len(line) >= shortest] for row in rows]
    windows = [
        [tuple(" ".join(row[at].lower().split()) for at in some[k : k + run]) for k in range(len(some) - run + 1)]
        for row, some in zip(rows, counted, strict=True)
    ]
    holders = defaultdict(list)
    for number, some in enumerate(windows):
        for one in set(some):
            holders[one].append(number)
    stay = []
    for number, (row, some) in enumerate(zip(rows, counted, strict=True)):
        gone, kept = set(), set()
        for k, one in enumerate(windows[number]):
            if len(holders[one]) >= at_least:
                (kept if keep == "first" and holders[one][0] == number else gone).update(some[k : k + run])
        stay.append([line for at, line in enumerate(row) if at not in gone - kept])
    return stay


@settings(deadline=None)
@given(TEXTS, st.integers(1, 3), st.sampled_from(["first", "none"]), st.integers(2, 3))
def test_what_is_left_is_what_the_plain_way_leaves(texts, run, keep, at_least):
    expected = ["\n".join(lines) for lines in plainly(texts, run, keep, at_least)]
    assert left(texts, run=run, keep=keep, at_least=at_least, shortest=2) == expected


@settings(deadline=None)
@given(TEXTS, st.integers(1, 3))
def test_what_goes_stands_and_stays_in_its_partner(texts, run):
    step = Lines(at_least=2, shortest=1, run=run)
    rows = batch(text=pa.array(texts, pa.large_string()))
    outcome, after = step.decide(step.sketch(rows)), step(rows.table)["text"].to_pylist()
    number = {bytes(one): place for place, one in enumerate(as_ids(rows["id"]))}
    assert outcome.cuts.schema == CUTS
    for cut in outcome.cuts.to_pylist():
        gone = texts[cut["row"]].encode()[cut["start"] : cut["stop"]].decode()
        stays = [" ".join(line.lower().split()) for line in after[number[cut["partner"]]].split("\n")]
        assert number[cut["partner"]] < cut["row"]
        assert all(" ".join(line.lower().split()) in stays for line in gone.split("\n") if line)


@settings(deadline=None)
@given(TEXTS, st.integers(1, 4))
def test_nothing_depends_on_how_rows_are_cut(texts, size):
    step, rows = Lines(at_least=2, shortest=1), batch(text=pa.array(texts, pa.large_string()))
    whole = step.sketch(rows)
    pieces = [step.sketch(Batch(rows.table.slice(at, size))) for at in range(0, len(texts), size)] or [whole]
    assert step.decide(pa.concat_tables(pieces)).cuts.equals(step.decide(whole).cuts)


def test_boilerplate_goes_from_all_rows_or_from_all_but_the_first():
    pages = [f"{BANNER}\nPage {number} is about something of its own.\nAll rights are reserved by the owners." for number in range(4)]
    own = [f"Page {number} is about something of its own." for number in range(4)]
    assert Lines(keep="none")({"text": pages})["text"] == own
    assert Lines()({"text": pages})["text"] == [pages[0], *own[1:]]
    assert Lines(at_least=5)({"text": pages})["text"] == pages


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("x\na\nb", "a\nb"),
        ("a\nx\nb", "a\nb"),
        ("a\nx", "a"),
        ("a\nx\n", "a\n"),
        ("a\n\nx\n\n  b", "a\n\n  b"),
        ("\n\nx\na", "\n\na"),
        ("a\r\nx\r\nb", "a\r\nb"),
        ("a\nx\nx\n\nb\nx", "a\nb"),
        ("x\nx", ""),
        ("\n x \n", ""),
        ("x", ""),
        ("", ""),
    ],
)
def test_no_hole_is_left_where_lines_went(text, stays):
    assert left(["x", text], at_least=2)[1:] == ([stays] if "x" in text else [text])


@pytest.mark.parametrize(
    ("text", "stays"),
    [
        ("A one. X two. B three.", "A one. B three."),
        ("A one. X two.\nB three.", "A one.\nB three."),
        ("X two. A one.\nB three.", "A one.\nB three."),
        ("A one.\nX two. Y four.\nB three.", "A one.\nB three."),
        ("A one.\nB three. X two.\nY four.\nC five.", "A one.\nB three.\nC five."),
        ("A one. X two.", "A one."),
    ],
)
def test_a_line_keeps_its_break_if_it_keeps_a_sentence(text, stays):
    assert left(["X two. Y four.", text], unit="sentence")[1] == stays


def test_paragraphs_are_the_same_however_their_lines_are_broken():
    texts = ["One paragraph of\nsome words.\n\nOther words.", "First.\n\nOne  paragraph\nof some words.\n\nLast."]
    assert left(texts, unit="paragraph") == [texts[0], "First.\n\nLast."]
    assert left(texts) == texts


def test_what_is_ignored_is_chosen():
    texts = ["Posted 3 May, by Ann", "posted 12 may by ann", "Posted 3 May,  by Ann"]
    assert left(texts, ignore=[]) == [*texts[:2], ""]
    assert left(texts, ignore=["case", "digits", "punctuation"]) == [texts[0], "", ""]
    assert left(["e\u0301t e\u0301", "Ét é"]) == ["e\u0301t e\u0301", ""]


def test_a_line_that_one_row_repeats_is_no_repetition_across_rows():
    text = "the same line of some length\n" * 9
    assert left([text, "other"], at_least=2) == [text, "other"]


def test_short_lines_are_never_taken_out():
    texts = [f"Contents\nOk\n{BANNER}\nown {number}" for number in range(3)]
    assert Lines()({"text": texts})["text"][1] == "Contents\nOk\nown 1"


def test_several_columns_are_counted_together():
    rows = {"title": ["x x", "a a", "x x"], "text": ["b b", "x x\nc c", "x x\nb b"]}
    assert Lines(fields=("title", "text"), at_least=3, shortest=1)(rows) == {"title": ["x x", "a a", ""], "text": ["b b", "c c", "b b"]}
    assert Lines(fields=("title", "text"), at_least=2, shortest=1)(rows) == {"title": ["x x", "a a", ""], "text": ["b b", "c c", ""]}
    cuts = decided(Lines(fields=("title", "text"), at_least=2, shortest=1), **rows).cuts.to_pylist()
    assert [(cut["row"], cut["column"]) for cut in cuts] == [(1, "text"), (2, "text"), (2, "title")], "in order of row, column and start"


def test_every_row_stays_and_what_went_is_told_without_the_text():
    texts = [f"{BANNER}\nText number {number} with words of its own." for number in range(6)] + [BANNER, None, ""]
    outcome = decided(Lines(at_least=3), text=texts)
    facts = outcome.facts
    assert outcome.part.tolist() == [0] * 9 and outcome.rule == "repeated"
    assert {name: facts[name] for name in ("units", "units_cut", "rows_cut", "texts_emptied", "not_judged")} == {
        "units": 13,
        "units_cut": 6,
        "rows_cut": 6,
        "texts_emptied": 1,
        "not_judged": 2,
    }
    ids = ids_of_values(range(3))
    assert facts["most_frequent"] == [{"rows": 7, "bytes": len(BANNER), "examples": [shown(one) for one in ids]}]
    assert facts["bytes_cut"] == 6 * len(BANNER) and BANNER not in str(facts)


def test_the_curve_tells_what_other_limits_would_take():
    texts = [f"{'abcdef'[number % 6] * 30}\n{BANNER}\nown {number} and nothing else here" for number in range(11)]
    outcome = decided(Lines(), text=texts)
    for limit, size in outcome.facts["bytes_cut_at"]:
        again = decided(Lines(at_least=limit), text=texts)
        assert again.facts["bytes_cut"] == size
    assert [limit for limit, _ in outcome.facts["bytes_cut_at"]] == [2, 3, 5, 10]
    assert outcome.facts["bytes_cut_at"][0][1] > outcome.facts["bytes_cut_at"][1][1] == 10 * len(BANNER)


def test_limits_are_decided_from_the_same_sketch():
    one, other = Lines(), Lines(at_least=9, keep="none", run=3)
    assert one.identity() == other.identity() and one.deciding() != other.deciding()
    assert len({str(step.identity()) for step in (one, Lines(unit="sentence"), Lines(shortest=5), Lines(ignore=()), Lines(fields=("title",)))}) == 5


def test_there_may_be_nothing_to_decide():
    assert decided(Lines(), text=pa.array([], pa.large_string())).cuts.num_rows == 0
    outcome = decided(Lines(), text=pa.array([None, ""], pa.large_string()))
    assert outcome.part.tolist() == [0, 0] and outcome.facts["units"] == 0
    assert decided(Lines(run=9), text=["a", "a"]).facts["units_cut"] == 0


def test_what_cannot_be_is_refused():
    with pytest.raises(AskedWrong, match="no lines can be taken out"):
        Lines()({"text": ["a"], "n": [1]}) and Lines(fields=("n",))({"text": ["a"], "n": [1]})
    for wrong in ({"at_least": 1}, {"run": 0}, {"unit": "word"}, {"keep": "last"}, {"fields": []}, {"shortest": 0}, {"ignore": ["accents"]}):
        with pytest.raises(ValidationError):
            Lines.model_validate(wrong)


def test_the_kind_of_numbers_is_narrow():
    sketch = Lines().sketch(batch(text=[BANNER]))
    assert sketch.column_names == ["id", "numbers_00", "places_00", "bytes_00"]
    assert sketch["numbers_00"].type == pa.large_list(pa.uint64()) == sketch["places_00"].type
    assert np.asarray(sketch["bytes_00"]).tolist() == [len(BANNER)]
