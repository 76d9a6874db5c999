package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/containernetworking/cni/libcni"
	"github.com/containernetworking/cni/pkg/types"
)

// The whole life of a pod as containerd drives it: through libcni, with a
// configuration list that declares the portMappings capability.
func TestThroughLibcni(t *testing.T) {
	n := newNode(t)
	n.conf["capabilities"] = map[string]bool{"portMappings": true}
	list, err := json.Marshal(map[string]any{"cniVersion": "1.1.0", "name": "sandkube", "plugins": []any{n.conf}})
	if err != nil {
		t.Fatal(err)
	}
	network, err := libcni.NetworkConfFromBytes(list)
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(bin, "sandkube-cni")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SANDKUBE_CNI_TEST_AS_PLUGIN", "1")

	p, ctx := n.newPod("a"), context.Background()
	cni := libcni.NewCNIConfigWithCacheDir([]string{bin}, t.TempDir(), nil)
	runtime := &libcni.RuntimeConf{ContainerID: p.id, NetNS: p.path, IfName: "eth0", CapabilityArgs: map[string]any{
		"portMappings": []map[string]any{{"hostPort": 8080, "containerPort": 80, "protocol": "tcp", "hostIP": ""}},
	}}
	attachment := types.GCAttachment{ContainerID: p.id, IfName: "eth0"}
	for _, step := range []struct {
		name string
		run  func() error
	}{
		{"STATUS", func() error { return cni.GetStatusNetworkList(ctx, network) }},
		{"ADD", func() error { _, err := cni.AddNetworkList(ctx, network, runtime); return err }},
		{"CHECK", func() error { return cni.CheckNetworkList(ctx, network, runtime) }},
		{"GC that keeps it", func() error {
			return cni.GCNetworkList(ctx, network, &libcni.GCArgs{ValidAttachments: []types.GCAttachment{attachment}})
		}},
		{"CHECK after GC", func() error { return cni.CheckNetworkList(ctx, network, runtime) }},
	} {
		inside(t, n.netns, func() error {
			if err := step.run(); err != nil {
				t.Fatalf("%s: %v", step.name, err)
			}
			return nil
		})
	}
	if got := n.records(hostPortsDir); !equal(got, []string{"tcp-8080-0.0.0.0.json"}) {
		t.Errorf("host ports: %v", got)
	}
	inside(t, n.netns, func() error { return cni.DelNetworkList(ctx, network, runtime) })
	n.wantEmpty("lo")

	// Without arguments libcni sends no list at all, which is refused.
	inside(t, n.netns, func() error {
		if err := cni.GCNetworkList(ctx, network, nil); err == nil {
			t.Error("GC without a list was accepted")
		}
		return cni.GCNetworkList(ctx, network, &libcni.GCArgs{})
	})
}
