"""TensorBoard: its event files, written by its own writer. No network, and neither torch nor TensorFlow."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from tilth.work import Destination


class TensorBoard:
    """Scalars in a folder of this training's own, one below those of its other runs: `tensorboard --logdir` shows them side by side."""

    def __init__(self, to: Destination, name: str, settings: Mapping[str, Any]) -> None:
        self._writer = EventFileWriter(str(to.folder / time.strftime("%Y-%m-%d_%H-%M-%S")), flush_secs=10)
        text = f"    {json.dumps(dict(settings), indent=1, default=str)}".replace("\n", "\n    ")  # Markdown: a block of code
        written = TensorProto(dtype=DT_STRING, string_val=[text.encode()], tensor_shape=TensorShapeProto(dim=[TensorShapeProto.Dim(size=1)]))
        shown = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
        self._add(0, Summary.Value(tag="settings", metadata=shown, tensor=written))

    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        """A scalar for each number."""
        self._add(step, *(Summary.Value(tag=name, simple_value=value) for name, value in numbers.items()))

    def close(self, *, failed: bool) -> None:
        """End the file. TensorBoard knows no failed runs."""
        self._writer.close()

    def _add(self, step: int, *values: Summary.Value) -> None:
        self._writer.add_event(Event(wall_time=time.time(), step=step, summary=Summary(value=values)))
