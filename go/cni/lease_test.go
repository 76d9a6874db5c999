package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func Test110Pods(t *testing.T) {
	n := newNode(t)
	pods := make([]*pod, 110)
	for i := range pods {
		pods[i] = n.addPod(fmt.Sprintf("pod-%d", i))
	}
	wantDistinct(t, pods)
	if got := connect(t, pods[0].netns, pods[109].netns, pods[109].address()); got != pods[0].address() {
		t.Errorf("the last pod saw %s", got)
	}
	for _, p := range pods {
		if _, err := n.cni("DEL", p, nil); err != nil {
			t.Fatal(err)
		}
	}
	n.wantEmpty("lo")
}

func TestParallelAddsGetDistinctAddresses(t *testing.T) {
	n := newNode(t) // and the node gets its address in a race as well
	pods := make([]*pod, 24)
	errs := make([]error, len(pods))
	var group sync.WaitGroup
	for i := range pods {
		pods[i] = n.newPod(fmt.Sprintf("pod-%d", i))
		group.Go(func() { pods[i].result, errs[i] = n.add(pods[i], nil) })
	}
	group.Wait()
	for i, err := range errs {
		if err != nil {
			t.Fatalf("pod %d: %v", i, err)
		}
	}
	wantDistinct(t, pods)
	for i := range pods {
		group.Go(func() { _, errs[i] = n.cni("DEL", pods[i], nil) })
	}
	group.Wait()
	for i, err := range errs {
		if err != nil {
			t.Errorf("DEL pod %d: %v", i, err)
		}
	}
	n.wantEmpty("lo")
}

func TestExhaustion(t *testing.T) {
	n := newNode(t)
	n.conf["subnet"] = "10.244.0.0/29" // .0 network, .1 gateway, .7 broadcast
	var pods []*pod
	for i := range 5 {
		pods = append(pods, n.addPod(fmt.Sprintf("pod-%d", i)))
	}
	wantDistinct(t, pods)
	late := n.newPod("late")
	_, err := n.add(late, nil)
	wantCode(t, err, errAddressesExhausted)
	if !strings.Contains(err.Error(), "no free address left in 10.244.0.0/29") {
		t.Errorf("unclear: %v", err)
	}
	if got := n.records(leasesDir); len(got) != 5 {
		t.Errorf("leases after the failed ADD: %v", got)
	}
	if _, err := n.cni("DEL", pods[2], nil); err != nil {
		t.Fatal(err)
	}
	n.mustAdd(late)
	if late.address() != pods[2].address() {
		t.Errorf("got %s, the only free address was %s", late.address(), pods[2].address())
	}
}

// A crash between lease and veth leaves a lease that nobody uses.
func TestCrashBetweenLeaseAndVeth(t *testing.T) {
	crash := func(n *node, id string) {
		store, err := openStore(n.conf["dataDir"].(string))
		if err != nil {
			n.t.Fatal(err)
		}
		defer store.close()
		conf := n.parsed()
		if _, err := store.lease(owner{id, "eth0"}, conf.networks, nil); err != nil {
			n.t.Fatal(err)
		}
	}
	t.Run("DEL takes it back", func(t *testing.T) {
		n := newNode(t)
		crash(n, "crashed")
		if _, err := n.cni("DEL", n.newPod("crashed"), nil); err != nil {
			t.Fatal(err)
		}
		n.wantEmpty("lo")
	})
	t.Run("ADD goes on with it", func(t *testing.T) {
		n := newNode(t)
		crash(n, "crashed")
		if p := n.addPod("crashed"); p.address() != "10.244.0.2" || len(n.records(leasesDir)) != 1 {
			t.Errorf("got %s, leases %v", p.address(), n.records(leasesDir))
		}
	})
	t.Run("another ADD never gets its address", func(t *testing.T) {
		n := newNode(t)
		crash(n, "crashed")
		if p := n.addPod("next"); p.address() != "10.244.0.3" {
			t.Errorf("got %s", p.address())
		}
	})
	t.Run("a full subnet takes it back", func(t *testing.T) {
		n := newNode(t)
		n.conf["subnet"] = "10.244.0.0/30" // one address
		crash(n, "crashed")
		n.addPod("next")
	})
}

// A crash while a lease is being written leaves a draft, never half a lease.
func TestCrashWhileWriting(t *testing.T) {
	n := newNode(t)
	leases := filepath.Join(n.conf["dataDir"].(string), leasesDir)
	if err := os.MkdirAll(leases, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(leases, ".draft"), []byte(`{"containerID":"lo`), 0o644); err != nil {
		t.Fatal(err)
	}
	if p := n.addPod("a"); p.address() != "10.244.0.2" {
		t.Errorf("got %s", p.address())
	}
}

func TestDamagedLeaseIsInUseUntilGC(t *testing.T) {
	n := newNode(t)
	n.addPod("a")
	damaged := filepath.Join(n.conf["dataDir"].(string), leasesDir, "10.244.0.3")
	if err := os.WriteFile(damaged, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if p := n.addPod("b"); p.address() != "10.244.0.4" {
		t.Errorf("got %s", p.address())
	}
	if _, err := n.cni("GC", nil, map[string]any{"cni.dev/valid-attachments": []map[string]string{{"containerID": "a", "ifname": "eth0"}}}); err != nil {
		t.Fatal(err)
	}
	if got := n.records(leasesDir); !equal(got, []string{"10.244.0.2"}) {
		t.Errorf("leases: %v", got)
	}
}

func wantDistinct(t *testing.T, pods []*pod) {
	t.Helper()
	seen := map[string]string{}
	for _, p := range pods {
		if other, taken := seen[p.address()]; taken {
			t.Errorf("%s and %s both got %s", other, p.id, p.address())
		}
		seen[p.address()] = p.id
	}
}
