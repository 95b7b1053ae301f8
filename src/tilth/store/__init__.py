"""What was done: objects that never change, keys that point to them, runs that people name."""
