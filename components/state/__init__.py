"""What the stack had before this run.

`previous_plan.previous_stack` reads its outputs, and `stack_state.read_state` its state, where the outputs cannot
tell.
"""
