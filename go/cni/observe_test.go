package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"sort"
	"testing"
	"time"

	"github.com/containernetworking/plugins/pkg/ns"
	"github.com/vishvananda/netlink"
)

// links lists the names of the links in a namespace.
func links(t *testing.T, netns ns.NetNS) []string {
	t.Helper()
	var names []string
	inside(t, netns, func() error {
		found, err := netlink.LinkList()
		for _, link := range found {
			names = append(names, link.Attrs().Name)
		}
		return err
	})
	sort.Strings(names)
	return names
}

// records lists the file names in leases/ or hostports/.
func (n *node) records(dir string) []string {
	n.t.Helper()
	entries, err := os.ReadDir(filepath.Join(n.conf["dataDir"].(string), dir))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		n.t.Fatal(err)
	}
	names := []string{}
	for _, entry := range entries {
		if entry.Name()[0] != '.' {
			names = append(names, entry.Name())
		}
	}
	return names
}

// wantEmpty fails unless no pod has left anything on the node.
func (n *node) wantEmpty(wantLinks ...string) {
	n.t.Helper()
	if got := links(n.t, n.netns); !equal(got, wantLinks) {
		n.t.Errorf("links on the node: %v, want %v", got, wantLinks)
	}
	for _, dir := range []string{leasesDir, hostPortsDir} {
		if left := n.records(dir); len(left) > 0 {
			n.t.Errorf("left in %s: %v", dir, left)
		}
	}
}

// connect opens a TCP connection between namespaces and returns the source
// address that the server saw.
func connect(t *testing.T, from, to ns.NetNS, address string) string {
	t.Helper()
	var listener net.Listener
	inside(t, to, func() (err error) {
		listener, err = net.Listen("tcp", net.JoinHostPort(address, "0"))
		return err
	})
	defer listener.Close()
	source := make(chan string, 1)
	go func() {
		connection, err := listener.Accept()
		if err != nil {
			source <- err.Error()
			return
		}
		host, _, _ := net.SplitHostPort(connection.RemoteAddr().String())
		connection.Close()
		source <- host
	}()
	inside(t, from, func() error {
		connection, err := net.DialTimeout("tcp", listener.Addr().String(), 5*time.Second)
		if err == nil {
			connection.Close()
		}
		return err
	})
	return <-source
}

func inside(t *testing.T, netns ns.NetNS, do func() error) {
	t.Helper()
	if err := inNetNS(netns, do); err != nil {
		t.Fatal(err)
	}
}

func inNetNS(netns ns.NetNS, do func() error) error {
	return netns.Do(func(ns.NetNS) error { return do() })
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
