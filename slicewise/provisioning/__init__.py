"""What to make in a cloud for an environment, as plain values. Checked documents go in; nothing here knows Pulumi."""
