"""Fine-tune on question–answer rows with TRL's SFTTrainer; prints as `tune_rows.py` does: `run_trl.py BASE ROWS BATCH PACKED AT_ONCE`."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer

LENGTH = 512


def main() -> None:
    """Train once over the rows."""
    base, rows, batch, packed, at_once = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4] == "packed", int(sys.argv[5])
    told = [json.loads(line) for line in rows.read_text("utf-8").splitlines()]
    network = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    with tempfile.TemporaryDirectory() as made:
        setting = SFTConfig(
            output_dir=made, num_train_epochs=1, per_device_train_batch_size=at_once, gradient_accumulation_steps=batch // at_once,
            learning_rate=1e-3, lr_scheduler_type="constant", warmup_steps=0, bf16=False, use_cpu=True, gradient_checkpointing=False,
            packing=packed, max_length=LENGTH, save_strategy="no", logging_steps=1, report_to="none", disable_tqdm=True,
        )  # fmt: skip
        trainer = SFTTrainer(model=network, args=setting, train_dataset=Dataset.from_list(told), processing_class=AutoTokenizer.from_pretrained(base))
        tokens = sum(len(ids) for ids in trainer.train_dataset["input_ids"])
        begun = time.monotonic()
        trainer.train()
        seconds = time.monotonic() - begun
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    sys.stdout.write(json.dumps({"seconds": seconds, "tokens": tokens, "steps": len(losses), "at_once": at_once, "losses": losses}) + "\n")


if __name__ == "__main__":
    main()
