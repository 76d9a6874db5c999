import { describe, expect, it } from "vitest";
import { recordedFacts, withFact } from "../../test/fixtures/recorded-facts.ts";
import type { Facts } from "../contract/observation.ts";
import { capabilities } from "../probes/capabilities.ts";
import { cgroupChildren } from "../probes/cgroup-children.ts";
import { cgroupLayout } from "../probes/cgroup-layout.ts";
import { clock } from "../probes/clock.ts";
import { defaultRoute } from "../probes/default-route.ts";
import { forwardPolicies } from "../probes/forward-policies.ts";
import { ipForwarding } from "../probes/ip-forwarding.ts";
import { kernel } from "../probes/kernel.ts";
import { kernelTunables } from "../probes/kernel-tunables.ts";
import { memory } from "../probes/memory.ts";
import { openFiles } from "../probes/open-files.ts";
import { packetRules } from "../probes/packet-rules.ts";
import { processLimit } from "../probes/process-limit.ts";
import { sessionKeyring } from "../probes/session-keyring.ts";
import { stateFilesystem } from "../probes/state-filesystem.ts";
import { swap } from "../probes/swap.ts";
import { userId } from "../probes/user-id.ts";
import { blockers } from "./catalogue.ts";

const plain = recordedFacts("plain-linux");
const mebibyte = 2 ** 20;

function verdict(id: string, facts: Facts): string {
  return blockers.find((blocker) => blocker.id === id)?.diagnose(facts).verdict ?? "no such blocker";
}

describe("limits", () => {
  it.each([
    ["1 GiB of memory are enough", 1024, null, "clear"],
    ["a machine sold as 1 GB is too small", 980, null, "blocked"],
    ["the cgroup's limit counts", 8192, 512, "blocked"],
  ])("%s", (_, total, limit, expected) => {
    const facts = withFact(plain, memory, {
      totalBytes: total * mebibyte,
      availableBytes: total * mebibyte,
      cgroupLimitBytes: limit === null ? null : limit * mebibyte,
    });
    expect(verdict("low-memory", facts)).toBe(expected);
  });

  it("the hard limit of open files counts", () => {
    expect(verdict("low-open-files", withFact(plain, openFiles, { soft: 256, hard: 4096 }))).toBe("clear");
    expect(verdict("low-open-files", withFact(plain, openFiles, { soft: null, hard: null }))).toBe("clear");
    expect(verdict("low-open-files", withFact(plain, openFiles, { soft: 256, hard: 256 }))).toBe("blocked");
  });

  it("the lower of both limits of processes counts", () => {
    expect(verdict("low-process-limit", withFact(plain, processLimit, { cgroup: 100, pidMax: 32768 }))).toBe("blocked");
    expect(verdict("low-process-limit", withFact(plain, processLimit, { cgroup: null, pidMax: null }))).toBe("clear");
  });

  it("a full disk is noticed", () => {
    const filesystem = { path: "/", magic: "0xef53", type: "ext4", totalBytes: 2 ** 40, freeBytes: mebibyte };
    expect(verdict("low-disk", withFact(plain, stateFilesystem, filesystem))).toBe("blocked");
  });

  it("swap stops the kubelet", () => {
    expect(verdict("swap-on", withFact(plain, swap, { devices: ["/dev/sda2"] }))).toBe("blocked");
  });

  it("a clock of another decade or one that jumps is noticed", () => {
    const right = { now: Date.UTC(2026, 10, 24), driftMilliseconds: 3, spanMilliseconds: 52 };
    expect(verdict("clock-wrong", withFact(plain, clock, right))).toBe("clear");
    expect(verdict("clock-wrong", withFact(plain, clock, { ...right, now: 0 }))).toBe("blocked");
    expect(verdict("clock-wrong", withFact(plain, clock, { ...right, driftMilliseconds: 60_000 }))).toBe("blocked");
  });
});

describe("privileges", () => {
  it("another user than root has no node", () => {
    expect(verdict("not-root", withFact(plain, userId, { uid: 1000, gid: 1000 }))).toBe("blocked");
  });

  it("a capability that no child may get is missing", () => {
    const all = plain.value(capabilities)?.effective ?? [];
    const bounding = all.filter((name) => name !== "sys_admin");
    expect(verdict("capabilities-missing", withFact(plain, capabilities, { effective: all, bounding }))).toBe(
      "blocked",
    );
  });

  it("runc puts up with a kernel without keyrings, and not with one that refuses", () => {
    const unimplemented = { join: "unimplemented", message: "" } as const;
    expect(verdict("keyring-missing", withFact(plain, sessionKeyring, unimplemented))).toBe("clear");
    const refused = { join: "refused", message: "Operation not permitted" } as const;
    expect(verdict("keyring-missing", withFact(plain, sessionKeyring, refused))).toBe("blocked");
  });
});

