import type { Blocker, Diagnosis } from "../contract/blocker.ts";
import { resolverAnswers } from "../probes/resolver-answers.ts";
import { blocked, clear, judge } from "./judge.ts";

/** Without a name server that answers, every name outside the cluster costs a pod its resolver's whole patience. */
export const noResolver: Blocker = {
  id: "no-resolver",
  title: "Names outside the cluster do not resolve",
  needs: [resolverAnswers],
  stops: [],
  upstream: "https://github.com/coredns/coredns/blob/v1.15.0/plugin/forward/forward.go",
  diagnose(facts): Diagnosis {
    return judge(facts, resolverAnswers, ({ servers }) => {
      if (servers.length === 0) return blocked("/etc/resolv.conf names no name server");
      if (servers.some(({ answered }) => answered)) return clear;
      return blocked(servers.map(({ address, detail }) => `${address} does not answer (${detail})`).join(", "));
    });
  },
};
