"""What is told while work goes on: live lines on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import io
import threading

import pytest

from tests.execute.test_screen import Terminal
from tilth.execute import progress
from tilth.execute.progress import Progress


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(progress, "time", made)
    return made


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    return Terminal(60, 24)


def everything(told: Progress, clock: Clock) -> None:
    told.plan("small", {"docs": ["docs.clean.unicode"]})
    told.at("docs", ["docs.clean.unicode"])
    told.phase("read", 2)
    clock.now += 60
    told.done(5, 5)
    told.tell({"step": 1, "of": 2})
    told.close()


def test_quiet_tells_nothing(clock: Clock, terminal: Terminal) -> None:
    told = Progress(terminal, quiet=True)
    everything(told, clock)
    told.say("a line")
    assert terminal.getvalue() == ""


def test_calm_tells_only_what_must_be_waited_for(clock: Clock, terminal: Terminal) -> None:
    told = Progress(terminal, calm=True)
    everything(told, clock)
    told.say("It waits.")
    assert terminal.getvalue() == "It waits.\n"


def test_a_terminal_shows_a_phase_as_soon_as_it_begins(clock: Clock, terminal: Terminal) -> None:
    told = Progress(terminal)
    told.plan("small", {"docs": [], "words": []})
    told.at("docs")
    told.phase("read", 3)
    assert terminal.seen == ["▸ docs  · words  1 of 2", "  read  ────────────────────────────────────────  0/3  0%", "  0.0 s so far"]


def test_live_lines_move_at_most_ten_times_a_second_and_show_the_end(clock: Clock, terminal: Terminal) -> None:
    told = Progress(terminal)
    told.phase("read", 100)
    for _ in range(99):
        clock.now += 0.01
        told.done(10, 1_000_000)
    assert 8 <= terminal.getvalue().count("\r\x1b[A\r") + terminal.getvalue().count("\x1b[2A\r") <= 12
    clock.now += 0.01
    told.done(10, 1_000_000)
    assert "100/100  100%" in terminal.seen[0] and "1,000 rows/s  100.0 MB/s" in terminal.seen[1]


def test_a_phase_leaves_a_line_with_what_how_long_and_how_fast(clock: Clock, terminal: Terminal) -> None:
    told = Progress(terminal)
    told.at("docs")
    told.phase("survey", 1)
    clock.now += 0.5
    told.done()
    told.phase("read", 2)
    clock.now += 4
    told.done(1000, 4_000_000)
    told.done(1000, 4_000_000)
    told.close()
    assert terminal.seen == ["docs read  2/2  2,000 rows  4.0 s  500 rows/s  2.0 MB/s"], "half a second is not worth a line"


def test_a_training_leaves_its_last_losses(clock: Clock, terminal: Terminal) -> None:
    told = Progress(terminal)
    told.at("base", ["base.train.pretrain"])
    told.phase("train", 0)
    clock.now += 3
    told.tell({"doing": "tokenising docs", "rows": 10})
    assert "  tokenising docs …" in terminal.seen
    for step in range(1, 31):
        clock.now += 0.5
        told.tell({"step": step, "of": 40, "loss": 5 - step / 10, "learning_rate": 1e-3})
    told.tell({"step": 30, "of": 40, "validation_loss": 2.125})
    clock.now += 0.5
    told.tell({"step": 31, "of": 40, "loss": 1.9, "learning_rate": 1e-3, "tokens_per_second": 100.0})
    assert terminal.seen[0].endswith("31/40  78%") and terminal.seen[1].startswith("  loss 1.9 █")
    assert terminal.seen[1].endswith("  validation 2.125 ▁") and terminal.seen[2].startswith("  100 tokens/s  learning rate 0.001")
    told.close()
    assert terminal.seen == ["base train  31/40  18 s  loss 1.9  validation 2.125"]


def test_where_there_is_no_terminal_what_cannot_be_counted_is_named(clock: Clock) -> None:
    stream = io.StringIO()
    told = Progress(stream)
    told.at("base", ["base.train.pretrain"])
    told.phase("train", 0)
    clock.now += 6
    told.tell({"doing": "tokenising docs", "rows": 10})
    clock.now += 6
    told.tell({"loss": 3.0})
    assert stream.getvalue() == "base train  tokenising docs  rows 10\nbase train  tokenising docs  loss 3\n"


def test_a_line_that_stays_stands_above_what_moves(clock: Clock, terminal: Terminal) -> None:
    told = Progress(terminal)
    told.phase("read", 2)
    told.say("It waits.")
    clock.now += 0.2
    told.done()
    assert terminal.seen[0] == "It waits." and "1/2  50%" in terminal.seen[1]


def test_whatever_happens_the_terminal_is_left_in_order(clock: Clock, terminal: Terminal) -> None:
    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt), Progress(terminal) as told:
        told.phase("read", 2)
        clock.now += 9
        told.done()
        raise KeyboardInterrupt
    assert terminal.seen == [] and (terminal.screen.cursor.y, terminal.screen.cursor.x) == (0, 0)
    assert threading.active_count() == before


def test_inside_a_block_a_thread_draws_and_nothing_is_drawn_after_it(terminal: Terminal) -> None:
    with Progress(terminal) as told:
        told.phase("read", 2)
        told.done()
        for _ in range(200):
            if "1/2" in "".join(terminal.seen):
                break
            threading.Event().wait(0.05)
        else:
            pytest.fail("nothing was drawn in ten seconds")
    left = terminal.getvalue()
    told.done()
    assert terminal.seen == [] and terminal.getvalue() == left


def test_a_low_window_shows_the_first_lines(clock: Clock, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINES", "3")
    told = Progress(terminal)
    told.plan("small", {"docs": []})
    told.at("docs")
    told.phase("read", 2, 2)
    assert len(terminal.seen) == 2


def test_elsewhere_a_line_comes_now_and_then_and_at_the_end_of_a_phase(clock: Clock) -> None:
    stream = io.StringIO()
    told = Progress(stream)
    told.phase("survey", 2)
    clock.now += 0.3
    told.done()
    told.done()
    told.at("docs")
    told.phase("read", 3)
    clock.now += 4
    told.done(400, 0)
    clock.now += 4
    told.done(400, 0)
    clock.now += 0.5
    told.done(50, 0)
    told.close()
    assert stream.getvalue().splitlines() == ["docs read  2/3  100 rows/s  4.0 s left", "docs read  3/3  850 rows  8.5 s  100 rows/s"]
    assert "\x1b" not in stream.getvalue()


def test_elsewhere_a_training_tells_its_numbers_in_words(clock: Clock) -> None:
    stream = io.StringIO()
    told = Progress(stream)
    told.at("base")
    told.phase("train", 0)
    for step in (10, 20):
        clock.now += 10
        told.tell({"step": step, "of": 40, "loss": 4.23456, "tokens_per_second": 1200.0, "mfu": None, "memory_bytes": 2_500_000_000})
    assert stream.getvalue().splitlines()[-1] == "base train  20/40  loss 4.235  tokens/s 1,200  memory 2.5 GB  20 s left"


def test_what_a_model_wrote_and_what_is_to_be_noted_stay(clock: Clock, terminal: Terminal) -> None:
    samples = {"step": 10, "of": 40, "samples": [{"prompt": "Once", "text": "upon a time"}]}
    plain = io.StringIO()
    for told in (Progress(terminal), Progress(plain)):
        told.phase("train", 0)
        clock.now += 1
        told.tell(samples)
        told.tell({"note": "wandb takes no more."})
    lines = ["  step 10  Once → upon a time", "wandb takes no more."]
    assert terminal.seen[:2] == lines and plain.getvalue().splitlines() == lines
    calm = io.StringIO()
    Progress(calm, calm=True).tell({**samples, "note": "It is noted."})
    assert calm.getvalue() == "It is noted.\n"


def test_a_terminal_without_movements_is_no_terminal(clock: Clock, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with Progress(terminal) as told:
        told.phase("read", 2)
        clock.now += 9
        told.done()
        told.close()
    assert terminal.getvalue() == "read  1/2  9.0 s left\nread  1/2  9.0 s\n"
