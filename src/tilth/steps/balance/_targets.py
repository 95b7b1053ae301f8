"""How many rows of each class are wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from fractions import Fraction
from math import ceil, floor
from typing import Annotated, Literal

from pydantic import Field, StrictInt

from tilth.errors import NothingLeft, RecipeError
from tilth.shares import dealt, exact

How = Literal["undersample", "oversample", "weights"]
TOLD = 20
"""Classes that are named at most."""

Count = Annotated[StrictInt, Field(ge=1)]
Share = Annotated[float, Field(gt=0, lt=1, strict=True)]
To = Literal["smallest", "largest"] | Count | Annotated[dict[str, Count | Share], Field(min_length=1)]


def check_possible(how: How, to: To | None) -> None:
    """Raise ValueError where the target is none, or cannot be reached."""
    if (how, to) in (("undersample", "largest"), ("oversample", "smallest")):
        raise ValueError(f"`{how}` to the {to} class would leave every row as it is. Say `{'smallest' if how == 'undersample' else 'largest'}`.")
    if not isinstance(to, dict):
        return
    shares = [share for share in to.values() if isinstance(share, float)]
    if 0 < len(shares) < len(to):
        raise ValueError("`to` has both numbers of rows and shares. Write all classes in one way.")
    if sum(map(exact, shares)) > 1:
        raise ValueError(f"The shares of {', '.join(to)} add up to {float(sum(map(exact, shares))):g}, which is more than all rows.")


def targets(how: How, to: To | None, names: Sequence[str], sizes: Sequence[int]) -> list[int]:
    """The rows wanted of each class. Where rows are only taken away none gets more than it has, where they are only copied none
    fewer. Raises: NothingLeft for a class that is named and has no rows; RecipeError for shares that leave out a class."""
    if isinstance(to, dict):
        _check_named(to, names, sizes)
        if any(isinstance(share, float) for share in to.values()):
            return _shared(how, {name: exact(share) for name, share in to.items()}, names, sizes)
        wanted = [int(to.get(name, size)) for name, size in zip(names, sizes, strict=True)]
    else:
        every = (
            to
            if isinstance(to, int)
            else (min if (to or ("smallest" if how == "undersample" else "largest")) == "smallest" else max)(sizes, default=0)
        )
        wanted = [every] * len(sizes)
    bound: Mapping[How, Callable[[int, int], int]] = {"undersample": min, "oversample": max, "weights": lambda count, _: count}
    return [bound[how](count, size) for count, size in zip(wanted, sizes, strict=True)]


def _check_named(to: Mapping[str, int | float], names: Sequence[str], sizes: Sequence[int]) -> None:
    absent = [name for name in to if name not in names]
    if absent:
        raise NothingLeft(
            f"No row is of the class `{absent[0]}`.",
            accepted=f"Classes, and their rows: {some_classes(absent[0], names, sizes)}.",
            remedy="Name a class that there is.",
        )


def some_classes(wanted: str, names: Sequence[str], sizes: Sequence[int]) -> str:
    """Some names with their numbers of rows for one who wrote `wanted`: what is written nearly so first, then the largest."""
    near = get_close_matches(wanted, names, n=3, cutoff=0.7)
    every = sorted(zip(names, sizes, strict=True), key=lambda one: (near.index(one[0]) if one[0] in near else len(near), -one[1], one[0]))
    rest = f" and {len(every) - TOLD:,} more" if len(every) > TOLD else ""
    return ", ".join(f"{name} ({size:,})" for name, size in every[:TOLD]) + rest or "none"


def _shared(how: How, shares: Mapping[str, Fraction], names: Sequence[str], sizes: Sequence[int]) -> list[int]:
    """Classes in shares of the result; those that are not named keep their proportions to each other in what is left."""
    rest, others = 1 - sum(shares.values(), Fraction(0)), sum(size for name, size in zip(names, sizes, strict=True) if name not in shares)
    if bool(rest) != bool(others):
        unnamed = [name for name in names if name not in shares]
        found = f"The shares add up to {float(1 - rest):g}, and " + (f"{', '.join(unnamed[:5])} has none." if unnamed else "there is no other class.")
        raise RecipeError(found, accepted="Shares of all classes add up to 1; those of some to less, and the others share what is left.")
    weights = [shares[name] if name in shares else rest * size / others for name, size in zip(names, sizes, strict=True)]
    fits = [Fraction(size) / weight for size, weight in zip(sizes, weights, strict=True)]
    total = {"undersample": floor(min(fits)), "oversample": ceil(max(fits)), "weights": sum(sizes)}[how]
    if total < 1:
        raise NothingLeft("The shares leave no row.", remedy="Ask for other shares, or `how: weights`.")
    return dealt(total, weights)
