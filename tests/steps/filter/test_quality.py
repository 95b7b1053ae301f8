"""filter.quality: each rule at its limit, what limits may be set, and what is told of dropped rows."""

import gzip
import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tilth.frames import to_batch
from tilth.judging import judge
from tilth.step import Range
from tilth.steps.clean.c4_lines import C4Lines
from tilth.steps.filter.quality import RULES, SETS, Quality
from tilth.text import MEASURES

DATA = Path(__file__).parents[3] / "../shared/data"
GOOD = "the cat and the dog have a home of their own that they like to be in with all of us " * 3
"""60 words that pass every rule of gopher."""

LONG = ["abcdefghij"] * 46 + ["abcdefghijklmnopq"] * 2
"""With "the" and "and", 50 words of 10 letters on average."""


def verdict(step, texts):
    batch = to_batch({"text": texts})
    checks = step.checks()
    return judge(checks, {check.measure.column: batch.take(check.measure) for check in checks}, len(batch))


def reason(text, *rules, **limits):
    told = verdict(Quality(rules=rules or ("gopher",), limits=limits), [text])
    return told.rules[told.failed[0]] if told.failed[0] >= 0 else None


LONG_LINE = "This line has more than thirty characters."
FIVE = "One is. Two are? Three! Four… No five."


def lines_of(some, others, one, other):
    """So many lines of one kind, then so many of the other, each different by its number."""
    return "\n".join([*(f"{number} {one}" for number in range(some)), *([other] * others)])


def words(count, *others):
    """So many words, of which the last are others, that break no other rule."""
    return " ".join(["the", "and", *["word"] * (count - 2 - len(others)), *others])


@pytest.mark.parametrize(
    ("rule", "passes", "fails"),
    [
        ("words", words(50), words(49)),
        ("words", words(100_000), words(100_001)),
        ("mean_word_length", "the and " + "abc " * 48, "the and " + "abc " * 47 + "ab"),
        ("mean_word_length", " ".join(["the", "and", *LONG]), " ".join(["the", "ands", *LONG])),
        ("hash_ratio", words(50, *["#tag"] * 5), words(50, *["#tag"] * 6)),
        ("ellipsis_ratio", words(50, *["so..."] * 5, "end"), words(50, *["so…"] * 6, "end")),
        ("bullet_lines", "\n".join(["• the house and the garden"] * 9 + ["no bullet"]), "\n".join(["- the house and the garden"] * 10)),
        ("ellipsis_lines", "\n".join([words(10, "so…")] * 3 + [words(10)] * 7), "\n".join([words(12, "so...")] * 4 + [words(10)] * 6)),
        ("alphabetic_words", words(50, *["1999"] * 10), words(50, *["1999"] * 11)),
        ("stop_words", words(50), "the " + "word " * 49),
    ],
)
def test_each_rule_of_gopher_includes_its_bound(rule, passes, fails):
    assert reason(passes) is None
    assert reason(fails) == rule


@pytest.mark.parametrize(
    ("rule", "passes", "fails"),
    [
        ("lorem_ipsum", "A lorem. An ipsum. This is. So is. That is.", "Lorem ipsum. This is. So is. That is. So was this. So it is."),
        ("curly_brackets", FIVE, FIVE + " {"),
        ("curly_brackets", FIVE, FIVE + " }"),
        ("sentences", FIVE, FIVE.removesuffix("No five.")),
    ],
)
def test_each_rule_of_c4_includes_its_bound(rule, passes, fails):
    assert reason(passes, "c4") is None
    assert reason(fails, "c4") == rule


@pytest.mark.parametrize(
    ("rule", "passes", "fails"),
    [
        ("lines", LONG_LINE, " \n\n"),
        ("ended_lines", lines_of(12, 88, LONG_LINE, LONG_LINE[:-1]), lines_of(11, 89, LONG_LINE, LONG_LINE[:-1])),
        ("short_lines", lines_of(33, 67, LONG_LINE, "At most."), lines_of(32, 68, LONG_LINE, "At most.")),
        ("short_lines", lines_of(1, 4, LONG_LINE, "x" * 31), lines_of(1, 4, LONG_LINE, "x" * 30)),
        ("repeated_line_characters", "x" * 97 + ".\n!\n!", "x" * 96 + ".\n!\n!"),
        ("newline_ratio", "\n\n\n" + "wordy " * 10 + ".", "\n\n\n\n" + "wordy " * 10 + "."),
    ],
)
def test_each_rule_of_fineweb_includes_its_bound(rule, passes, fails):
    others = {name: {"at_most": None} for name in ("repeated_line_characters", "newline_ratio") if name != rule}
    assert reason(passes, "fineweb", **others) is None
    assert reason(fails, "fineweb", **others) == rule


