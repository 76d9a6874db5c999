import { describe, expect, it } from "vitest";
import { scriptedHost, type Script } from "../../test/fixtures/scripted-host.ts";
import { apiPorts } from "./api-ports.ts";
import { capabilities } from "./capabilities.ts";
import { cgroupLayout } from "./cgroup-layout.ts";
import { defaultRoute } from "./default-route.ts";
import { exhibit, type FactProbe } from "./fact-probe.ts";
import { gvisor } from "./gvisor.ts";
import { memory } from "./memory.ts";
import { mountOf, parseMountInfo } from "./mount-table.ts";
import { mountTrials } from "./mount-trials.ts";
import { networkTrials } from "./network-trials.ts";
import { packetRules } from "./packet-rules.ts";
import { proxyVariables } from "./proxy-variables.ts";
import { resolverAnswers } from "./resolver-answers.ts";
import { stateFilesystem } from "./state-filesystem.ts";
import { parseTrials } from "./trial.ts";

async function value<T>(probe: FactProbe<T>, script: Script): Promise<T> {
  const subject = { stateDirectory: "/var/lib/sandkube/demo" };
  const observation = await probe.measure(scriptedHost(script), new AbortController().signal, subject);
  if (observation.kind === "inconclusive") throw new Error(observation.because);
  return observation.value;
}

const agentMounts = `16 15 0:17 / / rw - 9p none rw,trans=fd
25 19 0:25 / /sys/fs/cgroup ro - tmpfs none ro
26 25 0:9 /job1 /sys/fs/cgroup/cpu rw - cgroup none rw,cpu
31 25 0:14 /job1 /sys/fs/cgroup/memory rw - cgroup none rw,memory
33 16 0:26 / /tmp\\040dir rw shared:5 master:1 - tmpfs none rw,mode=01777
8 8 0:8 / /old rw  - 9p none rw
`;

describe("the mount table", () => {
  const mounts = parseMountInfo(agentMounts);

  it("is read with escapes, optional fields and gVisor 2022-12's two spaces", () => {
    expect(mounts.map(({ path, type, shared }) => [path, type, shared])).toEqual([
      ["/", "9p", false],
      ["/sys/fs/cgroup", "tmpfs", false],
      ["/sys/fs/cgroup/cpu", "cgroup", false],
      ["/sys/fs/cgroup/memory", "cgroup", false],
      ["/tmp dir", "tmpfs", true],
      ["/old", "9p", false],
    ]);
  });

  it("finds the mount that holds a path", () => {
    expect(mountOf("/sys/fs/cgroup/cpu/child", mounts)?.path).toBe("/sys/fs/cgroup/cpu");
    expect(mountOf("/sys/fs/cgroup2", mounts)?.path).toBe("/");
  });
});

describe("trials", () => {
  it("are read line by line", () => {
    const trials = parseTrials("tmpfs\t0\t\nbind\t32\tmount: permission denied.\nnoise\n");
    expect(trials.get("tmpfs")).toEqual({ ok: true, message: "" });
    expect(trials.get("bind")).toEqual({ ok: false, message: "mount: permission denied." });
    expect(trials.has("noise")).toBe(false);
  });

  it("mounts are all refused where unshare is", async () => {
    const found = await value(mountTrials, {
      files: { "/proc/self/mountinfo": agentMounts },
      run: () => ({ exitCode: 1, stderr: "unshare: unshare failed: Operation not permitted\n" }),
    });
    expect(found.namespace).toEqual({ ok: false, message: "unshare: unshare failed: Operation not permitted" });
    expect(found.tmpfs.ok).toBe(false);
  });

  it("mounts that show outside are no private ones", async () => {
    const found = await value(mountTrials, {
      files: { "/proc/self/mountinfo": agentMounts },
      run: () => ({ stdout: "directory\t0\t\ntmpfs\t0\t\nleaked\t1\tthey show outside\n" }),
    });
    expect(found.namespace).toEqual({ ok: false, message: "they show outside" });
    expect(found.overlayOnState.ok).toBe(false);
  });

  it("links that `ip` cannot make are told apart", async () => {
    const { bridge, veth, linkInfo } = await value(networkTrials, {
      run: () => ({
        stdout:
          "separate\nRTNETLINK answers: Operation not supported\nCommand failed -:2\n2: sandkube0: <UP> mtu 1500\n",
      }),
    });
    expect([bridge.ok, veth.ok, linkInfo.ok]).toEqual([true, false, false]);
    expect(veth.message).toBe("RTNETLINK answers: Operation not supported");
  });

  it("an `ip` that ends at the first line has made nothing", async () => {
    const { namespace, bridge, veth } = await value(networkTrials, {
      run: () => ({ stdout: 'separate\nCommand "add" is unknown, try "ip link help".\n' }),
    });
    expect([namespace.ok, bridge.ok, veth.ok]).toEqual([true, false, false]);
  });

  it("rules are read per variant, and one that does not start has none", async () => {
    const { variants } = await value(packetRules, {
      run: () => ({
        stdout:
          "variant\tiptables\t/usr/sbin/iptables\tiptables: Failed to initialize nft\n" +
          "variant\tiptables-legacy\t/usr/sbin/iptables-legacy\tiptables v1.8.9 (legacy)\nnat\t0\t-P\nsnat\t0\t\nmasquerade\t1\tnot supported\n",
      }),
    });
    expect(variants.map(({ name, rules }) => [name, rules.snat.ok, rules.masquerade.message])).toEqual([
      ["iptables", false, "iptables: Failed to initialize nft"],
      ["iptables-legacy", true, "not supported"],
    ]);
  });
});

