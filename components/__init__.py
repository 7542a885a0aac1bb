"""The Pulumi side: components, stack configuration and kubeconfig sources. Only here are Pulumi's packages imported.

`__main__.py` calls one function of each module; docs/architecture.md walks through them in that order.
"""
