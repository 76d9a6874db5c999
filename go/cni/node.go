package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/containernetworking/plugins/pkg/netlinksafe"
)

// nodeUp makes the node ready for pods: lo up, the bridge with its addresses,
// and no lease left of pods that died with an earlier node.
func nodeUp(conf *config) error {
	store, err := openStore(conf.DataDir)
	if err != nil {
		return err
	}
	defer store.close()
	if err := bringLoopbackUp(); err != nil {
		return err
	}
	if _, err := ensureBridge(conf); err != nil {
		return err
	}
	veths, err := hostVeths(conf.Bridge)
	if err != nil {
		return err
	}
	return store.prune(aliveOn(conf.Bridge, veths))
}

// nodeDown removes the bridge, every veth on it, and what they held.
func nodeDown(conf *config) error {
	store, err := openStore(conf.DataDir)
	if err != nil {
		return err
	}
	defer store.close()
	bridge, err := findBridge(conf)
	if err != nil && !isLinkNotFound(err) {
		return err
	}
	links, listErr := netlinksafe.LinkList()
	if listErr != nil {
		return fmt.Errorf("list the links: %w", listErr)
	}
	var failures []error
	for _, link := range links {
		// Our own we know by name, which works without IFLA_MASTER. Anything else on
		// the bridge goes only if the kernel says that it is a veth: a real interface
		// is merely let go.
		ours := strings.HasPrefix(link.Attrs().Name, hostVethPrefix(conf.Bridge))
		onBridge := bridge != nil && link.Attrs().MasterIndex == bridge.Attrs().Index && link.Type() == "veth"
		if ours || onBridge {
			failures = append(failures, deleteLink(link))
		}
	}
	if bridge != nil {
		failures = append(failures, deleteLink(bridge))
	}
	failures = append(failures, store.prune(func(owner) bool { return false }))
	return errors.Join(failures...)
}
