"""dedup.minhash: judged against brute force on real and on made documents, and by the defects of its peers."""

import os
import random
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pydantic import ValidationError

from tests.steps.dedup.brute import FRAME, MADE_WORDS, greedy, jaccard, made_documents, planted, real_documents
from tilth.errors import NotThere
from tilth.pairs import Compared, compare
from tilth.record import Batch, as_ids, ids_of_values
from tilth.steps.dedup.minhash import FLOOR, Minhash
from tilth.text.minhash import Banding, banding


def batch(**columns):
    rows = len(next(iter(columns.values())))
    return Batch(pa.table({"id": pa.array(ids_of_values(range(rows)), pa.binary(16)), **columns}))


def decided(step, **columns):
    """The outcome, and for each row the number of its partner (−1: it stays)."""
    step.prepare()
    rows = batch(**columns)
    sketches = step.sketch(rows)
    outcome = step.decide(sketches, compare(step.comparison(), sketches, rows))
    numbers = {bytes(one): number for number, one in enumerate(as_ids(rows["id"]))}
    return outcome, [numbers[bytes(one)] if part < 0 else -1 for one, part in zip(outcome.partner, outcome.part, strict=True)]


def stay(texts, **settings):
    """The numbers of the rows that stay."""
    return [row for row, partner in enumerate(decided(Minhash.model_validate(settings), text=texts)[1]) if partner < 0]


def words(count, seed=0):
    draw = random.Random(seed)
    return [draw.choice(MADE_WORDS) + str(draw.randrange(10)) for _ in range(count)]


def judged(texts):
    """The judgement: recall and the least similarity among the rows that fell, at 0.8 beside greedy brute force."""
    outcome, partners = decided(Minhash(), text=texts)
    truth = greedy(texts, 0.8)
    sure = [row for row, (kept, alike) in enumerate(truth) if kept >= 0 and alike >= 0.85]
    clear = [row for row, (kept, alike) in enumerate(truth) if kept >= 0 and alike > 0.82]
    for row, partner in enumerate(partners):
        if partner >= 0:
            exact = jaccard(texts[row], texts[partner])
            assert exact == outcome.value[row] >= 0.8 == outcome.limit[row], "no row falls whose kept partner is under the limit"
            assert partners[partner] < 0 and partner < row, "its partner is kept, and came first"
    fell = np.array(partners) >= 0
    return {"rows": len(texts), "fell": int(fell.sum()), "brute": sum(kept >= 0 for kept, _ in truth), "sure": len(sure)} | {
        "recall_at_85": fell[sure].mean(),
        "recall_at_82": fell[clear].mean(),
    }


def test_made_documents_are_judged_as_brute_force_does():
    draw = random.Random(11)
    told = judged(planted(made_documents(900, draw), 0.7, draw))
    assert told["sure"] > 150 and told["recall_at_85"] >= 0.98, told


def test_real_documents_are_judged_as_brute_force_does():
    documents = real_documents()
    if not documents:
        pytest.skip("../shared/data is not here")
    told = judged(planted(documents, 0.6, random.Random(1)))
    assert len(documents) > 3000 and told["sure"] > 700 and told["recall_at_85"] >= 0.98, told


def test_short_documents_are_neither_lost_nor_all_one_group():
    # datatrove never compares texts of fewer than five words, text-dedup removes them, bigcode keeps one of them all.
    texts = ["yes", "no", "a b", "Yes!", "a b c d", "b a", "a  b.", "a b c d e"]
    assert stay(texts) == [0, 1, 2, 4, 5, 7]


def test_texts_without_words_stay_and_are_told():
    # Data-Juicer fails on them, or drops the batch that they are in.
    texts = pa.array(["", " ", None, "\n\t", "?!", "word", "word"], pa.large_string())
    outcome, partners = decided(Minhash(), text=texts)
    assert partners == [-1, -1, -1, -1, -1, -1, 5] and outcome.facts["not_judged"] == 5
    outcome, partners = decided(Minhash(), text=["", "  ", "..."])
    assert partners == [-1] * 3 and outcome.facts["groups"] == 0
    assert len(decided(Minhash(), text=pa.array([], pa.large_string()))[1]) == 0


