"""Near-duplicates from JSON lines to what stays, against text-dedup; and what an exhaustive search says of both."""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from bench.documents import corpus
from bench.environments import PEERS, python_of
from bench.projects import ROOT, Done, first_rows, profiled, recipe, speed, tilth
from bench.results import Line, Result
from bench.timing import Ran, faster, interleaved, run
from bench.works.cleaning import slowest
from tests.text.twins import shingled
from tilth.record import ids_of_values

SIMILARITY, SURE = 0.8, 0.85
"""The limit on both sides; and from where on nearly every row must be found."""

STEPS = [{"dedup.minhash": {"similarity": SIMILARITY}}]
EMPTY = 20
AS_OURS = ("--num_perm", "128", "--hash_func", "xxh3")


@dataclass(frozen=True)
class Truth:
    """What an exhaustive search in the order of the file drops at a limit: a row that is at least so similar to a kept one."""

    shingles: list[set[Any]]
    dropped: dict[int, int]
    """Each with the row in whose favour it falls."""

    def similarity(self, one: int, other: int) -> float:
        """The Jaccard index of two rows' shingles."""
        both = len(self.shingles[one] & self.shingles[other])
        return both / (len(self.shingles[one]) + len(self.shingles[other]) - both)


def measure() -> Result:
    """Time both, and check every drop."""
    few, many = corpus(50, near=True), corpus(150, near=True)
    with tempfile.TemporaryDirectory(prefix="tilth-bench-") as place:
        little = first_rows(few.path, EMPTY, Path(place) / "little.jsonl")
        tilth(recipe(little, STEPS))  # compiles
        sides = {
            "ours": lambda: tilth(recipe(many.path, STEPS)),
            "empty": lambda: tilth(recipe(little, STEPS)),
            "peer": lambda: theirs(few.path)[0],
            "peer_empty": lambda: theirs(little)[0],
            "peer_as_ours": lambda: theirs(few.path, AS_OURS)[0],
        }
        found = interleaved(sides, {"ours": 5, "empty": 5, "peer": 3, "peer_empty": 3, "peer_as_ours": 3})
    same, (_, kept) = tilth(recipe(few.path, STEPS, {"id": "number"})), theirs(few.path)
    truth = searched(texts_of(few.path), SURE)
    checked = check(same, truth)
    measured = {
        "ours": speed([one.ran for one in found["ours"]], [one.ran for one in found["empty"]], many.megabytes, many.rows),
        "text_dedup": speed(found["peer"], found["peer_empty"], few.megabytes, few.rows),
        "text_dedup_as_ours": speed(found["peer_as_ours"], found["peer_empty"], few.megabytes, few.rows),
        "checked": {name: value for name, value in checked.items() if name != "pairs"},
        "profile": slowest(profiled(recipe(many.path, STEPS))),
    }
    return Result(
        name="near",
        title="Near-duplicates",
        lines=_lines(measured, checked, truth),
        documents=many.said + "; every second repetition is a near-duplicate with 0.2 to 5 % of its words exchanged",
        how="Whole processes on one core, from JSON lines to Parquet with decisions here, to a saved dataset there, less a run over 20 rows. "
        "Word 5-grams and a similarity of 0.8 on both sides; text-dedup otherwise as it comes (250 permutations, sha1), and once more with "
        "128 permutations and xxh3, which is nearest to ours.",
        measured=measured,
        agreement=_agreement(checked, truth, set(range(few.rows)) - set(kept)),
        notes=(
            "Here every drop is verified by its exact similarity to a row that stays. text-dedup 0.4 verifies nothing: whatever agrees in a band, "
            "and whatever agrees with that, is one cluster, of which one row stays, not always the first. "
            "So no rows are compared below but pairs: of the two, one fell.",
            f"The exhaustive search goes through the {few.rows:,} rows of the smaller file in their order, in plain Python, and compares each with "
            "every row that stays.",
        ),
        peer=PEERS["text-dedup"].package,
    )


