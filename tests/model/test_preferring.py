"""Pairs and judged answers become examples of their last parts; with KTO no answer is mismatched with its own prompt."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tuned import work
from tilth.errors import DataRefused, NothingLeft
from tilth.fakes.model import tiny_model
from tilth.model import templates
from tilth.model.load import Tokenizer, network
from tilth.model.preference import DPO, ORPO
from tilth.model.preferring import Preferring, taken_apart
from tilth.model.reference import measured
from tilth.model.tuning import Room

ROWS = [{"prompt": f"the {'hen ' * number}", "chosen": f"sat {number}", "rejected": f"ran {number}"} for number in range(5)]


def subject(method="dpo", strengths=(("beta", 0.3),), packed=False, **more):
    return Preferring(method, dict(strengths), None, "plain", ("refuse", "left", None), packed=packed, precision="fp32", **more)


@pytest.fixture
def room(tmp_path):
    folder = tiny_model(tmp_path / "base")

    def make(rows=ROWS):
        here = work(tmp_path, {"pairs": rows}, {"base": folder})
        return here.datasets["pairs"], Room(Tokenizer(folder), 32, tmp_path / "scratch", here), folder

    return make


def said(tokenizer, one):
    return tokenizer.decode(one.ids[~one.learned]), tokenizer.decode(one.ids[one.learned])


def test_a_pair_is_two_examples_of_one_prompt_the_chosen_first(room):
    data, here, _ = room()
    prepared = subject().prepare(data, here)
    found = [said(here.tokenizer, prepared.material.examples[number]) for number in range(10)]
    assert found == [(row["prompt"], row[which]) for row in ROWS for which in ("chosen", "rejected")]
    assert len(prepared.material) == 5 and prepared.facts["proofs"]["rows"] == 10 and prepared.facts["rows"] == 5


def test_pairs_stay_together_in_lines_of_twice_the_length(room):
    data, here, _ = room()
    packs = subject(packed=True).prepare(data, here).material
    assert sorted(number for line in packs.bins for number in line) == list(range(10))
    assert all(line[place + 1] == line[place] + 1 and line[place] % 2 == 0 for line in packs.bins for place in range(0, len(line), 2))
    assert max(packs.sizes) <= 64 and len(packs) < 5


def test_what_was_prepared_is_taken_up_again_with_all_that_is_told(room):
    data, here, _ = room()
    first = subject().prepare(data, here)
    made = (here.folder / "examples pairs" / "prepared.json").stat().st_mtime_ns
    again = subject().prepare(data, here)
    assert again.facts == first.facts and (here.folder / "examples pairs" / "prepared.json").stat().st_mtime_ns == made


def test_a_comparing_objective_brings_what_the_network_said_before_and_another_does_not(room):
    data, here, folder = room()
    before = network(folder, "causal").network
    dpo = subject()
    prepared = dpo.prepare(data, here)
    assert dpo.objective(before, prepared, 1) == DPO(0.3, apart=True)
    wanted = measured(before, prepared.material.examples, "fp32", 512, apart=True)
    np.testing.assert_allclose(prepared.material.batch([1])["reference"].numpy(), wanted[2:4], atol=1e-4)
    orpo = subject("orpo", (("odds_weight", 0.2),))
    prepared = orpo.prepare(data, here)
    assert orpo.objective(before, prepared, 1) == ORPO(0.2, apart=True)
    assert "reference" not in prepared.material.batch([1])


def test_with_kto_a_pair_is_a_good_answer_and_a_bad_one(room):
    data, here, _ = room()
    batch = subject("kto", group=5).prepare(data, here).material.batch([0, 1])
    assert sorted(batch["good"][::2].tolist()) == [0.0] * 5 + [1.0] * 5


def test_packed_kto_has_the_same_groups_in_fewer_lines_and_tells_what_is_filled_up(room):
    data, here, _ = room()
    apart, packed = (subject("kto", group=3, packed=one).prepare(data, here) for one in (False, True))
    assert apart.material.sizes.tolist() == packed.material.sizes.tolist()
    lines = [one.material.batch([0, 1])["input_ids"].shape for one in (apart, packed)]
    assert lines[0][0] == 2 * 6 and lines[1][0] <= 6 and lines[1][1] <= 32
    told, said = (one.sequences(2, 1) for one in (apart, packed))
    assert (told["packed"], said["packed"]) == (False, True) and told["batch"] == said["batch"] == 3
    assert told["padded"] > said["padded"] == packed.material.padded(2, 1)


@given(st.integers(3, 40), st.integers(2, 5))
def test_the_two_of_a_pair_are_never_mismatched_with_each_other(pairs, group):
    order = taken_apart(pairs)
    assert sorted(order) == list(range(2 * pairs))
    whole = max(1, len(order) // group)  # the last group takes in what is left over
    for number in range(whole):
        some = order[number * group : (number + 1) * group if number < whole - 1 else len(order)]
        assert all(some[place] // 2 != some[place - 1] // 2 for place in range(len(some)))


def test_two_pairs_are_too_few_to_be_mismatched(room):
    data, here, _ = room(ROWS[:2])
    with pytest.raises(NothingLeft, match="fewer than 3 pairs"):
        subject("kto").prepare(data, here)


def test_of_an_answer_of_several_turns_those_of_no_weight_are_not_learned(room):
    turns = [{"role": "assistant", "content": "the", "weight": 0}, {"role": "user", "content": "and"}, {"role": "assistant", "content": "yes"}]
    data, here, _ = room([{"prompt": "say", "chosen": turns, "rejected": [{"role": "assistant", "content": "no"}]}])
    [chosen, _] = subject().prepare(data, here).material.examples
    assert len(chosen.answers) == 1 and here.tokenizer.decode(chosen.ids[chosen.learned]) == "yes"


def test_a_row_that_cannot_be_read_is_named(room):
    data, here, _ = room([*ROWS, {"prompt": "the", "chosen": "same", "rejected": "same"}])
    with pytest.raises(DataRefused, match=r"row 6 .*are the same"):
        subject().prepare(data, here)


def test_pairs_are_seen_as_they_were_learned(room):
    data, here, folder = room()
    templates.write(folder, templates.Template("plain", templates.NAMED["plain"], dict(here.tokenizer.full.special_tokens_map)))
    found = list(subject().sees(data, folder, 32, 3, "hen"))
    assert [window.number for window in found] == list(range(3, 11))
    assert found[0].trained_text.startswith("sat 1") and found[1].trained_text.startswith("ran 1")
    assert (found[0].told, found[1].told) == (("chosen",), ("rejected",))
