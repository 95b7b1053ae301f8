"""Known defects of other tools' deduplication, and what happens here instead."""

import random

import numpy as np
import pyarrow as pa
import pytest

from tests.steps.dedup.brute import jaccard, made_documents, planted
from tests.steps.dedup.test_minhash import batch, decided, stay, words
from tilth.pairs import Compared
from tilth.record import Batch, as_ids
from tilth.steps.dedup.exact import Exact
from tilth.steps.dedup.lines import Lines
from tilth.steps.dedup.minhash import Minhash

SHORT = ["yes", "Yes!", "no", "a b", "a  b.", "b a", "a b c d", "A, b, c, d"]


def test_texts_of_fewer_than_five_words_are_compared_too():
    # datatrove gives them no signature, so that copies of them all stay.
    assert stay(SHORT) == [0, 2, 3, 5, 6]


def test_short_texts_that_nothing_resembles_stay():
    # text-dedup takes texts below `min_length` out of its output, copies or not.
    assert stay(["one", "two words", "", "three more words", None]) == [0, 1, 2, 3, 4]


def test_a_text_without_a_shingle_neither_fails_nor_takes_its_neighbours_with_it():
    # Data-Juicer fails on such a text, or gives back an empty batch in place of a thousand rows.
    texts = ["", "?!", "a b c", *[" ".join(words(30, seed)) for seed in range(20)]]
    assert stay(texts) == list(range(23))
    assert Lines()({"text": texts})["text"] == texts


def test_the_rows_that_stay_are_known_by_their_ids_whatever_their_order():
    # datatrove removes by task and line number: another order of its input at the last stage removes other texts.
    draw = random.Random(3)
    texts = planted(made_documents(80, draw), 0.8, draw)
    rows = batch(text=texts, weight=list(range(len(texts))))
    step = Minhash(keep={"best": "weight"})
    kept = set(step(rows.table)["id"].to_pylist())
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(texts))
        assert set(step(rows.table.take(pa.array(order)))["id"].to_pylist()) == kept, "an order of keeping that rows carry decides alone"


@pytest.mark.parametrize("step", [Minhash(), Exact(), Lines(at_least=2)])
def test_rows_move_with_their_ids(step):
    draw = random.Random(4)
    rows = batch(text=planted(made_documents(40, draw), 0.8, draw))
    first, last = rows.table, rows.table.take(pa.array(np.arange(len(rows))[::-1]))
    for table in (first, last):
        before = dict(zip(table["id"].to_pylist(), table["text"].to_pylist(), strict=True))
        for one, text in zip(step(table)["id"].to_pylist(), step(table)["text"].to_pylist(), strict=True):
            assert text in before[one] or set(text.split("\n")) <= set(before[one].split("\n"))


def test_verified_pairs_do_not_join_what_was_never_similar():
    # text-dedup verifies pairs and then groups them by the cluster they were found in: of A–B and C–D one row stays.
    a, c = words(100), words(100, seed=1)
    texts = [" ".join(one) for one in (a, [*a[:95], *words(5, seed=2)], c, [*c[:95], *words(5, seed=3)])]
    rows = batch(text=texts)
    step = Minhash(bands=1, rows=1)
    step.prepare()
    verified = Compared(np.array([1, 3]), np.array([0, 2]), np.array([jaccard(*texts[:2]), jaccard(*texts[2:])]))
    assert step.decide(step.sketch(rows), verified).part.tolist() == [0, -1, 0, -1]
    assert stay(texts) == [0, 2]


def test_a_chain_of_neighbours_loses_only_what_resembles_a_row_that_stays():
    # semhash drops C of A ~ B ~ C because its neighbour B is known, though C is not near A, and B does not stay.
    chain = [" ".join(words(140)[20 * link : 20 * link + 100] + words(100, seed=9)) for link in range(3)]
    assert jaccard(chain[0], chain[1]) > 0.7 > jaccard(chain[0], chain[2])
    assert stay(chain, similarity=0.7) == [0, 2]


def test_of_a_group_one_row_stays():
    # text-dedup with `check_false_positive=false` removed every member of a cluster, the one to keep among them (#129).
    text = " ".join(words(60))
    for size in (2, 5, 60):
        assert stay([text] * size) == [0]
        assert len(Exact()({"text": [text] * size})["text"]) == 1


def test_a_short_line_is_judged_by_its_length_and_never_by_no_number():
    # DCLM's BFF divides by the number of n-grams, which is 0 for a short paragraph: not a number, and never removed.
    texts = [f"short one\nown words of row number {number}" for number in range(4)]
    assert Lines(shortest=1)({"text": texts})["text"][3] == "own words of row number 3"
    assert Lines()({"text": texts})["text"] == texts, "shorter than `shortest` is not counted, and told so by the setting"


def test_the_same_lines_go_however_the_rows_are_divided_and_by_whomever():
    # BFF's threads race for the filter, and what goes depends on which of them comes first.
    draw = random.Random(5)
    rows = batch(text=["\n".join(draw.choices([f"line number {number} of the pool" for number in range(40)], k=6)) for _ in range(60)])
    step = Lines(at_least=2)
    whole = step.decide(step.sketch(rows)).cuts
    for size in (1, 7, 59):
        pieces = [step.sketch(Batch(rows.table.slice(at, size))) for at in range(0, len(rows), size)]
        assert step.decide(pa.concat_tables(pieces)).cuts.equals(whole)


@pytest.mark.parametrize("step", [Minhash(), Exact(), Lines(at_least=2), Lines(unit="sentence", at_least=2), Lines(unit="paragraph", at_least=2)])
def test_a_step_works_without_the_settings_that_it_need_not_have(step):
    # datatrove's deduplication of sentences fails where it is given no configuration.
    line = "This one line of several words stands in the three of them."
    assert [text for text in step({"text": [line, line, line]})["text"] if text] == [line]


def test_a_run_that_is_too_short_stays_as_a_whole():
    # datatrove's `min_words_to_remove_span` puts back the first sentence of a span that is too short, and not the others.
    shared = "This sentence stands in both of them. So does this other one here."
    texts = [f"{shared} The first ends so.", f"{shared} The second ends otherwise."]
    assert Lines(unit="sentence", run=3, at_least=2)({"text": texts})["text"] == texts
    assert Lines(unit="sentence", run=2, at_least=2)({"text": texts})["text"] == [texts[0], "The second ends otherwise."]


def test_a_sentence_is_found_beyond_the_sixty_five_thousandth():
    # datatrove numbers the sentences of a text in 16 bits.
    long = " ".join(f"Sentence number {number} is here." for number in range(70_000))
    last = "Sentence number 69999 is here."
    assert Lines(unit="sentence", at_least=2)({"text": [last, long]})["text"] == [last, long.removesuffix(f" {last}")]


def test_lines_are_compared_without_a_filter_that_fills_up():
    # datatrove's Bloom filter takes bits for bytes, and at its designed load four new texts in five are taken for known ones.
    # There is no such filter here: a line goes only if its number was counted in other rows.
    texts = [f"line {number} is of this row alone" for number in range(5000)]
    assert Lines(at_least=2)({"text": texts})["text"] == texts


def test_partners_are_rows_of_the_same_dataset():
    # datatrove writes 4294967295 for a text of an index, from which nobody finds the row.
    outcome, partners = decided(Minhash(), text=["a b c d e f"] * 3)
    assert partners == [-1, 0, 0] and set(outcome.partner[1:].tolist()) == {as_ids(batch(text=["a"])["id"])[0].item()}
