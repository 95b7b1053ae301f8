"""What `tilth run` says at its end of each model that it made: what it is, where it lies, and the one figure that says most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tilth.cli.drawing import percent


def models(made: Mapping[str, Mapping[str, Any]], folder: Path) -> list[str]:
    """A line for each model that a step of the recipe made, as `facts.json` holds them; `folder`: the models of the run."""
    told = [
        (f"{name}.{one['step']}", str(near(folder / name)), figure(one["facts"]), one["from_store"])
        for name, one in made.items()
        if one["step"] != "given"
    ]
    wide = max((len(place) for _, place, _, _ in told), default=0)
    return [f"  {step:<36} {place:<{wide}}  {said}{'  (from store)' if stored else ''}".rstrip() for step, place, said, stored in told]


def near(place: Path) -> Path:
    """A place as seen from here, where it lies below; else in full."""
    here = Path.cwd()
    return place.relative_to(here) if place.is_relative_to(here) else place


def figure(facts: Mapping[str, Any]) -> str:
    """What a model is worth, as far as its training knows: of a classifier how often it is right, of others the loss on held-out rows
    with the weights that were kept, else on what was learned; of a tokenizer its size."""
    if judged := facts.get("judged"):
        return f"accuracy {percent(judged['accuracy'])} of {judged['n']:,} held-out rows"
    if looked := facts.get("validation"):
        kept = next((one for one in looked if one["step"] == facts.get("best_step")), looked[-1])
        right = f", accuracy {percent(kept['accuracy'])}" if kept.get("accuracy") is not None else ""
        return f"validation loss {kept['loss']:.4g}{right}, step {kept['step']:,} of {facts['steps']:,}"
    if curve := facts.get("curve"):
        return f"training loss {curve[-1]['loss']:.4g} in the end, after {_steps(curve)}"
    if "vocab_size" in facts and "bytes_per_token" in facts:
        return f"{facts['vocab_size']:,} tokens, {facts['bytes_per_token']:.3g} bytes of text a token"
    return ""


def _steps(curve: Sequence[Mapping[str, Any]]) -> str:
    steps = curve[-1]["step"]
    return f"{steps:,} {'step' if steps == 1 else 'steps'}"
