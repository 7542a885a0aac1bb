// The Kubernetes resource provider as Pulumi's engine starts it. The module's own main embeds generated files that are
// not published with it, so this one passes the two values that the engine reads: the package's name and version.
package main

import "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"

const version = "4.18.1"

func main() {
	schema := []byte(`{"name":"kubernetes","version":"` + version + `"}`)
	provider.Serve("kubernetes", version, schema, []byte("{}"))
}
