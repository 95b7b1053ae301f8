"""split.halves: two parts."""

from tilth.step import Whole


class Halves(Whole):
    """Two halves."""

    names: tuple[str, str] = ("train", "test")
    """What they are called."""
    seed: int | None = None
    """For the lot."""
    salt: str = ""
    """The step's address."""

    def parts(self):
        return self.names

    def sketch(self, batch):
        raise NotImplementedError

    def decide(self, sketches):
        raise NotImplementedError

    def reads(self):
        return ()
