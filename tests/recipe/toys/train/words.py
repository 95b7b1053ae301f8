"""train.words: a model made of data alone."""

from tilth.step import DataName, Fit


class Words(Fit):
    """Learn the words."""

    data: DataName
    """The texts."""
    size: int = 100
    """How many."""

    def fit(self, work):
        return {}

    def estimate(self, known):
        return {}
