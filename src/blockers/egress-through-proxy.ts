import type { Blocker } from "../contract/blocker.ts";
import { proxyVariables } from "../probes/proxy-variables.ts";
import { blocked, clear, judge } from "./judge.ts";

const proxies = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
const authorities = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"];

/** containerd pulls through the proxy that its environment names, and trusts what SSL_CERT_FILE holds; pods inherit neither. */
export const egressThroughProxy: Blocker = {
  id: "egress-through-proxy",
  title: "The way out is a proxy",
  needs: [proxyVariables],
  stops: [],
  upstream: "https://github.com/containerd/containerd/blob/v2.2.9/core/remotes/docker/registry.go#L256",
  diagnose: (facts) =>
    judge(facts, proxyVariables, ({ present }) => {
      const proxy = present.filter((name) => proxies.includes(name));
      if (proxy.length === 0) return clear;
      const own = present.filter((name) => authorities.includes(name));
      const trust = own.length === 0 ? "" : `, with an authority of its own (${own.join(", ")})`;
      return blocked(
        `${proxy.join(", ")} is set${trust}: containerd uses it, and pods are told of it where up is given --pod-proxy`,
      );
    }),
};
