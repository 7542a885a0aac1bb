"""Slicewise as a Pulumi program: one fleet, of the documents and by the rules that the stack's configuration has."""

from components.interruption import end_silently_when_interrupted

# Before the rest is imported: that takes a second, in which the engine may end already.
end_silently_when_interrupted()

import pulumi  # noqa: E402

from components.component_options import PreviousPlan  # noqa: E402
from components.fleet import Fleet  # noqa: E402
from components.sdk_costs import avoid_sdk_costs  # noqa: E402

avoid_sdk_costs()
fleet = Fleet("fleet", previous_plan=PreviousPlan.STACK_OUTPUTS)
for key, value in fleet.stack_outputs.items():
    pulumi.export(key, value)
