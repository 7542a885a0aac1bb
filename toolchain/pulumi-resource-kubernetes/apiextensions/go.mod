module k8s.io/apiextensions-apiserver

go 1.26.0

require (
	k8s.io/apimachinery v0.33.3
	k8s.io/kube-openapi v0.0.0-20250318190949-c8a335a9a2ff
)