def test_an_empty_page_is_dropped_by_every_set_but_that_of_repetition():
    assert [reason("", rules) for rules in RULES] == ["words", None, "sentences", "lines"]


def test_a_limit_includes_its_bound_for_every_measure_of_repetition():
    text = "a b c d e f g h i j k\n\n" * 2 + "x y"
    for check in Quality(rules=["gopher_repetition"]).checks():
        value = to_batch({"text": [text]}).take(check.measure)[0].as_py()
        off = {name: {"at_most": None} for name in RULES["gopher_repetition"]}
        assert 0 < value < 1
        assert reason(text, "gopher_repetition", **off | {check.rule: {"at_most": value}}) is None
        assert reason(text, "gopher_repetition", **off | {check.rule: {"at_most": np.nextafter(value, 0)}}) == check.rule


def test_the_limits_of_repetition_are_those_of_the_paper():
    limits = [each.at_most for each in RULES["gopher_repetition"].values()]
    assert limits == [0.3, 0.2, 0.3, 0.2, 0.2, 0.18, 0.16, 0.15, 0.14, 0.13, 0.12, 0.11, 0.1]
    assert limits[-6:] == sorted(limits[-6:], reverse=True)


def test_the_first_rule_that_fails_is_the_reason_with_value_and_limit():
    told = verdict(Quality(rules=["gopher_repetition", "gopher"]), ["line\n" * 4, GOOD])
    assert told.rules[told.failed[0]] == "duplicate_lines"
    assert (told.value[0], told.limit[0]) == (0.75, 0.3)
    assert verdict(Quality(rules=["gopher", "gopher_repetition"]), ["line\n" * 4]).rules[0] == "words"


def test_a_limit_takes_the_place_of_the_usual_one_and_no_other():
    step = Quality(rules=["gopher"], limits={"words": {"at_least": 30}})
    assert step.limits["words"] == Range(at_least=30, at_most=100_000)
    assert step.limits["stop_words"] == Range(at_least=2)
    assert reason(words(30), words={"at_least": 30}) is None
    assert reason(words(29), words={"at_least": 30}) == "words"


def test_a_limit_can_be_taken_away():
    assert reason("wort " * 50) == "stop_words"
    assert reason("wort " * 50, stop_words={"at_least": None}) is None


def test_settings_survive_being_written_out():
    step = Quality(rules=["gopher"], limits={"words": {"at_least": None}})
    assert Quality.model_validate_json(step.model_dump_json()) == step
    assert Quality.model_validate(step.model_dump()).deciding() == step.deciding()


def test_limits_only_decide():
    usual, loose = Quality(rules=["gopher"]), Quality(rules=["gopher"], limits={"words": {"at_least": 1}})
    assert usual.identity() == loose.identity() != Quality(rules=["gopher_repetition"]).identity()
    assert usual.deciding() != loose.deciding()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            {"rules": ["gopher"], "limits": {"word": {"at_least": 1}}},
            "no measure `word`. Did you mean `words`.*The rules have: words, mean_word_length",
        ),
        ({"rules": ["gopher"], "limits": {"top_2_gram": {"at_most": 1}}}, "Add `gopher_repetition` to `rules`"),
        ({"rules": ["gopher"], "limits": {"words": {"at_least": 200_000}}}, "at least 200000 and at most 100000"),
        ({"rules": []}, "at least 1 item"),
        ({"rules": ["c5"]}, "'gopher', 'gopher_repetition', 'c4' or 'fineweb'"),
        ({"rules": ["c4"], "limits": {"ended_lines": {"at_least": 0}}}, "Add `fineweb` to `rules`"),
        ({"rules": ["gopher"], "dialect": "redpajama"}, "'tilth', 'datatrove', 'dclm', 'curator' or 'dolma'"),
        ({"rules": ["gopher", "c4"], "dialect": "dclm"}, "dialect `dclm` has no rules `c4`. It has: gopher, gopher_repetition."),
        ({"rules": ["fineweb"], "dialect": "dolma"}, "dialect `dolma` has no rules `fineweb`. It has: gopher, gopher_repetition, c4."),
        (
            {"rules": ["gopher"], "dialect": "dolma", "limits": {"hash_ratio": {}}},
            "no measure `hash_ratio`.*The rules have: words, median_word_length",
        ),
        ({}, "Field required"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, told):
    with pytest.raises(ValidationError, match=told):
        Quality.model_validate(settings)


