"""split.mute: a split that forgot to tell its parts."""

from tilth.step import Whole


class Mute(Whole):
    """It has parts, and does not say which."""

    def sketch(self, batch):
        raise NotImplementedError

    def decide(self, sketches):
        raise NotImplementedError

    def reads(self):
        return ()
