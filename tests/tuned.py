"""What a training step is given, made from rows as they stand in a recipe's dataset."""

import hashlib
import json

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.record import ID, make_ids
from tilth.work import Dataset, Machine, Work


def dataset(folder, name, rows):
    """A dataset of these rows in one Parquet file."""
    folder.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist(rows).add_column(0, "id", pa.array(make_ids(name, "", range(len(rows))), ID))
    pq.write_table(table, folder / f"{name}.parquet")
    content = hashlib.blake2b(json.dumps(rows).encode(), digest_size=16).hexdigest()
    return Dataset(name, (folder / f"{name}.parquet",), content, len(rows))


def work(folder, datasets, models, tell=lambda _: None, machine=None):
    """Work in `folder` with these rows and model folders; its artefact goes to `folder/artefact`."""
    made = {name: dataset(folder / "data", name, rows) for name, rows in datasets.items()}
    for place in ("artefact", "scratch"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    return Work(made, models, folder / "artefact", folder / "scratch", "key", 7, machine or Machine(device="cpu"), tell)
