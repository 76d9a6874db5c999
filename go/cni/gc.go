package main

import (
	"encoding/json"
	"errors"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
)

// cmdGC removes leases, host ports and host veths of attachments that the
// runtime no longer knows.
func cmdGC(args *skel.CmdArgs) error {
	conf, err := parseConfig(args.StdinData)
	if err != nil {
		return err
	}
	// An empty list means "none is valid"; a list that is not there is a caller's
	// mistake, and taking it for an empty one would disconnect every pod.
	var present map[string]json.RawMessage
	if err := json.Unmarshal(args.StdinData, &present); err != nil {
		return types.NewError(types.ErrDecodingFailure, "the network configuration is not valid JSON", err.Error())
	}
	if _, ok := present["cni.dev/valid-attachments"]; !ok {
		return types.NewError(types.ErrInvalidNetworkConfig, `GC needs "cni.dev/valid-attachments"`, "pass an empty list if no attachment is valid")
	}
	store, err := openStore(conf.DataDir)
	if err != nil {
		return err
	}
	defer store.close()

	valid := map[owner]bool{}
	validVeths := map[string]bool{}
	for _, attachment := range conf.ValidAttachments {
		o := owner{ContainerID: attachment.ContainerID, IfName: attachment.IfName}
		valid[o] = true
		validVeths[hostVethName(conf, o)] = true
	}
	veths, err := hostVeths(conf)
	if err != nil {
		return err
	}
	var failures []error
	for name := range veths {
		if !validVeths[name] {
			failures = append(failures, deleteHostVeth(conf, name))
		}
	}
	failures = append(failures, store.prune(func(o owner) bool { return valid[o] }))
	return errors.Join(failures...)
}