def test_text_without_spaces_is_not_judged_by_its_words():
    assert reason("这里没有空格。" * 20, "gopher") is None
    assert reason("这里没有空格。\n" * 20, "gopher_repetition") == "duplicate_lines"
    assert reason("这里没有空格。" * 5, "c4", "fineweb") is None
    assert reason("ภาษาไทยไม่มีจุดจบประโยค", "c4", "fineweb") is None


@settings(deadline=None)
@given(st.lists(st.sampled_from([None, "", "\n\n", "\0", "one", "a b c", GOOD, "line\n" * 9, "\r\n" * 3, "中文" * 9]), max_size=8))
def test_no_row_changes_what_becomes_of_another(texts):
    # Data-Juicer makes a batch of up to 1,000 rows empty where one of them fails (ops/base_op.py).
    step = Quality(rules=["gopher_repetition", "fineweb", "c4", "gopher"])
    together = verdict(step, texts).failed.tolist()
    assert together == [int(verdict(step, [text]).failed[0]) for text in texts]


def test_short_text_is_dropped_for_its_words_and_not_for_repetition():
    assert reason("one two", "gopher_repetition") is None
    assert reason("\n\n", "gopher", "gopher_repetition") == "words"


@pytest.mark.parametrize("frame", [pa.table, pd.DataFrame, pl.DataFrame])
def test_any_frame_comes_in_and_the_same_kind_goes_out(frame):
    out = Quality(rules=["gopher"])(frame({"text": [GOOD, "short"]}))
    assert type(out) is type(frame({}))
    assert pa.table(out).to_pydict() == {"text": [GOOD]}


def test_rules_of_all_sets_share_their_walks_over_the_text():
    checks = Quality(rules=list(RULES)).checks()
    assert len({check.measure.of for check in checks}) == 3
    assert {check.measure.name for check in checks} <= set(MEASURES)


def test_measures_can_be_sent_to_a_worker():
    checks = Quality(rules=list(RULES)).checks()
    assert pickle.loads(pickle.dumps(checks)) == checks


def test_most_of_real_web_text_stays_and_reasons_differ():
    file = DATA / "web/c4_sample_1000.jsonl.gz"
    if not file.exists():
        pytest.skip("../shared/data is not here")
    texts = [json.loads(line)["text"] for line in gzip.open(file, "rt")]
    told = verdict(Quality(rules=["gopher", "gopher_repetition"]), texts)
    assert 0.5 < told.kept.mean() < 0.95
    assert {"words", "stop_words", "duplicate_5_grams"} <= {told.rules[rule] for rule in told.failed if rule >= 0}


def test_a_dialect_has_the_measures_the_order_and_the_limits_of_its_tool():
    names = [check.rule for check in Quality(rules=["gopher"], dialect="dolma").checks()]
    assert names == list(SETS["dolma"]["gopher"]) and names[1] == "median_word_length"
    order = list(SETS["dclm"]["gopher_repetition"])[:4]
    assert order == ["duplicate_lines", "duplicate_paragraphs", "duplicate_line_characters", "duplicate_paragraph_characters"]
    assert list(SETS["datatrove"]["gopher_repetition"])[:2] == ["duplicate_paragraphs", "duplicate_paragraph_characters"]
    assert SETS["dolma"]["gopher_repetition"]["duplicate_line_characters"] == Range(at_most=0.3)
    assert SETS["curator"]["gopher_repetition"]["unique_lines"] == Range(at_least=0.7)


