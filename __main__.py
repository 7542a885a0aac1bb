"""Slicewise as a Pulumi program: one fleet, of the documents and by the rules that the stack's configuration has."""

import pulumi

from components.component_options import PreviousPlan
from components.fleet import Fleet
from components.interruption import end_silently_when_interrupted
from components.sdk_costs import avoid_sdk_costs

end_silently_when_interrupted()
avoid_sdk_costs()
fleet = Fleet("fleet", previous_plan=PreviousPlan.STACK_OUTPUTS)
for key, value in fleet.stack_outputs.items():
    pulumi.export(key, value)
