import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Machine, machines, recordedFacts, withFact, withoutFact } from "../../test/fixtures/recorded-facts.ts";
import { probes } from "../probes/catalogue.ts";
import { packetRules } from "../probes/packet-rules.ts";
import { proxyVariables } from "../probes/proxy-variables.ts";
import { blockers } from "./catalogue.ts";
import { egressThroughProxy } from "./egress-through-proxy.ts";
import { iptablesMissing } from "./iptables-missing.ts";
import { iptablesNftOnly } from "./iptables-nft-only.ts";

/** What stops on which recorded machine; everything else is clear there. */
const expected: Readonly<Record<Machine, readonly string[]>> = {
  "plain-linux": ["cgroup-v1-only", "oom-score-refused", "cni-plugins-missing"],
  "agent-2026-07": [
    "link-info-missing",
    "rootfs-unknown-to-cadvisor",
    "kernel-tunables-missing",
    "overcommit-memory-unwritable",
    "no-kmsg",
    "cgroup-v1-only",
    "cgroup-statistics-missing",
    "cgroup-without-freezer",
    "cgroup-without-oom-control",
    "resource-metrics-missing",
    "no-cgroup-namespace",
    "unprivileged-sysctls-missing",
    "no-masquerade",
    "network-tunables-missing",
    "cni-plugins-missing",
    "iptables-legacy-only",
    "kube-proxy-rules-missing",
  ],
  "open-2026-07": [
    "link-info-missing",
    "no-overlayfs-on-state-filesystem",
    "kernel-tunables-missing",
    "overcommit-memory-unwritable",
    "no-kmsg",
    "cgroup-v1-only",
    "cgroup-statistics-missing",
    "cgroup-without-freezer",
    "cgroup-without-oom-control",
    "resource-metrics-missing",
    "no-cgroup-namespace",
    "unprivileged-sysctls-missing",
    "no-masquerade",
    "network-tunables-missing",
    "cni-plugins-missing",
    "iptables-legacy-only",
    "kube-proxy-rules-missing",
  ],
  "host-network-2026-07": [
    "no-network-namespace",
    "rootfs-unknown-to-cadvisor",
    "kernel-tunables-missing",
    "overcommit-memory-unwritable",
    "no-kmsg",
    "cgroup-v1-only",
    "cgroup-statistics-missing",
    "cgroup-without-freezer",
    "cgroup-without-oom-control",
    "resource-metrics-missing",
    "no-cgroup-namespace",
    "unprivileged-sysctls-missing",
    "no-forwarding",
    "network-tunables-missing",
    "cni-plugins-missing",
  ],
  "agent-2024-07": [
    "no-pid-namespace-join",
    "link-info-missing",
    "rootfs-unknown-to-cadvisor",
    "no-overlayfs-on-state-filesystem",
    "kernel-tunables-missing",
    "overcommit-memory-unwritable",
    "no-kmsg",
    "cgroup-v1-only",
    "cgroup-statistics-missing",
    "cgroup-without-freezer",
    "cgroup-without-oom-control",
    "resource-metrics-missing",
    "no-cgroup-namespace",
    "unprivileged-sysctls-missing",
    "no-masquerade",
    "network-tunables-missing",
    "cni-plugins-missing",
    "iptables-legacy-only",
    "kube-proxy-rules-missing",
  ],
  "agent-2022-12": [
    "no-pid-namespace-join",
    "no-mount-namespace",
    "no-pod-links",
    "rootfs-unknown-to-cadvisor",
    "no-overlayfs-on-state-filesystem",
    "kernel-tunables-missing",
    "overcommit-memory-unwritable",
    "no-kmsg",
    "keyring-missing",
    "cgroup-missing",
    "cgroup-v1-only",
    "cgroup-statistics-missing",
    "cgroup-without-limits",
    "cgroup-without-freezer",
    "cgroup-without-oom-control",
    "resource-metrics-missing",
    "no-cgroup-namespace",
    "unprivileged-sysctls-missing",
    "no-masquerade",
    "network-tunables-missing",
    "cni-plugins-missing",
    "iptables-legacy-only",
    "no-resolver",
    "kube-proxy-rules-missing",
  ],
};

