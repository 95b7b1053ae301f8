"""Findings: which stay of those that overlap, and how they are counted."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tilth.text.findings import counted, found, settled
from tilth.text.personal_places import ADDRESS, LINK

KINDS = ("first", "second", "third")
SPANS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(0, 9), st.integers(1, 5)).map(lambda one: (one[0], one[1], one[1] + one[2])), max_size=8
)


def kept(findings, kinds):
    """By brute force: the best finding stays, then the best that overlaps none that stays, and so on."""
    stay = []
    for one in sorted(set(findings), key=lambda one: (kinds.index(one[0]) if one[0] in kinds else -1, one[1], -one[2])):
        if one[0] in kinds and all(one[2] <= other[1] or other[2] <= one[1] for other in stay):
            stay.append(one)
    return sorted(stay, key=lambda one: one[1])


@given(SPANS, st.permutations(KINDS), st.integers(1, 3))
def test_of_findings_that_overlap_the_one_of_the_earlier_kind_stays(findings, kinds, some):
    rules = {ADDRESS: (lambda text, start, stop: iter(findings[start:stop]),)}
    places = [(ADDRESS, 0, 4), (ADDRESS, 4, 8), (LINK, 0, 8)]
    assert settled(b"0123456789abcdef", places, rules, kinds[:some]) == kept(findings, kinds[:some])


def test_only_places_of_the_reasons_that_rules_are_given_for_are_looked_at():
    seen = []

    def rule(text, start, stop):
        seen.append((text, start, stop))
        yield "first", start, stop

    texts = pa.array(["é www.example.org", "bob@example.com", None], pa.large_string())
    table = found(texts, {LINK: (rule,)}, KINDS)
    assert seen == [("é www.example.org".encode(), 3, 3)]
    assert table.to_pylist() == [{"row": 0, "kind": "first", "start": 2, "stop": 2, "start_byte": 3, "stop_byte": 3}]


def test_rows_and_findings_are_counted_apart():
    def rule(text, start, stop):
        yield "second", start, stop

    texts = pa.array(["a@b.c and d@e.f", "g@h.i", "none"], pa.large_string())
    assert counted(texts, {ADDRESS: (rule,)}, KINDS) == {"first": (0, 0), "second": (2, 3), "third": (0, 0)}
