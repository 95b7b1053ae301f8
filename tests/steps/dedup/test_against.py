"""dedup.against: rows that have items of an evaluation set, judged by planted ones and by the defects of its peers."""

import random
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from tests.steps.dedup.leaked import EACH, WAYS, Item, any_ngram, documents, noticed, planted, sets, shouted, table, there
from tilth.errors import AskedWrong
from tilth.frames import to_batch
from tilth.record import as_ids, shown
from tilth.steps.dedup.against import Against

QUESTION = "A farmer has seventeen sheep and all but nine of them run away, so how many sheep are left to the farmer?"
ANSWER = "Nine sheep are left, because all but nine of them ran away and the others stayed with the farmer."
SHORT = "Who painted the ceiling of that chapel?"
ITEMS = {"question": [QUESTION, SHORT, "Is water wet?"], "answer": [ANSWER, "Michelangelo", "yes"]}
FILLER = "This page tells of the garden and the weather, and of what the neighbours said about both of them last summer. "


def step(folder, items=ITEMS, **settings):
    """The step, with one set `exam`."""
    return Against.model_validate({"data": "exam", **settings}).given(folder / "step", data={"exam": pa.table(items)})


def decided(folder, texts, **settings):
    """The outcome for some texts."""
    made = step(folder, **settings)
    made.prepare()
    return made.decide(made.sketch(to_batch(pa.table({"text": pa.array(texts, pa.large_string())}))))


def fallen(folder, texts, **settings):
    return np.flatnonzero(decided(folder, texts, **settings).part < 0).tolist()


def test_a_row_that_falls_tells_the_set_the_item_the_share_and_the_bytes(tmp_path):
    text = f"{FILLER}{QUESTION} {FILLER}"
    outcome = decided(tmp_path, [FILLER, text])
    assert outcome.part.tolist() == [0, -1] and outcome.rules[outcome.which[1]] == "question"
    assert (outcome.value[1], outcome.limit[1]) == (1.0, 0.5) and outcome.found[0] is None
    assert outcome.found[1] == f"exam: bytes of text {len(FILLER)}–{len(FILLER) + len(QUESTION) - 1}"
    assert bytes(outcome.partner[1]) == bytes(as_ids(to_batch(pa.table(ITEMS))["id"])[0])
    assert "farmer" not in outcome.found[1], "what was found is told by its place"


def test_question_answer_and_both_are_told_apart(tmp_path):
    outcome = decided(tmp_path, [QUESTION, ANSWER, f"{QUESTION} {ANSWER}", f"{SHORT} It was Michelangelo."])
    assert [outcome.rules[rule] for rule in outcome.which] == ["question", "answer", "question_and_answer", "question_and_answer"]
    assert outcome.limit.tolist() == [0.5, 0.5, 0.25, 0.25]


def test_a_short_question_counts_with_its_answer_or_where_it_is_most_of_the_text(tmp_path):
    texts = [f"{FILLER}{SHORT} Nobody knows.", f"{FILLER}{SHORT} It was Michelangelo.", SHORT, f"{FILLER}Michelangelo {SHORT}"]
    assert fallen(tmp_path, texts) == [1, 2]