def theirs(documents: Path, more: tuple[str, ...] = ()) -> tuple[Ran, list[int]]:
    """A run of text-dedup, and the numbers of the rows that it keeps."""
    with tempfile.TemporaryDirectory(prefix="tilth-bench-") as place:
        folder, python = Path(place), python_of("text-dedup")
        command: list[str | Path] = [python, ROOT / "bench/peers/run_text_dedup.py", documents, folder, str(SIMILARITY), *more]
        ran = run(command, folder, 1, {"HF_HOME": str(folder / "hf")})
        return ran, run([python, ROOT / "bench/peers/run_text_dedup.py", "--kept", folder / "out"], folder).json()


def texts_of(documents: Path) -> list[str]:
    """The text of each row."""
    return [msgspec.json.decode(line)["text"] for line in documents.read_bytes().splitlines()]


def searched(texts: list[str], limit: float) -> Truth:
    """Compare every row with every row that stays, by the shingles that they share."""
    held: defaultdict[Any, list[int]] = defaultdict(list)
    shingles, dropped = [shingled(text) for text in texts], dict[int, int]()
    for number, mine in enumerate(shingles):
        shared = Counter(other for one in mine for other in held.get(one, ()))
        near = [other for other, both in shared.items() if both / (len(mine) + len(shingles[other]) - both) >= limit]
        if near:
            dropped[number] = min(near)
            continue
        for one in mine:
            held[one].append(number)
    return Truth(shingles, dropped)


def check(done: Done, truth: Truth) -> dict[str, Any]:
    """Each drop beside its exact similarity to its partner, and how many of the sure ones were found."""
    known = {one: number for number, one in enumerate(ids_of_values(range(len(truth.shingles))))}
    lines = done.decisions.filter(done.decisions["action"].cast("string").to_numpy(zero_copy_only=False) == "dropped").to_pylist()
    pairs = [(known[line["id"]], known[line["partner"]], line["value"]) for line in lines]
    dropped = {one for one, _, _ in pairs}
    worst = max((abs(truth.similarity(one, other) - told) for one, other, told in pairs), default=0.0)
    return {
        "pairs": dict(pair[:2] for pair in pairs),
        "drops": len(dropped),
        "below_limit": sum(truth.similarity(one, other) < SIMILARITY for one, other, _ in pairs),
        "partner_dropped": sum(other in dropped for _, other, _ in pairs),
        "largest_difference": worst,
        "sure": len(truth.dropped),
        "sure_found": len(truth.dropped.keys() & dropped),
    }


def _agreement(checked: dict[str, Any], truth: Truth, gone: set[int]) -> tuple[dict[str, Any], ...]:
    """Of the pairs that one of the three finds, those of which each side lets a row fall."""
    here, found = checked["pairs"], []
    for rule, pairs in (("near_text, at least 0.8", here), (f"what exhaustive search drops at {SURE}", truth.dropped)):
        ours = {one for one, other in pairs.items() if {one, other} & here.keys()}
        peer = {one for one, other in pairs.items() if {one, other} & gone}
        found.append({"rule": rule, "rows": len(pairs), "ours": len(ours), "peer": len(peer), "both": len(ours & peer)})
    return (*found, {"rule": "all rows that fell", "rows": len(truth.shingles), "ours": len(here), "peer": len(gone), "both": None})


def _lines(measured: dict[str, Any], checked: dict[str, Any], truth: Truth) -> tuple[Line, ...]:
    (ratio, told), (as_ours, told_as_ours) = (faster(measured["ours"], measured[name]) for name in ("text_dedup", "text_dedup_as_ours"))
    found = checked["sure_found"] / max(1, len(truth.dropped))
    verified = not checked["below_limit"] and not checked["partner_dropped"]
    said = f"{checked['drops']:,} drops, {checked['below_limit']} below the limit, {checked['partner_dropped']} in favour of a dropped row"
    return (
        Line("near-duplicates end to end, against text-dedup", "≥ 20 ×", told, ratio >= 20),
        Line("near-duplicates end to end, against text-dedup with 128 permutations and xxh3", "≥ 20 ×", told_as_ours, as_ours >= 20),
        Line("near-duplicates: every drop verified", "all", said, verified),
        Line(f"near-duplicates: found of what exhaustive search drops at {SURE}", "≥ 0.98", f"{found:.4f} of {len(truth.dropped):,}", found >= 0.98),
    )