def test_a_chain_of_small_changes_does_not_collapse():
    # A ~ B ~ C: semhash, and all who take transitive closures, drop C in favour of A, which it does not resemble.
    chain = [" ".join(words(200)[20 * link : 20 * link + 100] + words(100, seed=9)) for link in range(5)]
    assert jaccard(chain[0], chain[1]) > 0.7 and jaccard(chain[0], chain[2]) < 0.7
    _, partners = decided(Minhash(similarity=0.7), text=chain)
    assert partners == [-1, 0, -1, 2, -1]


def test_the_kept_member_of_a_group_is_never_removed():
    # text-dedup, without verification, removed every member.
    text = " ".join(words(60))
    _, partners = decided(Minhash(), text=[text, text.upper(), "other words entirely here", f"{text}!", text])
    assert partners == [-1, 0, -1, 0, 0]


def test_the_same_frame_around_different_texts_is_no_duplicate():
    # Marin found 64 of 100 merged pairs to be false, and sources that shrank to two rows: templates, never verified.
    texts = [f"{FRAME}\n{' '.join(words(12, seed))}\n{FRAME}" for seed in range(300)]
    assert 0.6 < jaccard(texts[0], texts[1]) < 0.7
    outcome, partners = decided(Minhash(), text=[*texts, texts[250]])
    assert partners == [-1] * 300 + [250], "and the copy among them is found"
    assert outcome.facts["pairs"] > 1000, "they were compared, and are too different"


def test_many_texts_of_one_template_are_compared_in_a_line():
    facts = {}
    for rows in (1000, 4000):
        texts = [f"{' '.join(words(80))} order number {number}" for number in range(rows)]
        outcome, partners = decided(Minhash(), text=texts)
        assert partners == [-1] + [0] * (rows - 1) and outcome.facts["largest_group"] == rows
        facts[rows] = outcome.facts
    assert facts[4000]["pairs"] < 5 * facts[1000]["pairs"] < 5 * 50 * 1000
    assert facts[4000]["skipped"] > 4000 * 3900 / 2


def test_what_is_skipped_is_told_by_name():
    outcome, _ = decided(Minhash(bands=1, rows=1), text=["the same"] * 40)
    assert outcome.facts["skipped"] == sum(place - 33 for place in range(33, 40))
    assert (outcome.facts["pairs"], outcome.facts["groups"], outcome.facts["largest_group"]) == (sum(min(place, 33) for place in range(40)), 1, 40)


def test_every_dropped_row_names_its_partner_and_how_similar_it_is():
    one, other = words(60), words(60, seed=1)
    texts = [" ".join(one), " ".join(other), " ".join([*one[:-2], "changed", "end"]), " ".join(other)]
    outcome, partners = decided(Minhash(), text=texts)
    assert partners == [-1, -1, 0, 1]
    assert outcome.value[[2, 3]].tolist() == [jaccard(texts[0], texts[2]), 1.0] and outcome.limit[[2, 3]].tolist() == [0.8, 0.8]
    assert np.isnan(outcome.value[:2]).all() and np.isnan(outcome.limit[:2]).all()
    assert (outcome.parts, outcome.rule) == (("",), "near_text")


def test_a_row_falls_in_favour_of_the_most_similar_kept_row():
    text = words(100)
    near, nearer = [*text[25:], *words(25, seed=2)], [*text[:90], *words(10, seed=3)]
    _, partners = decided(Minhash(similarity=0.5), text=[" ".join(near), " ".join(nearer), " ".join(text)])
    assert partners[2] == 1


@pytest.mark.parametrize(
    ("keep", "stays"),
    [("first", 0), ("longest", 2), ({"best": "score"}, 3), ({"prefer": {"source": ["wiki", "web"]}}, 1), ({"prefer": {"source": ["nobody"]}}, 0)],
)
def test_which_row_stays(keep, stays):
    text = " ".join(words(60))
    rows = {"text": [text, f"{text}!", f"{text} and more", text], "score": [1, None, 2, 3], "source": ["web", "wiki", None, "blog"]}
    _, partners = decided(Minhash.model_validate({"keep": keep}), **rows)
    assert [row for row in range(4) if partners[row] < 0] == [stays]
    assert set(partners) == {-1, stays}


