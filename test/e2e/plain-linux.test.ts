import { makePlan } from "../../src/plan/plan.ts";
import { blockers } from "../../src/blockers/catalogue.ts";
import { remedies } from "../../src/remedies/catalogue.ts";
import { measureFacts } from "../../src/cluster/choose-plan.ts";
import { expect, test } from "vitest";
import { testClusterLife } from "./cluster-scenarios.ts";
import { testSession, thisMachine } from "./machine.ts";

/** Remedies for what a plain machine may lack: an open firewall, cgroup v2, names, the capability to lower OOM scores. */
const plain = [
  "accept-forwarding",
  "allow-cgroup-v1",
  "allow-swap",
  "no-outside-names",
  "other-iptables",
  "restrict-oom-score",
];

const facts = await measureFacts("/var/lib/sandkube", testSession());
const here = makePlan(facts, { blockers, remedies, mode: "node" })
  .remedies.map(({ id }) => id)
  .sort();

test("a plain machine needs no remedy for what only sandboxes lack", () => {
  for (const id of here) expect(plain).toContain(id);
});

testClusterLife("plain Linux", () => Promise.resolve(thisMachine()), {
  remedies: here.filter((id) => id !== "no-outside-names"),
});