describe("the filesystem", () => {
  it.each([
    ["ext4", "clear"],
    ["tmpfs", "clear"],
    ["overlay", "clear"],
    ["nfs4", "clear"],
    ["9p", "blocked"],
    ["fuse.sshfs", "blocked"],
    ["virtiofs", "blocked"],
  ])("%s is %s to cAdvisor", (type, expected) => {
    const filesystem = { path: "/", magic: "0x0", type, totalBytes: 2 ** 40, freeBytes: 2 ** 40 };
    expect(verdict("rootfs-unknown-to-cadvisor", withFact(plain, stateFilesystem, filesystem))).toBe(expected);
  });
});

describe("kernel settings", () => {
  const found = plain.value(kernelTunables) ?? { files: {}, directories: [] };
  const change = (path: string, tunable: (typeof found.files)[string]): Facts =>
    withFact(plain, kernelTunables, { ...found, files: { ...found.files, [path]: tunable } });

  it("a refused one stops only where its value is not the wanted one", () => {
    const refused = { present: true, writable: false, because: "EROFS" } as const;
    expect(verdict("kernel-tunables-unwritable", change("kernel/panic", { ...refused, value: "10" }))).toBe("clear");
    expect(verdict("kernel-tunables-unwritable", change("kernel/panic", { ...refused, value: "0" }))).toBe("blocked");
  });

  it("vm.overcommit_memory has a blocker of its own", () => {
    const facts = change("vm/overcommit_memory", { present: true, value: "0", writable: false });
    expect(verdict("overcommit-memory-unwritable", facts)).toBe("blocked");
    expect(verdict("kernel-tunables-unwritable", facts)).toBe("clear");
  });
});

describe("cgroups", () => {
  const unified = { kind: "v2", unified: true, mounted: [], known: [], namespaces: true } as const;

  it("version 2 clears every blocker of version 1", () => {
    const facts = withFact(withFact(plain, cgroupLayout, { ...unified, mounted: [], known: [] }), cgroupChildren, {
      hierarchies: [{ path: "/sys/fs/cgroup", ok: true, files: ["cgroup.freeze"], refused: [] }],
    });
    const blocked = blockers.filter(({ id }) => id.includes("cgroup") && verdict(id, facts) !== "clear");
    expect(blocked.map(({ id }) => id)).toEqual([]);
  });

  it("a read-only hierarchy stops the node", () => {
    const hierarchies = [{ path: "/sys/fs/cgroup/cpu", ok: false, because: "EROFS", files: [], refused: [] }];
    expect(verdict("cgroup-read-only", withFact(plain, cgroupChildren, { hierarchies }))).toBe("blocked");
  });
});

describe("the network", () => {
  it("an old kernel is refused by containerd whatever it can do", () => {
    const facts = withFact(plain, kernel, { release: "4.4.0", version: "Linux version 4.4.0" });
    expect(verdict("unprivileged-sysctls-missing", facts)).toBe("blocked");
    const newer = withFact(plain, kernel, { release: "4.11.0-rc1", version: "Linux version 4.11.0-rc1" });
    expect(verdict("unprivileged-sysctls-missing", newer)).toBe("clear");
  });

  it("no iptables at all means neither masquerading nor kube-proxy", () => {
    const facts = withFact(plain, packetRules, { variants: [] });
    expect(verdict("no-masquerade", facts)).toBe("blocked");
    expect(verdict("kube-proxy-rules-missing", facts)).toBe("blocked");
  });

  it("forwarding that is on already need not be writable", () => {
    const on = { present: true, value: "1", writable: false } as const;
    expect(verdict("no-forwarding", withFact(plain, ipForwarding, on))).toBe("clear");
    expect(verdict("no-forwarding", withFact(plain, ipForwarding, { ...on, value: "0" }))).toBe("blocked");
  });

  it("one variant of iptables that does not let packets through is enough to stop them", () => {
    const open = { path: "/usr/sbin/iptables", policy: "ACCEPT" };
    const closed = { path: "/usr/sbin/iptables-legacy", policy: "DROP" };
    expect(verdict("forward-policy", withFact(plain, forwardPolicies, [open]))).toBe("clear");
    expect(verdict("forward-policy", withFact(plain, forwardPolicies, []))).toBe("clear");
    expect(verdict("forward-policy", withFact(plain, forwardPolicies, [open, closed]))).toBe("blocked");
  });

  it("without a default route there is no way out", () => {
    expect(verdict("no-way-out", withFact(plain, defaultRoute, null))).toBe("blocked");
  });
});
