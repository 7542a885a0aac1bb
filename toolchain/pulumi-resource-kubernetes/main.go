// The Kubernetes resource provider as Pulumi's engine starts it. The module's own main embeds generated files that are
// not published with it, so this one passes the two values that the engine reads: the package's name and version. The
// pinned commit, f47bc2d6f199, is the one that pulumi-kubernetes tagged v4.25.0.
package main

import "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"

const version = "4.25.0"

func main() {
	schema := []byte(`{"name":"kubernetes","version":"` + version + `"}`)
	provider.Serve("kubernetes", version, schema, []byte("{}"))
}
