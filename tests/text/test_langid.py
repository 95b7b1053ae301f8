"""py3langid as a kernel, beside py3langid itself."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from tests.tongues import EVERY
from tilth.text import langid


@pytest.fixture(scope="module")
def twin():
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def probabilities(*texts):
    """For each text the probability of each label; those of one label are added."""
    found = []
    for line in langid.probabilities(pa.array(texts, pa.large_string())):
        one: dict[str, float] = {}
        for label, value in zip(langid.model().labels, line, strict=True):
            one[label] = one.get(label, 0.0) + float(value)
        found.append(one)
    return found


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text() | st.sampled_from([sentence for _, sentence in EVERY]), min_size=1, max_size=5))
@example(["", "LOUD", "ÉCOLE", "école", "école", "a" * 5000, "\x00", "ǅ", "Aª", "Ⓐ", "ΟΔΟΣ", "İI"])
def test_every_probability_is_that_of_the_package(twin, texts):
    for text, one in zip(texts, probabilities(*texts), strict=True):
        wanted = dict(twin.rank(text))
        assert set(one) == set(wanted)
        assert all(abs(one[label] - wanted[label]) < 1e-4 for label in wanted), text


def test_probabilities_add_up_and_a_null_leaves_all_alike():
    (line,) = langid.probabilities(pa.array([None], pa.large_string()))
    assert np.ptp(line) == 0 and line.sum() == pytest.approx(1)
    assert langid.probabilities(pa.array([sentence for _, sentence in EVERY], pa.large_string())).sum(axis=1) == pytest.approx(1)


def test_a_text_is_judged_the_same_alone_and_among_others():
    texts = [sentence for _, sentence in EVERY]
    assert probabilities(*texts) == [one for text in texts for one in probabilities(text)]


def test_no_text_gives_no_line():
    assert langid.probabilities(pa.array([], pa.large_string())).shape == (0, len(langid.model().labels))
