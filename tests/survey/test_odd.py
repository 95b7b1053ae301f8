"""The oddest texts."""

import pyarrow as pa

from tilth.survey.gathering import Gathering
from tilth.survey.odd import oddest
from tilth.survey.telling import texts_of


def test_the_oddest_text_is_found_with_its_measure_beside_those_of_the_others() -> None:
    texts = [f"Some words are told here, {n} of them or more, and no one minds." for n in range(80)]
    gathering = Gathering()
    gathering.add(pa.table({"text": pa.array([*texts[:40], "x" * 300, *texts[40:]], pa.large_string())}))
    sample = gathering.kept.table()
    told = oddest(sample, "text", texts_of(sample, "text"))
    assert told[0].row == 40 and "300 characters a word; of most texts" in told[0].why
    assert oddest(sample.slice(0, 10), "text", texts_of(sample, "text").slice(0, 10)) == []
