#!/usr/bin/env bash
# As long as one pod of an LLMInferenceService has no address, KServe makes a new key and certificate at every look.
#
# Guess beforehand: a service gets one self-signed certificate, and another when a pod comes with a new address.
# Seen, KServe v0.20.0: a pod that waits for a node counts with the address "", which no certificate has, so that
# the one that is there never covers all pods. A new RSA key of 4096 bits is made, some 0.7 s of a processor, and the
# Secret written, whose change is the next reason to look. With the whole controller on an API server of Kubernetes
# 1.37.2, one pod that fits nowhere: 41 certificates in 30 s, and 29 s of the processor. The Secret is mounted by the
# replicas that run, and KServe's presets have vLLM load it again whenever it changes. KServe's chart gives the
# controller 0.1 CPU for all services together.
#
# Run: bash findings/kserve-makes-certificates-in-a-loop-while-a-pod-waits.sh    (needs Go, and some five minutes of a processor; installs
# into a temporary folder; ends with 1 if this has changed)
set -euo pipefail

version=v0.20.0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export GOMODCACHE="$folder/modules" GOFLAGS="-mod=mod -modcacherw -trimpath"
cd "$folder"
go mod init finding 2> log
go get "github.com/kserve/kserve@$version" 2>> log || { cat log >&2; exit 1; }
cp -r "$GOMODCACHE/github.com/kserve/kserve@$version" kserve
package=kserve/pkg/controller/v1alpha2/llmisvc
# What makes certificates is not exported: the program is a test inside its package, and the only one there.
rm -f "$package"/*_test.go
cat > "$package/certificates_test.go" <<'PROGRAM'
package llmisvc

import (
	"context"
	"fmt"
	"testing"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta/testrestmapper"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/record"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/kserve/kserve/pkg/apis/serving/v1alpha2"
)

func TestCertificates(t *testing.T) {
	ctx := context.Background()
	kinds := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{scheme.AddToScheme, v1alpha2.AddToScheme} {
		if err := add(kinds); err != nil {
			t.Fatal(err)
		}
	}
	service := &v1alpha2.LLMInferenceService{ObjectMeta: meta.ObjectMeta{Name: "chat", Namespace: "team", UID: "1"}}
	labels := map[string]string{"app.kubernetes.io/name": "chat", "app.kubernetes.io/part-of": "llminferenceservice"}
	pod := func(name, address string) *core.Pod {
		status := core.PodStatus{PodIP: address}
		if address != "" {
			status.PodIPs = []core.PodIP{{IP: address}}
		}
		return &core.Pod{ObjectMeta: meta.ObjectMeta{Name: name, Namespace: "team", Labels: labels}, Status: status}
	}
	for _, pods := range [][]client.Object{{pod("runs", "10.0.0.1")}, {pod("runs", "10.0.0.1"), pod("waits", "")}} {
		mapper := testrestmapper.TestOnlyStaticRESTMapper(kinds)
		api := fake.NewClientBuilder().WithScheme(kinds).WithRESTMapper(mapper).WithObjects(append(pods, service)...).Build()
		controller := &LLMISVCReconciler{Client: api, EventRecorder: record.NewFakeRecorder(100)}
		found := map[string]bool{}
		for range 5 {
			if err := controller.reconcileSelfSignedCertsSecret(ctx, service, &SchedulerConfig{ExpirationAnnotations: DefaultExpirationAnnotations}); err != nil {
				t.Fatal(err)
			}
			secret := &core.Secret{}
			if err := api.Get(ctx, client.ObjectKey{Namespace: "team", Name: "chat-kserve-self-signed-certs"}, secret); err != nil {
				t.Fatal(err)
			}
			found[string(secret.Data["tls.crt"])] = true
		}
		fmt.Printf("SEEN %d pods, the last with address %q: 5 looks, certificates: %d\n", len(pods), pods[len(pods)-1].(*core.Pod).Status.PodIP, len(found))
	}
}
PROGRAM
cd kserve
go test -count=1 -v -run TestCertificates "./${package#kserve/}" > ../out 2>> ../log || { cat ../log ../out >&2; exit 1; }
seen=$(sed -n 's/^SEEN //p' ../out)
echo "KServe $version:"
echo "$seen"
[ "$seen" = '1 pods, the last with address "10.0.0.1": 5 looks, certificates: 1
2 pods, the last with address "": 5 looks, certificates: 5' ] || { echo "this has changed" >&2; exit 1; }
