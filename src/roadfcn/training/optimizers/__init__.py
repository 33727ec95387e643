"""How weights move: optimizers, schedules, and which part of a network gets which."""
