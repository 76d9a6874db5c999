package main

import (
	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/plugins/pkg/ns"
)

// cmdDel disconnects a pod. It needs no earlier result and no namespace: the
// host veth's name follows from the arguments, and removing it is enough on
// kernels that destroy a veth together with its namespace or its peer.
func cmdDel(args *skel.CmdArgs) error {
	conf, err := parseConfig(args.StdinData)
	if err != nil {
		return err
	}
	store, err := openStore(conf.DataDir)
	if err != nil {
		return err
	}
	defer store.close()

	// A namespace that is gone, or a path that now leads to the node's own, only
	// means that there is no pod side left to clean.
	var pod ns.NetNS
	if args.Netns != "" {
		if pod, err = openPodNetNS(args.Netns); err == nil {
			defer pod.Close()
		} else {
			pod = nil
		}
	}
	o := owner{ContainerID: args.ContainerID, IfName: args.IfName}
	// The veth first: an address must not be handed out again while it is in use.
	if err := detach(conf, o, pod); err != nil {
		return err
	}
	return store.release(o)
}
