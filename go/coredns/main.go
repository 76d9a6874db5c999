// Command coredns is CoreDNS with the plugins that a cluster's DNS needs and no
// others: each plugin left out is code that no packet from a pod can reach, and
// most of the modules of a whole CoreDNS (clouds, tracing, DNSSEC) go with them.
//
// An external plugin list is upstream's own way to build one
// (https://coredns.io/2017/07/25/compile-time-enabling-or-disabling-plugins/).
package main

import (
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/loadbalance"
	_ "github.com/coredns/coredns/plugin/loop"
	_ "github.com/coredns/coredns/plugin/template"

	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
)

// directives are the plugins in the order in which a query meets them. Upstream
// has template before kubernetes; here it answers what nobody else did.
var directives = []string{"bind", "errors", "loadbalance", "cache", "kubernetes", "loop", "forward", "template"}

func main() {
	dnsserver.Directives = directives
	coremain.Run()
}
