"""Labels of models as our entities, what was found as bytes, and folders that hold no finder."""

import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.errors import AskedWrong, Missing
from tilth.model.identifying import GLINER, Found, can_find, entity_of, labels_of, spans


@pytest.mark.parametrize(
    ("label", "entity"),
    [
        ("O", ""),
        ("B-PER", "person"),
        ("I-PERSON", "person"),
        ("S-PER", "person"),
        ("EMAIL_ADDRESS", "email"),
        ("I-TELEPHONENUM", "phone"),
        ("B-MISC", "misc"),
        ("LABEL_1", "label_1"),
        ("E-MAIL", "mail"),
        ("B-private_person", "person"),
    ],
)
def test_a_label_is_read_as_our_entity_or_keeps_its_name(label, entity):
    assert entity_of(label) == entity


def test_a_folder_tells_what_it_can_find(tmp_path):
    with pytest.raises(Missing, match="no model that finds"):
        can_find(tmp_path)
    config = {"architectures": ["BertForTokenClassification"], "id2label": {"1": "B-PER", "0": "O", "2": "I-PER", "3": "B-LOC"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert labels_of(tmp_path) == ["O", "B-PER", "I-PER", "B-LOC"] and can_find(tmp_path) == ["location", "person"]
    (tmp_path / "config.json").write_text(json.dumps({"architectures": ["LlamaForCausalLM"]}))
    with pytest.raises(AskedWrong, match="LlamaForCausalLM, and finds no entities"):
        labels_of(tmp_path)
    (tmp_path / GLINER).write_text("{}")
    assert can_find(tmp_path) is None


PLACES = st.integers(0, 12)
PIECES = st.lists(st.builds(Found, st.sampled_from("ab"), PLACES, PLACES, st.sampled_from([0.25, 0.5, 1.0])))


@settings(deadline=None)
@given(st.text(min_size=12, max_size=12), PIECES)
def test_spans_are_in_order_do_not_overlap_and_lie_between_characters(text, pieces):
    told = spans([pieces], [text]).to_pylist()
    data = text.encode()
    for one in told:
        assert data[one["start_byte"] : one["stop_byte"]].decode()
    for one, other in zip(told, told[1:], strict=False):
        assert one["stop_byte"] <= other["start_byte"]
    whole = [one for one in pieces if one.start < one.stop]
    assert bool(told) == bool(whole)
    if whole:
        surest = max(one.sureness for one in whole)
        best = {text[one.start : one.stop].encode() for one in whole if one.sureness == surest}
        assert any(data[one["start_byte"] : one["stop_byte"]] in best for one in told)


def test_of_pieces_that_overlap_the_surest_stays():
    told = spans([[Found("url", 0, 9, 0.5), Found("email", 2, 7, 1.0)]], ["é bob@x.co"]).to_pylist()
    assert told == [{"row": 0, "kind": "email", "start_byte": 3, "stop_byte": 8}]


def test_naming_it_loads_no_model():
    code = "import sys; import tilth.steps.redact.pii; print(sorted({'torch', 'gliner', 'spacy', 'presidio_analyzer'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
