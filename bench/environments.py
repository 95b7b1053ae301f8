"""The peers, each installed once into an environment of its own, so that what one needs cannot change another."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PLACE = Path(__file__).parents[1] / ".bench" / "environments"
"""Where the environments are; git does not look here."""


@dataclass(frozen=True)
class Peer:
    """A package to compare with, pinned, and what must be named beside it for what we run of it."""

    package: str
    requirements: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    """Installed before it, so that it does not choose another version."""
    bare: bool = False
    """Install the package without what it asks for, where that is much more than what we run of it."""


PEERS = {
    "presidio": Peer("presidio-analyzer==2.2.366", ("spacy==3.8.18", "phonenumbers==9.0.43")),
    # spaCy has its English words; the extra that names it also brings tensorflow and stanza.
    "datatrove": Peer("datatrove[io,processing]==0.10.1", ("spacy==3.8.7", "orjson", "xxhash<4")),
    # What its operators import and its own list of packages leaves out. What is missing it installs by itself while it
    # runs, torch with all of CUDA among it; so all of it stands here, and `timing.ALONE` forbids the rest.
    "data-juicer": Peer("py-data-juicer==1.6.1", ("aiohttp", "selectolax", "ftfy", "pyyaml", "ray"), first=("torch==2.13.0",)),
    # Its list has pyspark, and unisim with tensorflow; its MinHash on one machine needs neither.
    "text-dedup": Peer(
        "text-dedup==0.4.0",
        ("bitarray", "click<9", "click-option-group<0.6", "datasets<4", "fire<0.7", "ftfy", "numpy", "psutil", "regex", "rich<14")
        + ("scipy", "setuptools<81", "tqdm", "xxhash", "zstandard"),
        bare=True,
    ),
    # Its list has ray, torch and a cluster manager; of its heuristic filters only these are imported (see bench/peers/bare.py).
    "curator": Peer("nemo-curator==1.4.0", ("loguru", "regex"), bare=True),
    # What its taggers for Gopher and C4 import; its whole list takes pip more than ten minutes to resolve.
    "dolma": Peer("dolma==1.2.1", ("msgspec", "typing-extensions"), bare=True),
    # DCLM is no package: what it asks for words, for our own writing of its definition (bench/peers/conform_dclm.py).
    "dclm": Peer("uniseg==0.10.1"),
}


def python_of(name: str) -> Path:
    """The interpreter of a peer's environment, which is made where it is not there or is not of these pins.
    Raises subprocess.CalledProcessError where pip cannot install it."""
    peer, folder = PEERS[name], PLACE / name
    stamp, wanted = folder / "installed", hashlib.blake2b(repr((peer, sys.version)).encode(), digest_size=16).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        install: list[str | Path] = [folder / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if peer.first:
            subprocess.run([*install, *peer.first], check=True)
        if peer.bare:
            subprocess.run([*install, "--no-deps", peer.package], check=True)
        rest = [*peer.first, *([] if peer.bare else [peer.package]), *peer.requirements]
        if rest:
            subprocess.run([*install, *rest], check=True)
        stamp.write_text(wanted)
    return folder / "bin/python"