def test_the_kept_row_is_chosen_before_any_row_falls():
    """In the order of claims, not of the source: the best of a chain stays, and what it does not resemble stays too."""
    chain = [" ".join(words(200)[20 * link : 20 * link + 100] + words(100, seed=9)) for link in range(3)]
    assert decided(Minhash(similarity=0.7, keep={"best": "score"}), text=chain, score=[0, 9, 0])[1] == [1, -1, 1]
    assert decided(Minhash(similarity=0.7, keep={"best": "score"}), text=chain, score=[0, 1, 9])[1] == [-1, 2, -1]


def test_several_fields_are_compared_together():
    text, title = " ".join(words(40)), " ".join(words(40, seed=5))
    rows = {"title": [title, " ".join(words(20, seed=6)), title, None, ""], "text": [text, text, text, text, text]}
    assert decided(Minhash(fields=("title", "text")), **rows)[1] == [-1, -1, 0, -1, 3]
    assert Minhash(fields=("title", "text"), keep={"best": "score"}).reads() == ("title", "text", "score")


def test_scripts_without_spaces_are_compared_by_characters():
    text = "这是一个没有空格的句子用来检查近似重复的判断是否也适用于这种文字因为按空格分词在这里没有意义"
    assert stay([text, f"{text}。", text[::-1], text[:-1] + "啊"]) == [0, 2]


def test_nothing_depends_on_how_rows_are_cut_or_on_other_rows():
    draw = random.Random(4)
    texts = planted(made_documents(60, draw), 0.7, draw)
    step, rows = Minhash(), batch(text=texts)
    whole = step.sketch(rows)
    for size in (1, 7, 1000):
        assert pa.concat_tables([step.sketch(Batch(rows.table.slice(at, size))) for at in range(0, len(texts), size)]).equals(whole)


def test_the_hash_seed_of_python_changes_nothing():
    code = f"""from tilth.steps.dedup.minhash import Minhash
words = {words(50)!r}
print(Minhash()({{"text": [" ".join(words[:50 - n % 9]) for n in range(40)], "n": list(range(40))}})["n"])"""
    runs = [
        subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True) for seed in "012"
    ]
    assert runs[0].stdout and len({run.stdout for run in runs}) == 1


def test_another_limit_drops_what_the_facts_foretold():
    draw = random.Random(8)
    texts = planted(made_documents(80, draw), 0.9, draw)
    outcome, _ = decided(Minhash(bands=40, rows=3), text=texts)
    foretold = dict(map(tuple, outcome.facts["dropped_at"]))
    assert min(foretold) == FLOOR and foretold[0.5] > foretold[0.95] > 0
    for limit, dropped in foretold.items():
        again, _ = decided(Minhash(bands=40, rows=3, similarity=limit), text=texts)
        assert (again.part < 0).sum() == dropped


def test_the_bands_follow_from_limit_and_recall_or_are_said():
    assert Minhash().banding() == banding(0.8, 0.99) == Banding(16, 6)
    assert Minhash(bands=20, rows=5).banding() == Banding(20, 5)
    facts = decided(Minhash(), text=["a"])[0].facts
    assert dict(map(tuple, facts["detection"]))[0.8] >= 0.99
    assert (facts["bands"], facts["rows"]) == (16, 6)


def test_the_limit_is_no_part_of_the_identity_where_bands_are_said():
    one, other = (Minhash(bands=20, rows=5, similarity=limit, recall=recall) for limit, recall in ((0.7, 0.9), (0.9, 0.99)))
    assert one.identity() == other.identity() and one.deciding() != other.deciding()
    assert Minhash(against="old").identity() == Minhash().identity()
    assert Minhash(fields=("title",)).identity() != Minhash().identity()


def test_keeps_the_kind_of_table():
    text = " ".join(words(30))
    assert Minhash()(pd.DataFrame({"text": [text, text, "b"], "n": [1, 2, 3]})).to_dict("list") == {"text": [text, "b"], "n": [1, 3]}


