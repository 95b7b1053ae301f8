"""evaluate.marks: a score of several models."""

from tilth.step import DataName, Judge, ModelName


class Marks(Judge):
    """Give marks."""

    models: tuple[ModelName, ...]
    """Whose."""
    data: DataName | None = None
    """On what."""

    def judge(self, work):
        raise NotImplementedError

    def estimate(self, known):
        return {}
