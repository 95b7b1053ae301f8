"""A recipe for files that were looked at: what `tilth init --from` writes, and what `tilth look` tells of them."""

from __future__ import annotations

import os
from pathlib import Path

from tilth.execute.sample import files_at
from tilth.survey.facts import Survey
from tilth.survey.suggest import Suggestion, suggest


def suggested(survey: Survey, data: str, folder: Path) -> Suggestion:
    """The recipe for the files at a path, which will stand in the folder. Raises NotThere where there are no files."""
    files, _ = files_at(data)
    reading = files.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    del reading["path"]
    return suggest(survey, os.path.relpath(os.path.expanduser(data), folder), reading)