describe("files", () => {
  it("capabilities are named", async () => {
    const files = { "/proc/self/status": "Name:\tnode\nCapEff:\t0000000000000003\nCapBnd:\t000001ffffffffff\n" };
    const { effective, bounding } = await value(capabilities, { files });
    expect(effective).toEqual(["chown", "dac_override"]);
    expect(bounding).toHaveLength(41);
  });

  it("the default route is told from the others", async () => {
    const files = {
      "/proc/net/route":
        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n" +
        "eth0\t0047630A\t00000000\t0001\t0\t0\t0\t00FFFFFF\n" +
        "eth1\t00000000\t0147630A\t0003\t0\t0\t0\t00000000\n",
    };
    const run = (): { stdout: string } => ({ stdout: "2: eth1    inet 10.99.71.2/24 scope global\n" });
    expect(await value(defaultRoute, { files, run })).toEqual({
      link: "eth1",
      gateway: "10.99.71.1",
      address: "10.99.71.2",
    });
    expect(await value(defaultRoute, { files: { "/proc/net/route": "Iface\n" }, run })).toBeNull();
  });

  it("a memory limit of the container's own cgroup is found", async () => {
    const files = {
      "/proc/meminfo": "MemTotal: 8388608 kB\nMemFree: 1 kB\nMemAvailable: 8385788 kB\n",
      "/proc/self/mountinfo": agentMounts,
      "/proc/self/cgroup": "6:memory:/job1\n1:cpu:/job1\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "1073741824\n",
    };
    expect((await value(memory, { files })).cgroupLimitBytes).toBe(2 ** 30);
    const unlimited = { ...files, "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n" };
    expect((await value(memory, { files: unlimited })).cgroupLimitBytes).toBeNull();
  });

  it("cgroup hierarchies are listed with their controllers", async () => {
    const files = {
      "/proc/self/mountinfo": agentMounts,
      "/proc/cgroups": "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t1\t2\t1\nmemory\t6\t2\t1\n",
    };
    expect(await value(cgroupLayout, { files })).toEqual({
      kind: "v1",
      unified: false,
      mounted: [
        { controller: "cpu", path: "/sys/fs/cgroup/cpu", readOnly: false },
        { controller: "memory", path: "/sys/fs/cgroup/memory", readOnly: false },
      ],
      known: ["cpu", "memory"],
      namespaces: false,
    });
  });

  it("the state directory's filesystem is that of the nearest directory there is", async () => {
    const files = { "/proc/self/mountinfo": agentMounts, "/var/lib/other": "" };
    expect(await value(stateFilesystem, { files })).toMatchObject({ path: "/var/lib", type: "9p", magic: "0x1021997" });
  });

  it("gVisor is known by its log where its version hides it", async () => {
    const files = { "/proc/version": "Linux version 6.1.0 #1 SMP\n" };
    const run = (): { stdout: string } => ({ stdout: "[    0.000000] Starting gVisor...\n" });
    expect((await value(gvisor, { files, run, programs: ["dmesg"] })).present).toBe(true);
    expect((await value(gvisor, { files, run })).present).toBe(false);
  });
});

describe("exhibits", () => {
  it("are shortened in the middle", () => {
    const { content } = exhibit("x", `a${"-".repeat(5000)}z`);
    expect(content.length).toBeLessThan(2100);
    expect(content.startsWith("a")).toBe(true);
    expect(content.endsWith("z")).toBe(true);
  });

  it("never hold the value of a variable", async () => {
    const script = { environment: { HTTPS_PROXY: "http://user:secret@proxy:3128" } };
    const host = scriptedHost(script);
    const subject = { stateDirectory: "/" };
    const observation = await proxyVariables.measure(host, new AbortController().signal, subject);
    expect(observation).toMatchObject({ value: { present: ["HTTPS_PROXY"] } });
    expect(JSON.stringify(observation)).not.toContain("secret");
  });
});

describe("ports", () => {
  it("that are taken are told from those that are free", async () => {
    const sockets = {
      canListen: (_: string, port: number) => Promise.resolve({ ok: port !== 6443, code: "EADDRINUSE" }),
    };
    const host = { ...scriptedHost({}), sockets } as unknown as ReturnType<typeof scriptedHost>;
    const observation = await apiPorts.measure(host, new AbortController().signal, { stateDirectory: "/" });
    expect(observation).toMatchObject({ value: { taken: [6443], free: [6444, 6445, 7443, 8443, 16443] } });
  });
});

describe("resolver-answers", () => {
  it("asks the first three name servers, as programs do, silent ones twice, and takes a refusal for an answer", async () => {
    const asked: string[] = [];
    const host = scriptedHost({
      files: {
        "/etc/resolv.conf":
          "# nameserver 192.0.2.9\nnameserver 192.0.2.1\n nameserver 192.0.2.2\nnameserver 192.0.2.3\nnameserver 192.0.2.4\n",
      },
      nameServers: (server) => {
        asked.push(server);
        return server === "192.0.2.2"
          ? { answered: true, code: "EREFUSED", records: [] }
          : { answered: false, because: "ETIMEOUT" };
      },
    });
    const subject = { stateDirectory: "/state" };
    const observation = await resolverAnswers.measure(host, new AbortController().signal, subject);
    expect(observation).toMatchObject({
      value: {
        servers: [
          { address: "192.0.2.1", answered: false, detail: "ETIMEOUT" },
          { address: "192.0.2.2", answered: true, detail: "EREFUSED" },
          { address: "192.0.2.3", answered: false, detail: "ETIMEOUT" },
        ],
      },
    });
    expect(asked.toSorted()).toEqual(["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.3"]);
  });

  it("has nobody to ask where there is no file", async () => {
    expect(await value(resolverAnswers, {})).toEqual({ servers: [] });
  });
});
