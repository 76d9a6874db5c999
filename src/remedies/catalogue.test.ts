import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Machine, recordedFacts, withFact, withoutFact } from "../../test/fixtures/recorded-facts.ts";
import { blockers } from "../blockers/catalogue.ts";
import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { Facts } from "../contract/observation.ts";
import { applyPlan, makePlan } from "../plan/plan.ts";
import { capabilities } from "../probes/capabilities.ts";
import { cgroupLayout } from "../probes/cgroup-layout.ts";
import { defaultRoute } from "../probes/default-route.ts";
import { forwardPolicies } from "../probes/forward-policies.ts";
import { memory } from "../probes/memory.ts";
import { mountTrials } from "../probes/mount-trials.ts";
import { packetRules } from "../probes/packet-rules.ts";
import { resolverAnswers } from "../probes/resolver-answers.ts";
import { seccomp } from "../probes/seccomp.ts";
import { remedies } from "./catalogue.ts";

const spec = {
  network: {
    egress: { kind: "masquerade", iptables: "/usr/sbin/iptables", link: "eth0" },
    resolvers: ["192.0.2.53"],
  },
  kubelet: { configuration: { maxPods: 10 } },
  containerd: {
    rootDirectory: "/state/containerd",
    snapshotter: "overlayfs",
    unprivilegedPorts: true,
    unprivilegedIcmp: true,
    noNewKeyring: false,
  },
  mounts: [],
  privateMounts: false,
} as unknown as ClusterSpec;

function planned(facts: Facts): ClusterSpec {
  return applyPlan(makePlan(facts, { blockers, remedies, mode: "node" }), spec, facts);
}

function on(machine: Machine): ClusterSpec {
  return planned(recordedFacts(machine));
}

describe.each(remedies)("remedy $id", (remedy) => {
  it("has its id as its file's name and clears blockers that exist", () => {
    expect(existsSync(new URL(`${remedy.id}.ts`, import.meta.url))).toBe(true);
    const ids = blockers.map(({ id }) => id);
    for (const id of remedy.clears) expect(ids).toContain(id);
  });

  it("does not change the specification it is given", () => {
    const before = JSON.stringify(spec);
    remedy.adjust(spec, recordedFacts("agent-2024-07"));
    expect(JSON.stringify(spec)).toBe(before);
  });
});

