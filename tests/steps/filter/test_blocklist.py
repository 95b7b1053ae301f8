"""filter.blocklist: rows without the terms of a list."""

import pytest
from pydantic import ValidationError

from tests.projects import Project, line, table
from tilth.errors import NotThere
from tilth.frames import to_batch
from tilth.judging import judge
from tilth.steps.filter.blocklist import Blocklist


def verdict(step, **columns):
    batch = to_batch(columns)
    checks = step.checks()
    return judge(checks, {check.measure.column: batch.take(check.measure) for check in checks}, len(batch))


def test_a_row_with_a_term_falls_and_one_that_only_holds_its_letters_stays():
    out = Blocklist(terms=["ass", "bad phrase"])({"text": ["a class", "an ASS", "Bad\nphrase!", None, "", "bad phrases"]})
    assert out["text"] == ["a class", None, "", "bad phrases"]


def test_terms_are_counted_and_may_be_limited_by_number_or_by_share():
    texts = ["bad bad bad and so on", "bad and so on and so on and so on", "fine"]
    assert Blocklist(terms=["bad"], blocked_terms={"at_most": 1})({"text": texts})["text"] == texts[1:]
    by_share = Blocklist(terms=["bad"], blocked_terms={"at_most": None}, blocked_share={"at_most": 0.2})
    told = verdict(by_share, text=texts)
    assert told.kept.tolist() == [False, True, True] and told.rules[told.failed[0]] == "blocked_share" and told.value[0] == 0.5


def test_lists_by_language_hold_for_rows_of_that_language():
    step = Blocklist(terms={"en": ["gift shop"], "de": ["Gift"], "all": ["spam"]})
    rows = {"text": ["a gift", "a gift shop", "das Gift", "Gift", "spam"], "language": ["en", "en", "de", None, "fr"]}
    assert step(rows)["text"] == ["a gift", "Gift"]
    with pytest.raises(NotThere, match="no column `language`"):
        step({"text": ["a gift"]})


def test_the_term_that_was_found_is_told_by_its_number_and_never_by_its_text():
    step = Blocklist(terms=["one", "secret", "two"])
    measure = next(check.measure for check in step.checks() if check.measure.name == "blocked_term")
    assert to_batch({"text": ["a Secret", "fine"]}).take(measure).to_pylist() == [2, None]
    told = verdict(step, text=["a Secret", "fine"])
    assert told.found is None and "secret" not in repr(told).lower()
    assert "secret" not in str([check.measure.identity() for check in step.checks()])


def test_lists_may_lie_in_files_which_are_known_by_their_content(tmp_path):
    (tmp_path / "en.txt").write_text("bad\nvery bad\n")
    (tmp_path / "same.txt").write_text("bad\r\nvery bad")
    (tmp_path / "other.txt").write_text("good\n")
    one, same, other = (Blocklist(files=[str(tmp_path / f"{name}.txt")]) for name in ("en", "same", "other"))
    assert one({"text": ["a bad one", "a good one"]})["text"] == ["a good one"]
    keys = [step.checks()[0].measure.identity() for step in (one, same, other)]
    assert keys[0] == keys[1] != keys[2] and one.identity() == other.identity()
    by_language = Blocklist(terms={"en": ["awful"]}, files={"en": str(tmp_path / "en.txt")})
    assert by_language({"text": ["awful", "bad", "bad"], "language": ["en", "en", "de"]})["text"] == ["bad"]


def test_a_list_that_is_not_there_is_told(tmp_path):
    with pytest.raises(NotThere, match="cannot be read"):
        Blocklist(files=[str(tmp_path / "nowhere.txt")]).checks()


@pytest.mark.parametrize(
    "settings", [{}, {"terms": []}, {"terms": [" "]}, {"terms": {"en": []}}, {"terms": ["a"], "blocked_terms": {"at_least": 2, "at_most": 1}}]
)
def test_a_list_that_blocks_nothing_is_refused(settings):
    with pytest.raises(ValidationError):
        Blocklist.model_validate(settings)


@pytest.mark.parametrize("name", ["blocked_terms", "blocked_share"])
def test_limits_that_nothing_can_meet_are_refused_by_their_name(name):
    with pytest.raises(ValidationError, match=f"`{name}` can be no number"):
        Blocklist.model_validate({"terms": ["a"], name: {"at_least": 2, "at_most": 1}})


RECIPE = """
name: small
data:
  good:
    - source.files: {path: raw/good.jsonl}
  docs:
    - source.files: {path: raw/docs.jsonl}
    - filter.blocklist: {terms: [secret word]}
    - filter.characters: {capitals: {at_most: 0.5}}
    - filter.perplexity: {reference: good, perplexity: {at_most: 1000}, add: [perplexity]}
    - filter.outlier: {of: length(text), side: high}
    - filter.sample: {rows: 10, by: kind}
"""


def test_the_filters_of_content_work_together_in_a_recipe(tmp_path):
    project = Project(tmp_path)
    prose = [f"the sea was calm and the old man went to the sea in the year {year} and was glad" for year in range(80)]
    project.write("good.jsonl", [{"text": text} for text in prose])
    rows = [{"text": text[: 60 + number % 9], "kind": "ab"[number % 2]} for number, text in enumerate(prose[:50])]
    odd = ["the Secret  Word", "THE SEA WAS CALM", "qqqzz wwkx jjjvv kkqz", prose[0] * 9]
    project.write("docs.jsonl", [*rows, *({"text": text, "kind": "a"} for text in odd)])
    project.write_recipe(RECIPE)
    run = project.run()
    dropped = {step: line(run, f"docs.filter.{step}")["reasons"] for step in ("blocklist", "characters", "perplexity", "outlier", "sample")}
    assert dropped == {
        "blocklist": {"blocked_terms": 1},
        "characters": {"capital_share": 1},
        "perplexity": {"perplexity": 1},
        "outlier": {"too_high": 1},
        "sample": {"not_drawn": 30},
    }
    kept = table(run, "docs")
    assert kept.num_rows == 20 and kept["perplexity"].null_count == 0
    again = project.run(workers=2, shard_bytes=500, batch_rows=7)
    assert table(again, "docs").drop(["origin"]).equals(kept.drop(["origin"]))