def test_what_cannot_be_is_refused():
    with pytest.raises(NotThere, match="no column `score`"):
        Minhash(keep={"best": "score"})({"text": ["a"]})
    wrong = [{"similarity": 0}, {"similarity": 1.1}, {"recall": 1}, {"bands": 3}, {"rows": 3}, {"fields": []}, {"keep": "last"}, {"similarity": 1e-9}]
    for settings in wrong:
        with pytest.raises(ValidationError):
            Minhash.model_validate(settings)


def test_pairs_may_come_in_any_order():
    draw = random.Random(2)
    texts = planted(made_documents(60, draw), 0.9, draw)
    step, rows = Minhash(keep="longest"), batch(text=texts)
    sketches = step.sketch(rows)
    compared = compare(step.comparison(), sketches, rows)
    by = np.random.default_rng(1).permutation(len(compared.later))
    shuffled = Compared(compared.later[by], compared.sooner[by], compared.similarity[by])
    one, other = step.decide(sketches, compared), step.decide(sketches, shuffled)
    assert one.part.tolist() == other.part.tolist() and one.partner.tolist() == other.partner.tolist() and (one.part < 0).sum() > 10


def test_the_plan_is_told_the_bands_and_how_surely_they_find():
    assert Minhash().tells() == "16 bands of 6 numbers find pairs: 100% at 0.9, 99% at 0.8, 87% at 0.7, 22% at 0.5"


FACTS = [
    "{} lived in {} from {} on, and wrote letters to friends which were kept by them and later printed as one book of many pages",
    "that is read by those who want to know how people lived in those days, what they ate and drank, how they kept warm in winter and",
    "what they told each other in the evenings when the work was done and the children were asleep in the room above the stable",
]


def biography(name="Ada Almeida", place="Aarhus", year=1850):
    return " ".join(FACTS).format(name, place, year)


def test_rows_that_differ_in_facts_alone_stay_if_facts_are_apart():
    texts = [
        biography(),
        biography(name="Ada Bauer"),
        biography(place="Bilbao"),
        biography(year=1851),
        biography().upper(),
        biography().replace(",", ""),
    ]
    assert all(jaccard(texts[0], text) > 0.8 for text in texts)
    assert stay(texts) == [0]
    assert stay(texts, facts="apart") == stay(texts, facts="contained") == [0, 1, 2, 3]


def test_a_row_that_tells_less_falls_only_if_facts_may_be_contained():
    more, less = f"{biography()} and two 6-inch plates", biography()
    assert stay([more, less], facts="apart") == [0, 1]
    assert stay([more, less], facts="contained") == [0]
    assert stay([less, more], facts="contained") == [0, 1], "the one that tells more does not fall in favour of the one that tells less"
    assert stay([less, more], facts="contained", keep="longest") == [1]


def test_exact_copies_fall_among_any_number_of_rows_of_their_template():
    texts = [biography(year=1000 + number % 700) for number in range(1400)]
    outcome, partners = decided(Minhash(facts="apart"), text=texts)
    assert partners == [-1] * 700 + list(range(700))
    assert outcome.facts["apart"] > 10_000, "pairs that are similar enough, and stay"


def test_what_was_told_apart_is_counted():
    texts = [biography(), biography(place="Bilbao"), biography(place="Bilbao", year=9), biography()]
    facts = decided(Minhash(facts="apart"), text=texts)[0].facts
    assert (facts["apart"], facts["kept_apart"], facts["pairs"]) == (5, 2, 6)
    assert not {"apart", "kept_apart"} & set(decided(Minhash(), text=texts)[0].facts)


def test_a_dataset_held_against_sets_facts_apart_too():
    texts = [biography(), biography(), biography(year=7)]
    step, rows = Minhash(facts="apart"), batch(text=texts)
    step.prepare()
    sketches = step.sketch(rows)
    compared = replace(compare(step.comparison(), sketches, rows), foreign=1)
    assert step.decide(sketches, compared).part.tolist() == [0, -1, 0]


def test_facts_enter_the_identity_only_where_they_count():
    assert "facts" not in Minhash().identity() and "facts" not in Minhash().comparison().identity()
    assert len({str(Minhash(facts=facts).identity()) for facts in ("together", "apart", "contained")}) == 3
    assert "facts" not in Minhash().sketch(batch(text=["a"])).column_names