describe("the specification", () => {
  it("asks for no mounts on plain Linux", () => {
    expect(on("plain-linux").mounts).toEqual([]);
    expect(on("plain-linux").network.egress).toBe(spec.network.egress);
    expect(on("plain-linux").kubelet.configuration).toEqual({ maxPods: 10, failCgroupV1: false });
  });

  it("supplies what gVisor 2026-07 lacks, directory by directory", () => {
    const { mounts, privateMounts } = on("agent-2026-07");
    const remedy = "proc-sys-supplement";
    expect(privateMounts).toBe(true);
    expect(mounts).toEqual([
      { kind: "supplement", target: "/proc/sys/kernel", files: { panic: "10\n", panic_on_oops: "1\n" }, remedy },
      {
        kind: "supplement",
        target: "/proc/sys/kernel/keys",
        files: { root_maxkeys: "1000000\n", root_maxbytes: "25000000\n" },
        remedy,
      },
      { kind: "supplement", target: "/proc/sys/vm", files: { overcommit_memory: "1\n", panic_on_oom: "0\n" }, remedy },
      { kind: "supplement", target: "/dev", files: { kmsg: "" }, remedy: "empty-kernel-log" },
    ]);
  });

  it("puts the redirector after the mount, which costs nothing, and takes it where nothing may be mounted there", () => {
    const order = remedies.filter(({ clears }) => clears.includes("kernel-tunables-missing"));
    expect(order.map(({ id }) => id)).toEqual(["proc-sys-supplement", "proc-sys-redirector"]);
    expect(new Set(order.map(({ fidelity }) => fidelity)).size).toBe(1);
    const recorded = recordedFacts("agent-2026-07");
    const trials = recorded.value(mountTrials);
    if (trials === undefined) throw new Error("the mounts were not measured");
    const refused = { ...trials, overProcSys: { ok: false, message: "permission denied" } };
    const { mounts, kubelet } = planned(withFact(recorded, mountTrials, refused));
    expect(mounts.filter(({ target }) => target.startsWith("/proc/"))).toEqual([]);
    expect(kubelet.suppliedTunables).toEqual({
      "vm/overcommit_memory": "1\n",
      "vm/panic_on_oom": "0\n",
      "kernel/panic": "10\n",
      "kernel/panic_on_oops": "1\n",
      "kernel/keys/root_maxkeys": "1000000\n",
      "kernel/keys/root_maxbytes": "25000000\n",
    });
    expect(on("agent-2026-07").kubelet).not.toHaveProperty("suppliedTunables");
  });

  it("does not redirect without the capability to trace", () => {
    const recorded = recordedFacts("agent-2026-07");
    const held = recorded.value(capabilities);
    if (held === undefined) throw new Error("the capabilities were not measured");
    const effective = held.effective.filter((name) => name !== "sys_ptrace");
    const redirector = remedies.find(({ id }) => id === "proc-sys-redirector");
    expect(redirector?.feasible(recorded).verdict).toBe("clear");
    expect(redirector?.feasible(withFact(recorded, capabilities, { ...held, effective })).verdict).toBe("blocked");
    expect(redirector?.feasible(withoutFact(recorded, seccomp)).verdict).toBe("unknown");
  });

  it("makes a directory that is not there before it fills it", () => {
    const targets = on("agent-2024-07").mounts.map(({ kind, target }) => `${kind} ${target}`);
    expect(targets).toEqual([
      "tmpfs /state/containerd",
      "supplement /proc/sys/kernel",
      "tmpfs /proc/sys/kernel/keys",
      "supplement /proc/sys/kernel/keys",
      "supplement /proc/sys/vm",
      "supplement /dev",
    ]);
  });

  it("configures the kubelet beside what stood there", () => {
    const known = { maxPods: 10, localStorageCapacityIsolation: false, failCgroupV1: false };
    expect(on("agent-2026-07").kubelet.configuration).toEqual(known);
    expect(on("agent-2022-12").kubelet.configuration).toEqual({
      ...known,
      cgroupsPerQOS: false,
      enforceNodeAllocatable: [],
      cgroupRoot: "",
    });
  });

  it("lets packets of pods out by SNAT where nothing masquerades", () => {
    expect(on("agent-2026-07").network.egress).toMatchObject({
      kind: "snat",
      iptables: "/usr/sbin/iptables-legacy",
      link: "eth0",
    });
    expect(on("agent-2022-12").network.egress.kind).toBe("none");
  });

  it("lets pods through by the variants of iptables that would not", () => {
    const facts = withFact(recordedFacts("plain-linux"), forwardPolicies, [
      { path: "/usr/sbin/iptables", policy: "DROP" },
      { path: "/usr/sbin/iptables-legacy", policy: "ACCEPT" },
    ]);
    expect(planned(facts).network.acceptForwardingBy).toEqual(["/usr/sbin/iptables"]);
    expect(on("plain-linux").network).not.toHaveProperty("acceptForwardingBy");
  });

  it("asks no name server where none answers", () => {
    const facts = recordedFacts("agent-2026-07");
    expect(planned(facts).network.resolvers).toEqual(["192.0.2.53"]);
    const silent = { address: "192.0.2.53", answered: false, detail: "ETIMEOUT" };
    expect(planned(withFact(facts, resolverAnswers, { servers: [silent] })).network.resolvers).toEqual([]);
    expect(planned(withFact(facts, resolverAnswers, { servers: [] })).network.resolvers).toEqual([]);
    const other = { address: "192.0.2.54", answered: true, detail: "EREFUSED" };
    expect(planned(withFact(facts, resolverAnswers, { servers: [silent, other] })).network.resolvers).toEqual([
      "192.0.2.53",
    ]);
  });

  it("masquerades by the variant of iptables that can", () => {
    const facts = recordedFacts("plain-linux");
    const variants = (facts.value(packetRules)?.variants ?? []).map((variant) =>
      variant.name === "iptables"
        ? { ...variant, rules: { ...variant.rules, masquerade: { ok: false, message: "no" } } }
        : variant,
    );
    expect(planned(withFact(facts, packetRules, { variants })).network.egress).toEqual({
      kind: "masquerade",
      iptables: "/usr/sbin/iptables-legacy",
      link: facts.value(defaultRoute)?.link,
    });
  });

  it("copies layers where memory is short", () => {
    const facts = withFact(recordedFacts("agent-2024-07"), memory, {
      totalBytes: 1.5 * 2 ** 30,
      availableBytes: 1.2 * 2 ** 30,
      cgroupLimitBytes: null,
    });
    expect(planned(facts).containerd.snapshotter).toBe("native");
    expect(planned(facts).mounts.some(({ target }) => target === "/state/containerd")).toBe(false);
  });

  it("reads what pods use from cgroups where the kubelet cannot, for metrics-server alone", () => {
    const withMetrics = (machine: Machine): ClusterSpec["addons"] => {
      const facts = recordedFacts(machine);
      const plan = makePlan(facts, { blockers, remedies, mode: "node", further: ["metrics-server"] });
      const settings = { port: 1, figuresPort: 2, figures: { from: "kubelet" } } as const;
      return applyPlan(plan, { ...spec, addons: { "metrics-server": settings } }, facts).addons;
    };
    expect(withMetrics("agent-2026-07")?.["metrics-server"]?.figures).toEqual({
      from: "cgroups",
      cpuacct: "/sys/fs/cgroup/cpuacct",
      memory: "/sys/fs/cgroup/memory",
    });
    expect(withMetrics("plain-linux")?.["metrics-server"]?.figures).toEqual({ from: "kubelet" });
    expect(on("agent-2026-07").addons).toBeUndefined();
  });

  it("mounts cgroups where there are none and the kernel allows it", () => {
    const recorded = recordedFacts("agent-2026-07");
    const trials = recorded.value(mountTrials);
    if (trials === undefined) throw new Error("the mounts were not measured");
    const bare = withFact(
      withFact(recorded, mountTrials, { ...trials, cgroupV1: { ok: true, message: "" } }),
      cgroupLayout,
      { kind: "none", unified: false, mounted: [], known: [], namespaces: false },
    );
    const targets = planned(bare).mounts.map(({ target }) => target);
    expect(targets.filter((target) => target.startsWith("/sys/fs/cgroup"))).toEqual([
      "/sys/fs/cgroup",
      "/sys/fs/cgroup/cpu",
      "/sys/fs/cgroup/cpuacct",
      "/sys/fs/cgroup/cpuset",
      "/sys/fs/cgroup/memory",
      "/sys/fs/cgroup/devices",
      "/sys/fs/cgroup/pids",
    ]);
  });
});
