package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/containernetworking/cni/pkg/types"
)

// Whenever ADD is killed, what it leaves is either usable or removable: the next
// ADD of the same pod works, and so does DEL, and neither leaves anything.
func TestAddKilledAtAnyMoment(t *testing.T) {
	n := newNode(t)
	ports := func(i int) map[string]any {
		return mappings(map[string]any{"hostPort": 8000 + i, "containerPort": 80, "protocol": "tcp"})
	}
	start := time.Now()
	n.addPod("undisturbed")
	duration := time.Since(start)
	killed := 0
	for i := range 20 {
		p := n.newPod(fmt.Sprintf("pod-%d", i))
		ctx, cancel := context.WithTimeout(context.Background(), duration*time.Duration(i)/20)
		n.ctx = ctx
		_, err := n.add(p, ports(i))
		cancel()
		n.ctx = nil
		var refused *types.Error
		if errors.As(err, &refused) {
			t.Fatal(err)
		} else if err != nil {
			killed++
		}
		if i%2 == 0 {
			if p.result, err = n.add(p, ports(i)); err != nil {
				t.Fatalf("ADD after a killed ADD: %v", err)
			}
			if err := n.check(p); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := n.cni("DEL", p, nil); err != nil {
			t.Fatal(err)
		}
		if got := links(t, p.netns); !equal(got, []string{"lo"}) {
			t.Errorf("left in the pod: %v", got)
		}
	}
	t.Logf("%d of 20 were killed before they were done", killed)
	if err := n.command("node-down"); err != nil {
		t.Fatal(err)
	}
	n.wantEmpty("lo")
}
