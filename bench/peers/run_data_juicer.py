"""A Data-Juicer recipe, run as `dj-process --config RECIPE` does, with its own count of what each operator leaves."""

import json
import re
import sys
from pathlib import Path

from data_juicer.config import init_configs
from data_juicer.core import DefaultExecutor
from loguru import logger

LEFT = re.compile(r"OP \[(\w+)\] Done in ([\d.]+)s. Left (\d+) samples")


def main() -> None:
    """Run the recipe, and write what each operator took and left."""
    told = []
    executor = DefaultExecutor(init_configs(args=["--config", sys.argv[1]]))
    logger.add(told.append, filter=lambda record: "Left" in record["message"])
    executor.run()
    Path(sys.argv[2]).write_text(json.dumps([[name, float(took), int(left)] for line in told for name, took, left in LEFT.findall(line)]))


if __name__ == "__main__":
    main()