def test_each_dialect_says_another_thing_of_the_same_text():
    text = GOOD + "\n" + "Again and again.\n" * 2 + "".join(f"A line of its own, number {number}.\n" for number in range(4))
    first = {name: Quality(rules=["gopher_repetition"], dialect=name).checks()[0].measure for name in ("dolma", "curator")}
    assert {name: to_batch({"text": [text]}).take(measure)[0].as_py() for name, measure in first.items()} == {"dolma": 2 / 8, "curator": 6 / 7}


def test_a_dialect_bears_identity():
    identities = [Quality(rules=["gopher"], dialect=name).identity() for name in ("tilth", "dolma", "curator", "dclm")]
    assert all(one != other for place, one in enumerate(identities) for other in identities[:place])
    checks = Quality(rules=["gopher"], dialect="dolma", fields=["title"]).checks()
    assert checks[0].rule == "words(title)" and checks[0].measure.column.startswith("words(title)#")


@settings(deadline=None)
@given(st.lists(st.sampled_from([None, "", "\n\n", "\0", "one", "a b c", GOOD, "line\n" * 9, "\r\n" * 3, "中文" * 9, "# " * 9]), max_size=8))
def test_no_row_changes_what_becomes_of_another_in_any_dialect(texts):
    for name in ("curator", "dolma"):
        step = Quality(rules=list(SETS[name]), dialect=name)
        together = verdict(step, texts).failed.tolist()
        assert together == [int(verdict(step, [text]).failed[0]) for text in texts]


def test_limits_take_the_place_of_a_dialects_own():
    step = Quality(rules=["gopher"], dialect="dolma", limits={"words": {"at_least": 3}, "stop_words": {"at_least": None}})
    assert step.limits["words"] == Range(at_least=3, at_most=100_000)
    assert verdict(step, ["three plain words"]).failed.tolist() == [-1]


def test_text_of_newlines_alone_falls_for_its_words_in_curators_dialect_and_breaks_nothing():
    # NeMo Curator raises ZeroDivisionError in SymbolsToWordsFilter, which stands before its count of words.
    told = verdict(Quality(rules=["gopher"], dialect="curator"), ["\n\n\n"])
    assert told.rules[told.failed[0]] == "words"


def test_a_text_too_short_for_a_run_of_words_is_kept_here_and_dropped_in_curators_dialect():
    # RepeatedParagraphsByCharFilter and the filters of runs score a text of fewer than N words 1.0 (repetition.py).
    assert reason("one two", "gopher_repetition") is None
    told = verdict(Quality(rules=["gopher_repetition"], dialect="curator"), ["one two three four"])
    assert told.rules[told.failed[0]] == "top_2_gram"


def test_c4_asks_for_five_sentences_of_three_words_and_the_code_of_its_dataset_for_three_of_five():
    # The paper and datatrove: 3 words, 5 sentences. tensorflow_datasets and DCLM: 5 words, 3 sentences.
    assert SETS["datatrove"]["c4"]["sentences"] == SETS["tilth"]["c4"]["sentences"] == Range(at_least=5)
    assert reason("One is here. Two is here. Three is here.", "c4") == "sentences"
    assert reason("One is here. Two is here. Three is here.", "c4", sentences={"at_least": 3}) is None
    assert C4Lines().least_words == 3 and C4Lines(least_words=5).least_words == 5


def test_a_dialect_whose_package_is_missing_is_refused_with_the_line_to_type():
    code = (
        "import sys; from tilth.errors import Missing; from tilth.steps.filter.quality import Quality\n"
        "sys.meta_path = []\n"  # as if no package were installed
        "for dialect in ('datatrove', 'dclm'):\n"
        "    try: Quality(rules=['gopher_repetition'], dialect=dialect).checks()\n"
        "    except Missing as error: print(error.exit_code, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    spacy, uniseg = done.stdout.splitlines()
    assert spacy.startswith("4 ") and "`spacy`" in spacy and 'pip install "tilth[dialects]"' in spacy and "`uniseg`" in uniseg