def test_answers_that_say_nothing_never_count(tmp_path):
    items = {"question": [f"{QUESTION} Item {number}" for number in range(5)], "answer": ["yes", "B", "no", "true", "True."]}
    half = QUESTION[: len(QUESTION) * 2 // 5]
    assert fallen(tmp_path, [f"{half} {FILLER} yes, B, no, true", f"{FILLER} yes"], items=items, common=30) == []


def test_case_punctuation_and_white_space_do_not_matter(tmp_path):
    assert fallen(tmp_path, [shouted(QUESTION), QUESTION.replace(" ", "\u00a0\n"), f"«{QUESTION}»".replace(",", " –")]) == [0, 1, 2]


def test_a_long_overlap_is_one_span_and_not_a_count_of_runs(tmp_path):
    # Janitor counts overlapping runs: 22 shared words leave two pieces of the document, 23 delete it.
    for number, size in enumerate((22, 23)):
        item = " ".join(f"word{place}" for place in range(size))
        outcome = decided(tmp_path / str(number), [f"{FILLER}{item} {FILLER}"], items={"text": [item]}, ngram=13)
        assert outcome.found == [f"exam: bytes of text {len(FILLER)}–{len(FILLER) + len(item)}"]


def test_what_is_cut_is_what_the_item_has_and_not_one_character_more(tmp_path):
    # Janitor takes 200 characters on both sides, and one character is lost where it goes on.
    text = f"{FILLER}é{QUESTION}é{FILLER}{ANSWER}"
    before, behind = f"{FILLER}é ", f" é{FILLER}"
    rows = pa.table({"text": [f"{before}{QUESTION}{behind}{ANSWER}", FILLER, text]})
    cut = step(tmp_path, do="cut")(rows)["text"].to_pylist()
    assert cut[:2] == [f"{before}?{behind}.", FILLER] and len(cut) == 3


def test_cuts_name_the_item_and_stand_in_order(tmp_path):
    made = step(tmp_path, do="cut", fields=["title", "text"])
    rows = pa.table({"title": [QUESTION, None], "text": [f"{FILLER} {ANSWER}", f"{QUESTION} {FILLER} {FILLER} {QUESTION}"]})
    made.prepare()
    cuts = made.decide(made.sketch(to_batch(rows))).cuts.to_pylist()
    assert [(one["row"], one["column"]) for one in cuts] == [(0, "text"), (0, "title"), (1, "text"), (1, "text")]
    assert {one["partner"] for one in cuts} == {bytes(as_ids(to_batch(pa.table(ITEMS))["id"])[0])}
    assert [row["title"] for row in made(rows).to_pylist()] == ["?", None]


def test_rows_are_marked_and_kept(tmp_path):
    told = step(tmp_path, do="flag")(pa.table({"text": [FILLER, QUESTION]})).to_pylist()
    assert [row["contaminated"] for row in told] == [False, True] and told[0]["contaminated_by"] is None
    item = shown(bytes(as_ids(to_batch(pa.table(ITEMS))["id"])[0]))
    assert told[1]["contaminated_by"] == f"{item} of exam: bytes of text 0–{len(QUESTION) - 1}"


def test_one_common_run_of_words_drops_nothing(tmp_path):
    # datatrove drops a document for any run of 12 words that it shares with an item, GPT-3's authors for any of 13.
    shared = QUESTION.split(", so")[0]
    long = f"{QUESTION} {FILLER.replace('garden', 'field')} " + " ".join(f"word{place}" for place in range(30))
    row = f"{FILLER}{shared}, said somebody."
    assert any_ngram({"exam": [Item(long, "")]}, [row], 12) == [True]
    assert fallen(tmp_path, [row], items={"text": [long]}) == []


def test_boilerplate_that_many_rows_have_is_no_contamination(tmp_path):
    # Of 114 sources that Marin's check had marked, people found 88 not to be contaminated: boilerplate.
    notice = "All rights reserved by the publishers of this page and by nobody else in any country of the world whatsoever."
    items = {"question": [f"{notice} {SHORT}", notice], "answer": ["Michelangelo", "somebody else entirely"]}
    pages = [f"{FILLER}{number} {notice}" for number in range(11)]
    assert fallen(tmp_path / "a", pages, items=items) == []
    assert fallen(tmp_path / "b", pages[:10], items=items) == list(range(10)), "ten rows are not more than ten"


def test_the_wrapper_that_many_items_have_is_no_contamination(tmp_path):
    wrapper = "Below you find a task that somebody wrote down; write an answer that does all of what it asks for. Task:"
    draw = random.Random(5)
    words = [f"w{number}" for number in range(500)]
    items = {"question": [f"{wrapper} {' '.join(draw.sample(words, 6))}" for _ in range(20)]}
    texts = [f"{wrapper} {' '.join(draw.sample(words, 6))}" for _ in range(5)]
    assert fallen(tmp_path, [*texts, items["question"][7]], items=items) == [5]


def test_an_item_that_leaked_often_is_found_with_its_answer_all_the_same(tmp_path):
    # GPT-3's rule ignores what is in more than 10 documents, and so what has leaked most.
    outcome = decided(tmp_path, [f"{FILLER}{number} {QUESTION} {ANSWER}" for number in range(15)] + [f"{QUESTION} {number}" for number in range(5)])
    assert np.flatnonzero(outcome.part < 0).tolist() == list(range(15))
    assert outcome.facts["ngrams_in_many_rows"] > 10 and outcome.facts["common_in"][0][1] == 20, "and what was ignored is told"


def test_an_item_is_found_as_words_and_not_as_letters(tmp_path):
    # bigcode asks whether the lower-cased test string is a part of the document's, so punctuation hides it and parts of words have it.
    item = "man is an island of the main that is entire"
    texts = [f"{FILLER}No woman is an island of the main that is entirely her own.", f"{FILLER}Man is an island, of the main; that is entire."]
    assert fallen(tmp_path, texts, items={"text": [item]}, ngram=13) == [1]


def test_questions_of_scripts_without_spaces_are_found(tmp_path):
    item = "请问这座小城的历史上第一本关于河流的书是谁写的以及它是在哪一年出版的"
    assert fallen(tmp_path, [f"some English words {item}。", f"{item[:10]}和别的东西没有关系", "中文"], items={"text": [item]}) == [0]


def test_nothing_depends_on_the_order_of_rows_or_on_batches(tmp_path):
    made = step(tmp_path)
    made.prepare()
    texts = [FILLER, QUESTION, f"{QUESTION} {ANSWER}", None, "", ANSWER, f"{FILLER}{SHORT} Michelangelo"]
    rows = to_batch(pa.table({"text": pa.array(texts, pa.large_string())})).table
    whole = made.decide(made.sketch(to_batch(rows)))
    pieces = pa.concat_tables([made.sketch(to_batch(rows.slice(place, 1))) for place in range(len(texts))])
    turned = made.decide(made.sketch(to_batch(rows.take(pa.array(range(len(texts))[::-1])))))
    for other, order in ((made.decide(pieces), slice(None)), (turned, slice(None, None, -1))):
        assert other.part[order].tolist() == whole.part.tolist() and list(other.found)[order] == list(whole.found)
        assert (other.partner[order] == whole.partner).all() and other.facts["found_at"] == whole.facts["found_at"]


def test_other_limits_are_decided_from_the_same_sketches(tmp_path):
    made = step(tmp_path)
    for other in (made.model_copy(update={"common": 3}), made.model_copy(update={"do": "flag"})):
        assert other.identity() == made.identity() and other.same_but_for_limits(made)
    assert made.model_copy(update={"ngram": 5}).identity() != made.identity()


def test_facts_tell_of_each_set_what_was_found_and_what_could_not_be(tmp_path):
    outcome = decided(tmp_path, [QUESTION, f"{FILLER}{QUESTION}", FILLER])
    told = outcome.facts["sets"]["exam"]
    assert (told["items"], told["too_short"], told["items_found"], told["rows_found"]) == (3, 1, 1, 2)
    assert told["most_found"][0][1] == 2 and outcome.facts["rows_found"] == 2
    assert outcome.facts["by_rule"] == {"question_and_answer": 0, "question": 2, "answer": 0}
    assert outcome.facts["found_at"][-1] == [1.0, 2]


def test_several_sets_are_told_apart(tmp_path):
    data = {"one": pa.table({"question": [QUESTION]}), "two": pa.table({"prompt": [ANSWER]})}
    made = Against(data=("one", "two")).given(tmp_path / "step", data=data)
    made.prepare()
    outcome = made.decide(made.sketch(to_batch(pa.table({"text": [ANSWER, QUESTION]}))))
    assert [one.split(":")[0] for one in outcome.found] == ["two", "one"]


def test_a_step_that_was_given_no_sets_says_so():
    with pytest.raises(AskedWrong, match=r"given\(folder, data="):
        Against(data="exam")(pa.table({"text": ["a"]}))


def test_no_rows_and_no_hits(tmp_path):
    made = step(tmp_path)
    assert made(pa.table({"text": pa.array([], pa.large_string())})).num_rows == 0
    assert made(pa.table({"text": [None, "", "a"]})).num_rows == 3


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """What became of planted and clean rows: rows of each kind, those that fell, and those that a plain search for runs drops."""
    if not there():
        pytest.skip("../shared/data is not here")
    evaluation, others = sets()
    evaluation = noticed(evaluation)
    rows = planted(evaluation, others)
    folder = tmp_path_factory.mktemp("against")
    made = Against(data=tuple(evaluation)).given(folder / "step", data={name: table(some) for name, some in evaluation.items()})
    made.prepare()
    outcome = made.decide(made.sketch(to_batch(pa.table({"text": rows.texts}))))
    plain = any_ngram(evaluation, rows.texts, 8)
    fell, dropped = (Counter(kind for kind, one in zip(rows.kinds, some, strict=True) if one) for some in (outcome.part < 0, plain))
    return Counter(rows.kinds), fell, dropped


def test_planted_items_are_found(judged):
    _, fell, _ = judged
    found = {way: fell[way] / EACH for way in WAYS}
    assert found["question only"] == 1 and found["answer only"] >= 0.99 and found["exact, question and answer"] >= 0.98
    assert found["every 20th word dropped"] >= 0.97 and min(found.values()) >= 0.85, found


def test_what_only_looks_as_if_it_had_items_stays(judged):
    rows, fell, plain = judged
    assert fell["web pages"] == fell["pages with a notice that items have"] == 0
    for kind in ("other items of alpaca", "other items of dolly", "articles"):
        assert fell[kind] <= 3 < plain[kind], kind
    assert plain["other items of alpaca"] == rows["other items of alpaca"], "a plain search takes the wrapper for an item"
    assert plain["pages with a notice that items have"] == EACH and len(documents()[0]) == rows["web pages"]
