"""source.rows: rows that stand in the recipe."""

from tilth.step import Source


class Rows(Source):
    """Rows that stand in the recipe."""

    path: str
    """Where they would come from."""
    columns: dict[str, int] = {}
    """Widths of columns."""

    def shards(self, base, shard_bytes):
        return []

    def peek(self, shards, rows):
        raise NotImplementedError

    def survey(self, shard):
        raise NotImplementedError

    def settle(self, surveys):
        return {}

    def read(self, shard, types, first, rows):
        yield from ()

    def key_column(self):
        return None

    def bad_share(self):
        return 0.01
