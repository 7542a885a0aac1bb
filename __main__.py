"""Slicewise as a Pulumi program: load the documents, plan, declare what is placed."""

from typing import Any

import pulumi

from components.all_outputs import all_outputs
from components.cloud_sdks import require_cloud_sdks
from components.clusters import reach_clusters, tell_skipped, verify_clusters
from components.documents import load_documents
from components.fleet_plan import plan_fleet
from components.kubeconfig import sweep_while_the_engine_runs
from components.last_update import read_last_update
from components.leaving import declare_all_untouched, settle_deletions, tell_departures
from components.ownership import settle_ownership
from components.plain_kubeconfigs import tell_plain
from components.plan_resources import declare_plan
from components.report import report
from components.sdk_costs import avoid_sdk_costs
from components.stack_config import read_stack_config
from components.unused_config import tell_unused
from slicewise.diagnostics import InvalidInputError, printable_lines
from slicewise.planning import Rejections, plan_to_outputs


async def deploy() -> dict[str, Any]:
    """Declare everything; nothing is declared before all input is known to be good."""
    config = read_stack_config(pulumi.Config())
    fleet = load_documents(config)
    require_cloud_sdks(config.kubeconfig_source, fleet.environments)
    tell_plain(config)
    tell_unused(config, fleet)
    past = await read_last_update(config, fleet)
    planned = plan_fleet(config, fleet, past.placements)
    rejections = Rejections(fleet, planned.plan)
    report(fleet, planned.plan, rejections, config.on_shortfall, past.before.skipped)
    reached = await reach_clusters(config, fleet.environments, planned.needs(config))
    settled = await settle_ownership(config, past, planned.declared, reached)
    verified = await verify_clusters(
        config,
        fleet,
        planned.plan,
        planned.previous,
        reached.kubeconfigs,
        stacks=past.before.names,
        handlings=settled.handlings,
    )
    skipped = {**reached.skipped, **verified}
    settled.tell(skipped)
    past = await past.with_state(reached.existing, skips=bool(skipped))
    changed = {name: there for name, there in reached.existing.items() if name not in skipped}
    going, asked = await settle_deletions(config, past, planned.declared, skipped, changed)
    handlings = {name: handling for name, handling in settled.handlings.items() if name not in skipped}
    declare_all_untouched(skipped, going, past.state, asked.without_plugin)
    await declare_plan(config, planned, handlings, reached.kubeconfigs)
    outputs = plan_to_outputs(planned.plan, rejections)
    tell_skipped(skipped, outputs, past.state)
    tell_departures(going, past.renamed, past.state, asked.existing)
    return all_outputs(outputs, past, settled.handlings, reached.existing, skipped, going)


async def main() -> dict[str, Any]:
    """Run the program; wrong input ends it with one line a mistake and no traceback."""
    try:
        return await deploy()
    except InvalidInputError as error:
        raise pulumi.RunError(printable_lines(f"the input cannot be used:\n{error}")) from None


avoid_sdk_costs()
sweep_while_the_engine_runs()
pulumi.run(main)