/** What could not be judged. */
const untold: Readonly<Partial<Record<Machine, readonly string[]>>> = {
  // It has no /proc/self/limits.
  "agent-2022-12": ["low-open-files"],
  // Rules are tried in a network namespace.
  "host-network-2026-07": [
    "iptables-missing",
    "iptables-nft-only",
    "iptables-legacy-only",
    "no-masquerade",
    "kube-proxy-rules-missing",
  ],
};

describe.each(machines)("blockers on %s", (machine) => {
  const facts = recordedFacts(machine);

  it("are those that were met there, and no others", () => {
    const found = blockers.filter((blocker) => blocker.diagnose(facts).verdict === "blocked").map(({ id }) => id);
    expect(found.toSorted()).toEqual(expected[machine].toSorted());
  });

  it("are unknown only where the machine did not tell", () => {
    const unknown = blockers.filter((blocker) => blocker.diagnose(facts).verdict === "unknown").map(({ id }) => id);
    expect(unknown).toEqual(untold[machine] ?? []);
  });

  it("do not depend on whether it is gVisor", () => {
    const gvisor = probes.find(({ id }) => id === "gvisor");
    if (gvisor === undefined) throw new Error("there is no probe gvisor");
    for (const blocker of blockers) {
      const other = withFact(facts, gvisor, { present: false, signs: [] });
      expect(blocker.diagnose(other)).toEqual(blocker.diagnose(facts));
    }
  });
});

describe.each(blockers)("blocker $id", (blocker) => {
  it("has its id as its file's name", () => {
    expect(existsSync(new URL(`${blocker.id}.ts`, import.meta.url))).toBe(true);
  });

  it("names the upstream source that makes it one", () => {
    expect(blocker.upstream).toMatch(/^https:\/\//);
  });

  it("is unknown where a probe it needs could not tell", () => {
    const clearFacts = recordedFacts("plain-linux");
    for (const probe of blocker.needs) {
      const { verdict } = blocker.diagnose(withoutFact(clearFacts, probe));
      // A kernel that does not tell its release is judged by the trial alone.
      if (probe.id !== "kernel") expect(verdict).not.toBe("clear");
    }
  });

  it("says why", () => {
    for (const machine of machines) {
      const diagnosis = blocker.diagnose(recordedFacts(machine));
      if (diagnosis.verdict !== "clear") expect(diagnosis.because).not.toMatch(/^$|undefined|null/);
    }
  });
});

describe("machines that were not at hand", () => {
  const facts = recordedFacts("plain-linux");
  const variants = facts.value(packetRules)?.variants ?? [];

  it("without iptables, or with the nft variant only", () => {
    expect(iptablesMissing.diagnose(withFact(facts, packetRules, { variants: [] })).verdict).toBe("blocked");
    expect(iptablesMissing.diagnose(facts).verdict).toBe("clear");
    const nft = variants.filter(({ version }) => version.includes("nf_tables"));
    expect(nft).toHaveLength(1);
    expect(iptablesNftOnly.diagnose(withFact(facts, packetRules, { variants: nft })).verdict).toBe("blocked");
    expect(iptablesNftOnly.diagnose(facts).verdict).toBe("clear");
  });

  it("behind a proxy with an authority of its own", () => {
    const diagnosis = egressThroughProxy.diagnose(
      withFact(facts, proxyVariables, { present: ["HTTPS_PROXY", "SSL_CERT_FILE"] }),
    );
    expect(diagnosis).toMatchObject({
      verdict: "blocked",
      because: expect.stringContaining("SSL_CERT_FILE") as unknown,
    });
    expect(egressThroughProxy.diagnose(withFact(facts, proxyVariables, { present: ["SSL_CERT_FILE"] }))).toEqual({
      verdict: "clear",
    });
  });
});
