"""The CrossGuard policy pack: what GPU workloads must keep to, checked beside `pulumi preview`."""
