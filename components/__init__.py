"""The Pulumi side: components, stack configuration and kubeconfig sources. Only here are Pulumi's packages imported."""
