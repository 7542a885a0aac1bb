"""What the stack had before this run: its state, outputs and plan."""
