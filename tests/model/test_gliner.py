"""GLiNER folders: without the package they are refused; with it, a text is asked about in windows, in the words of its interface.

The package is not among those of the tests. Here a stand-in with its documented calls takes its place.
"""

import re
import types

import pytest

pytest.importorskip("torch", reason="needs the extra `train`")

from tilth.errors import Missing  # noqa: E402
from tilth.model import gliner  # noqa: E402
from tilth.model.gliner import WORDS, Gliner  # noqa: E402


class StandIn:
    """Finds words in capitals, and tells them as GLiNER does; reads no more than 384 words."""

    @classmethod
    def from_pretrained(cls, folder, local_files_only=False):
        assert local_files_only
        return cls()

    def eval(self):
        return self

    def predict_entities(self, text, labels, threshold=0.5):
        assert len(re.findall(r"\w+|[^\w\s]", text)) <= WORDS and "phone number" in labels
        some = [{"start": one.start(), "end": one.end(), "text": one[0], "label": "person", "score": 0.9} for one in re.finditer(r"[A-Z]{3,}", text)]
        return [one for one in some if one["score"] >= threshold]


def test_without_the_package_it_is_refused_with_what_to_type(tmp_path, monkeypatch):
    monkeypatch.setattr(gliner, "gliner", None)
    with pytest.raises(Missing, match="`gliner` is not installed") as refused:
        Gliner(tmp_path)
    assert refused.value.remedy == "Type: pip install gliner" and refused.value.exit_code == 4


def test_a_text_of_any_length_is_read_to_its_end_and_each_piece_told_once(tmp_path, monkeypatch):
    monkeypatch.setattr(gliner, "gliner", types.SimpleNamespace(GLiNER=StandIn))
    text = " ".join(f"{'é word ' * 9}😀 ANN{'X' * (number % 9)}" for number in range(90))
    told = Gliner(tmp_path).find([text, "", "..."], ["person", "phone"], 0.5)
    assert [text[one.start : one.stop] for one in told[0]] == re.findall(r"[A-Z]{3,}", text)
    assert {one.entity for one in told[0]} == {"person"} and told[1:] == [[], []]
    assert Gliner(tmp_path).find([text], ["person", "phone"], 0.95) == [[]]
