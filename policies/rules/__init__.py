"""The rules themselves: pure functions over plain data, which know nothing of Pulumi's SDKs."""
