"""compare.marks: a score of a score."""

from tilth.step import Judge, ScoreName


class Marks(Judge):
    """Which is better."""

    score: ScoreName
    """The score that is looked at."""

    def judge(self, work):
        raise NotImplementedError

    def estimate(self, known):
        return {}
