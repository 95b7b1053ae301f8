"""A fastText model in a file judges languages; what is no such model is told."""

import pyarrow as pa
import pytest

from tests.tiny_fasttext import write_model
from tilth.errors import AskedWrong, Missing, NotThere
from tilth.text import fasttext
from tilth.text.language import language


def told(model: str, *texts: str | None):
    measures = language(pa.array(texts, pa.large_string()), lambda some: fasttext.judge(model, some))
    return list(zip(measures["language"].to_pylist(), measures["language_confidence"].to_pylist(), strict=True))


needs = pytest.mark.skipif(fasttext.fasttext is None, reason="needs the extra `language` (fasttext-predict)")


@needs
def test_a_models_labels_become_codes_and_its_probability_the_confidence(tmp_path):
    model = write_model(tmp_path / "tiny.bin")
    assert told(model, "the\nand \x00 the", "der und", None, "12", "og", "ikkje") == [
        ("en", 1.0),
        ("de", 1.0),
        (None, None),
        (None, None),
        ("no", 1.0),
        ("no", 1.0),
    ]
    ((code, sure),) = told(model, "the der")
    assert code in ("en", "de") and 0.4 < sure < 0.6


@needs
def test_a_model_is_known_by_its_bytes_wherever_it_lies(tmp_path):
    one, same, other = write_model(tmp_path / "one"), write_model(tmp_path / "same"), write_model(tmp_path / "other", {"the": "eng", "og": "nob"})
    assert fasttext.detector(one) == fasttext.detector(same) != fasttext.detector(other)
    write_model(tmp_path / "one", {"le": "fra", "og": "nob"})
    assert fasttext.detector(one) != fasttext.detector(same), "bytes that changed are read again"
    assert told(one, "le") == [("fr", 1.0)]


@needs
def test_what_is_no_such_model_is_told(tmp_path):
    with pytest.raises(NotThere, match="No such file"):
        fasttext.detector(str(tmp_path / "nowhere.bin"))
    (tmp_path / "notes.txt").write_text("not a model")
    with pytest.raises(AskedWrong, match="no fastText model"):
        fasttext.load(str(tmp_path / "notes.txt"))
    with pytest.raises(AskedWrong, match="no fastText model"):
        told(write_model(tmp_path / "vectors.bin", supervised=False), "the")


@pytest.mark.skipif(fasttext.fasttext is not None, reason="the extra `language` is installed")
def test_without_the_package_the_extra_is_named(tmp_path):
    with pytest.raises(Missing) as error:
        fasttext.detector(write_model(tmp_path / "tiny.bin"))
    assert error.value.exit_code == 4 and 'pip install "tilth[language]"' in str(error.value)
