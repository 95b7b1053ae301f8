"""The recipe for prices: what falls, what a text may hold, and how full each slot of a dollar is, counted by pandas."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.recipes.shipped import SAMPLES, Done, copied, rows, run_of
from tilth.model.counting import token_counts

REAL = Path(__file__).parents[3] / "shared" / "data" / "products" / "priced_text_3837.jsonl.gz"
CAP = "data.balanced.balance.cap.at_most"
NO_CAP = f"{CAP}=1000000"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("products")


@pytest.fixture(scope="module")
def done(folder: Path) -> Done:
    return run_of("product-price", folder, until="balanced")


def frame(done: Done) -> pd.DataFrame:
    """What came out, with the slot of each row."""
    found = pd.DataFrame([{**row, "record": row["origin"]["record"], "file": row["origin"]["file"]} for row in rows(done, "balanced")])
    return found.assign(slot=(found.price + 0.5).astype(int))


def products() -> pd.DataFrame:
    files = sorted((SAMPLES / "products").glob("*.jsonl"))
    found = pd.concat([pd.read_json(file, lines=True).assign(category=file.stem) for file in files], ignore_index=True)
    return found.assign(said=found.price, price=pd.to_numeric(found.price, errors="coerce"))


def check_slots(before: pd.DataFrame, after: pd.DataFrame, most: int) -> None:
    """Below $240 no slot has more rows than allowed and none fewer than it could; from there on every row is there."""
    below = [part[part.price < 240].groupby("slot").size() for part in (before, after)]
    assert below[0].max() > most, "some slots are too full"
    assert below[1].to_dict() == below[0].clip(upper=most).to_dict()
    assert set(after[after.price >= 240].id) == set(before[before.price >= 240].id) and (before.price >= 240).any()


def test_rows_without_a_price_fall_and_so_do_absurd_ones_and_bare_titles(done: Done) -> None:
    given, dropped = products(), done.dropped("items")
    priced = given[(given.price >= 1) & (given.price < 1000)]
    assert given.said.isna().any() and (given.said == "from $4").any() and (given.price >= 1000).any() and (given.price < 1).any()
    assert dropped["filter.where"] == len(given) - len(priced)
    assert dropped["filter.length"] == (priced.description.str.len() == 0).sum() == 8
    assert set(frame(done).category) == set(given.category)


def test_of_a_product_that_is_listed_twice_one_stays_and_its_variants_stay(done: Done) -> None:
    dropped, given = done.dropped("items"), products()
    listed = given[(given.price >= 1) & (given.price < 1000) & (given.description.str.len() > 0)]
    said = listed.assign(bare=listed.title.str.replace(r" [A-Z]{2}\d\d[A-Z]\d{5}| \d{7}", "", regex=True), all=listed.features.str.join("|"))
    twice = said.duplicated(["bare", "all"]).sum()
    assert dropped["dedup.exact"] > 0 and dropped["dedup.minhash"] > 0 and dropped["dedup.exact"] + dropped["dedup.minhash"] == twice
    titles = Counter(row["text"].splitlines()[0].replace("(6 pieces)", "(1 piece)") for row in rows(done, "balanced") if "(6 pieces)" in row["text"])
    assert titles and all(any(row["text"].startswith(title) for row in rows(done, "balanced")) for title in titles)


def test_no_text_holds_a_part_number_a_tag_or_its_own_price(done: Done) -> None:
    written = " ".join(json.dumps(row) for row in products().to_dict("records"))
    forbidden = (r"\b\d{7}\b", r"\b[A-Z]{2}\d\d[A-Z]\d{5}\b", r"\$ ?\d", r"</?p>", r"Part number")
    assert all(re.search(pattern, written) for pattern in forbidden)
    texts = [row["text"] for row in rows(done, "balanced")]
    assert not [(pattern, text) for pattern in forbidden for text in texts if re.search(pattern, text)]
    assert any("Now only a price while" in text for text in texts) and any("Material: " in text for text in texts)


def test_slots_hold_as_many_rows_as_they_may_and_no_fewer(done: Done, folder: Path) -> None:
    free, capped = frame(run_of("product-price", folder, [NO_CAP], "balanced")), frame(run_of("product-price", folder, [f"{CAP}=2"], "balanced"))
    check_slots(free, capped, 2)
    assert len(frame(done)) == len(free), "the sample fills no slot of 1,200"
    crowded = free[(free.price < 240) & free.slot.isin(free.groupby("slot").size().loc[lambda rows: rows > 2].index)]
    share = [(part.category == "Automotive").mean() for part in (crowded, capped[capped.id.isin(crowded.id)])]
    assert 0 < share[1] < share[0], "automotive parts weigh a fifth of the others"


def test_every_part_has_of_every_category_the_share_that_all_rows_have(done: Done) -> None:
    whole = Counter(row["category"] for row in rows(done, "balanced"))
    for part in ("validation", "test"):
        there: Counter[Any] = Counter(row["category"] for row in rows(done, "balanced", part))
        assert all(abs(there[name] - count / 10) <= 1 for name, count in whole.items()), part


@pytest.mark.skipif(not REAL.exists(), reason="../shared/data is not here")
def test_real_prices_are_capped_exactly_in_every_slot(tmp_path: Path) -> None:
    where = copied(tmp_path) / "samples" / "real"
    where.mkdir()
    shutil.copy(REAL, where / "Appliances.jsonl.gz")
    real = ["data.items.source.files.path=samples/real/{category}.jsonl.gz", "data.items.extract.fields.text=text"]
    free, capped = (frame(run_of("product-price", tmp_path, [*real, cap], "balanced")) for cap in (NO_CAP, f"{CAP}=12"))
    raw = pd.read_json(REAL, lines=True, precise_float=True)
    assert len(raw) == 3837 and raw.price.between(1, 1000, inclusive="left").all()
    assert 0.9 * len(raw) < len(free) < len(raw), "some products are listed twice"
    assert (raw.price.iloc[free.record - 1].to_numpy() == free.price.to_numpy()).all() and free.record.is_unique
    check_slots(free, capped, 12)
    assert set(capped.category) == {"Appliances"}, "the category of a row is the name of its file"


def test_a_row_is_asked_for_its_price_to_the_nearest_dollar_after_a_text_that_is_short_enough(done: Done) -> None:
    found = rows(done, "balanced")
    assert all(row["prompt"] == f"How much does this cost to the nearest dollar?\n\n{row['text']}\n\nPrice is $" for row in found)
    assert all(row["completion"] == f"{round(row['price'])}.00" and row["refused"] is None for row in found)
    sizes = token_counts(done.folder / "models" / "words", [row["text"] for row in found])
    assert max(sizes) <= 180 and any(line["edited"] for line in done.path("balanced") if line["name"] == "clean.cut")
