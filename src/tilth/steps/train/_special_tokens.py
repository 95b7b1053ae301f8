"""Control tokens by their role."""

from __future__ import annotations

from tilth.step import Settings


class SpecialTokens(Settings):
    """Control tokens by their role; they get the first numbers, in this order."""

    pad: str = "<|pad|>"
    """Fills up short rows; never learned."""
    unk: str | None = None
    """Stands for what has no piece; unigram and wordpiece need one (default there: `<|unknown|>`), byte-level bpe none."""
    bos: str | None = None
    """Begins a text; default: the token that ends one."""
    eos: str = "<|endoftext|>"
    """Ends a text; it is learned."""
    others: tuple[str, ...] = ()
    """Further control tokens."""

    def roles(self, unknown: str | None) -> dict[str, str]:
        """The token of each role that has one; `unknown` stands in where `unk` is not given."""
        wanted = {"pad": self.pad, "unk": self.unk or unknown, "bos": self.bos or self.eos, "eos": self.eos}
        return {role: token for role, token in wanted.items() if token is not None}

    def listed(self, unknown: str | None) -> list[str]:
        """All tokens in the order of their numbers; one that both begins and ends a text stands once."""
        roles = self.roles(unknown)
        if roles["bos"] == roles["eos"]:
            del roles["bos"]
        return [*roles.values(), *self.others]
