package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/containernetworking/cni/pkg/types"
	types100 "github.com/containernetworking/cni/pkg/types/100"
	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/containernetworking/plugins/pkg/utils/sysctl"
)

// TestMain lets the test binary be the plugin: the tests run it as a runtime
// does, as a process of its own with the CNI_* environment.
func TestMain(m *testing.M) {
	if os.Getenv("SANDKUBE_CNI_TEST_AS_PLUGIN") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// node is a node for one test: a network namespace of its own, a data directory
// and a network configuration. Nothing of it outlives the test.
type node struct {
	t     *testing.T
	netns ns.NetNS
	conf  map[string]any
	ctx   context.Context // kills the plugin when it is done; nil: never
}

func newNode(t *testing.T) *node {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root to create network namespaces")
	}
	return &node{t: t, netns: newNodeNetNS(t), conf: map[string]any{
		"cniVersion": "1.1.0", "name": "sandkube", "type": "sandkube-cni",
		"linkPrefix": "sk0-", "subnet": "10.244.0.0/24", "gateway": "10.244.0.1", "dataDir": t.TempDir(),
	}}
}

// newNodeNetNS is a namespace that passes packets on, as a node does.
func newNodeNetNS(t *testing.T) ns.NetNS {
	t.Helper()
	netns := newNetNS(t)
	inside(t, netns, func() error {
		for _, name := range []string{"net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding"} {
			if _, err := sysctl.Sysctl(name, "1"); err != nil {
				t.Skipf("cannot pass packets on in a namespace of one's own here: %v", err)
			}
		}
		return nil
	})
	return netns
}

func newNetNS(t *testing.T) ns.NetNS {
	t.Helper()
	netns, err := ns.TempNetNS()
	if err != nil {
		t.Skipf("cannot create a network namespace here: %v", err)
	}
	t.Cleanup(func() { netns.Close() })
	return netns
}

// netnsPath names a namespace that only this process holds open. (A temporary
// namespace's own Path is that of a thread which has left it again.)
func netnsPath(netns ns.NetNS) string {
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), netns.Fd())
}

// pod is one attachment.
type pod struct {
	id     string
	netns  ns.NetNS
	path   string
	result *types100.Result
}

func (n *node) newPod(id string) *pod {
	netns := newNetNS(n.t)
	return &pod{id: id, netns: netns, path: netnsPath(netns)}
}

// addPod creates a pod and expects ADD to work.
func (n *node) addPod(id string) *pod {
	n.t.Helper()
	p := n.newPod(id)
	n.mustAdd(p)
	return p
}

func (n *node) mustAdd(p *pod) {
	n.t.Helper()
	result, err := n.add(p, nil)
	if err != nil {
		n.t.Fatalf("ADD %s: %v", p.id, err)
	}
	p.result = result
}

func (n *node) add(p *pod, extra map[string]any) (*types100.Result, error) {
	out, err := n.cni("ADD", p, extra)
	if err != nil {
		return nil, err
	}
	result := &types100.Result{}
	if err := json.Unmarshal(out, result); err != nil {
		return nil, fmt.Errorf("result %s: %w", out, err)
	}
	return result, nil
}

// check runs CHECK with the pod's last result.
func (n *node) check(p *pod) error {
	_, err := n.cni("CHECK", p, map[string]any{"prevResult": p.result})
	return err
}

// cni runs a CNI command as a process in the node's namespace.
func (n *node) cni(command string, p *pod, extra map[string]any) ([]byte, error) {
	env := []string{"CNI_COMMAND=" + command, "CNI_PATH=/nonexistent"}
	if p != nil {
		env = append(env, "CNI_CONTAINERID="+p.id, "CNI_NETNS="+p.path, "CNI_IFNAME=eth0")
	}
	return n.run(nil, env, extra)
}

// command runs node-up or node-down.
func (n *node) command(name string) error {
	_, err := n.run([]string{name}, nil, nil)
	return err
}

func (n *node) run(args, env []string, extra map[string]any) ([]byte, error) {
	conf := map[string]any{}
	for _, fields := range []map[string]any{n.conf, extra} {
		for key, value := range fields {
			conf[key] = value
		}
	}
	stdin, err := json.Marshal(conf)
	if err != nil {
		return nil, err
	}
	var stdout, stderr bytes.Buffer
	ctx := n.ctx
	if ctx == nil {
		ctx = context.Background()
	}
	cmd := exec.CommandContext(ctx, "/proc/self/exe", args...)
	cmd.Env = append([]string{"SANDKUBE_CNI_TEST_AS_PLUGIN=1"}, env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &stdout, &stderr
	// A child starts in the namespace of the thread that forks it.
	err = n.netns.Do(func(ns.NetNS) error { return cmd.Run() })
	if err == nil {
		return stdout.Bytes(), nil
	}
	cniError := &types.Error{}
	if json.Unmarshal(stdout.Bytes(), cniError) == nil && cniError.Code != 0 {
		return nil, cniError
	}
	return nil, fmt.Errorf("%w: %s%s", err, stdout.String(), stderr.String())
}

// address is the pod's IPv4 address.
func (p *pod) address() string { return p.result.IPs[0].Address.IP.String() }

func wantCode(t *testing.T, err error, code uint) {
	t.Helper()
	cniError, ok := err.(*types.Error)
	if !ok || cniError.Code != code {
		t.Fatalf("want a CNI error with code %d, got: %v", code, err)
	}
}
