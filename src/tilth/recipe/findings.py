"""All that is wrong with a recipe, gathered and told at once in the order of the file."""

from __future__ import annotations

from tilth.errors import RecipeError
from tilth.recipe.nodes import Node
from tilth.recipe.read import Document


class Findings:
    """The mistakes found so far. No secret gets into their words."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._found: list[tuple[bool, str, int, RecipeError]] = []

    def add(self, at: Node, address: str, found: str, accepted: str = "", remedy: str = "") -> None:
        """Something was found at this node; `address` names it in the recipe."""
        masked = self._document.masked
        where = f"{at.place}  {masked(address)}" if address else at.place
        error = RecipeError(masked(found), where=where, accepted=masked(accepted), remedy=masked(remedy))
        if all(str(error) != str(known) for *_, known in self._found):
            self._found.append((at.file != str(self._document.file), at.file, at.line, error))

    def __len__(self) -> int:
        return len(self._found)

    def check(self) -> None:
        """Raises: RecipeError with everything that was found, if anything was."""
        if self._found:
            raise RecipeError.of([error for *_, error in sorted(self._found, key=lambda one: one[:3])])
