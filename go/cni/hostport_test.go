package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/containernetworking/cni/pkg/types"
)

func mappings(entries ...map[string]any) map[string]any {
	return map[string]any{"runtimeConfig": map[string]any{"portMappings": entries}}
}

func TestHostPortsAreRecordedForTheRelay(t *testing.T) {
	n := newNode(t)
	p := n.newPod("a")
	wanted := mappings(
		map[string]any{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"},
		map[string]any{"hostPort": 53, "containerPort": 5353, "protocol": "UDP", "hostIP": "127.0.0.1"},
		map[string]any{"containerPort": 9000, "protocol": "tcp"},
	)
	for range 2 {
		result, err := n.add(p, wanted)
		if err != nil {
			t.Fatal(err)
		}
		p.result = result
	}
	if got := n.records(hostPortsDir); !equal(got, []string{"tcp-8080-0.0.0.0.json", "udp-53-127.0.0.1.json"}) {
		t.Fatalf("records: %v", got)
	}
	data, err := os.ReadFile(filepath.Join(n.conf["dataDir"].(string), hostPortsDir, "udp-53-127.0.0.1.json"))
	want := `{"containerID":"a","ifname":"eth0","hostPort":53,"hostIP":"127.0.0.1","protocol":"udp","containerIP":"10.244.0.2","containerPort":5353}`
	if err != nil || string(data) != want {
		t.Errorf("record %s, want %s (%v)", data, want, err)
	}
	wanted["prevResult"] = p.result
	if _, err := n.cni("CHECK", p, wanted); err != nil {
		t.Error(err)
	}
	if _, err := n.cni("DEL", p, wanted); err != nil {
		t.Fatal(err)
	}
	n.wantEmpty("lo")
}

func TestHostPortClashes(t *testing.T) {
	held := map[string]any{"hostPort": 8080, "containerPort": 80, "protocol": "tcp", "hostIP": "127.0.0.1"}
	for _, test := range []struct {
		name   string
		wanted map[string]any
		clash  bool
	}{
		{"the same", map[string]any{"hostPort": 8080, "containerPort": 81, "protocol": "tcp", "hostIP": "127.0.0.1"}, true},
		{"every address", map[string]any{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"}, true},
		{"another address", map[string]any{"hostPort": 8080, "containerPort": 80, "protocol": "tcp", "hostIP": "127.0.0.2"}, false},
		{"another protocol", map[string]any{"hostPort": 8080, "containerPort": 80, "protocol": "udp", "hostIP": "127.0.0.1"}, false},
		{"another port", map[string]any{"hostPort": 8081, "containerPort": 80, "protocol": "tcp", "hostIP": "127.0.0.1"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := newNode(t)
			if _, err := n.add(n.newPod("first"), mappings(held)); err != nil {
				t.Fatal(err)
			}
			_, err := n.add(n.newPod("second"), mappings(test.wanted))
			if !test.clash {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantCode(t, err, errHostPortTaken)
			if !strings.Contains(err.Error(), "already claimed by container first") {
				t.Errorf("unclear: %v", err)
			}
			if got := n.records(leasesDir); len(got) != 1 {
				t.Errorf("the failed ADD left a lease: %v", got)
			}
			if got := n.records(hostPortsDir); len(got) != 1 {
				t.Errorf("the failed ADD left a record: %v", got)
			}
		})
	}
}

func TestImpossibleHostPortsAreRefused(t *testing.T) {
	for _, mapping := range []map[string]any{
		{"hostPort": 8080, "containerPort": 80, "protocol": "sctp"},
		{"hostPort": 70000, "containerPort": 80, "protocol": "tcp"},
		{"hostPort": 8080, "containerPort": 0, "protocol": "tcp"},
		{"hostPort": 8080, "containerPort": 80, "protocol": "tcp", "hostIP": "localhost"},
		{"hostPort": 8080, "containerPort": 80, "protocol": "tcp", "hostIP": "::1"},
	} {
		n := newNode(t)
		_, err := n.add(n.newPod("a"), mappings(mapping))
		wantCode(t, err, types.ErrInvalidNetworkConfig)
		if got := n.records(leasesDir); len(got) != 0 {
			t.Errorf("the failed ADD left a lease: %v", got)
		}
	}
}

func TestHostPortsInDualStackHaveOneRecordPerFamily(t *testing.T) {
	n := newNode(t)
	n.conf["subnet6"], n.conf["gateway6"] = "fd00:244::/64", "fd00:244::1"
	if _, err := n.add(n.newPod("a"), mappings(map[string]any{"hostPort": 8080, "containerPort": 80, "protocol": "tcp"})); err != nil {
		t.Fatal(err)
	}
	if got := n.records(hostPortsDir); !equal(got, []string{"tcp-8080-0.0.0.0.json", "tcp-8080-::.json"}) {
		t.Errorf("records: %v", got)
	}
}
