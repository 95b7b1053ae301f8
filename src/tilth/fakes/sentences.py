"""Self-written texts with something to learn in them."""

SENTENCES = tuple(
    f"The {size} {animal} sat on the {place} and {deed}."
    for size in ("small", "large", "old", "quick")
    for animal in ("cat", "dog", "hen", "fox", "mouse")
    for place in ("mat", "wall", "roof", "step")
    for deed in ("slept", "sang", "looked at the moon")
)
