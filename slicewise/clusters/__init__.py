"""What a live cluster has: nodes and their GPUs as labels and device plugins tell it, and how that compares."""
