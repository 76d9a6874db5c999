package main

import (
	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	"github.com/containernetworking/plugins/pkg/netlinksafe"
)

// errNotAvailable is the spec's code for "ADD would fail now".
// https://github.com/containernetworking/cni/blob/main/SPEC.md#status-check-plugin-status
const errNotAvailable uint = 50

// cmdStatus tells whether ADD could work now: the configuration is valid, the
// data directory can be written and locked, and the kernel lists links. Two
// things are not failures: a node without its address (ADD gives it) and a
// subnet with no free address left (runtimes report the whole node as not ready,
// which would not free one).
func cmdStatus(args *skel.CmdArgs) error {
	conf, err := parseConfig(args.StdinData)
	if err != nil {
		return err
	}
	store, err := openStore(conf.DataDir)
	if err != nil {
		return types.NewError(errNotAvailable, "cannot keep leases", err.Error())
	}
	defer store.close()
	if _, err := netlinksafe.LinkList(); err != nil {
		return types.NewError(errNotAvailable, "cannot list the links", err.Error())
	}
	return nil
}
