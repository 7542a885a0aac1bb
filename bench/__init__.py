"""How good and how fast the planner is, beside a first-fit scheduler and the optimum: `make bench`."""
