import { createServer, type AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silent } from "../../src/contract/progress.ts";
import { localHost } from "../../src/host/local-host.ts";
import { createSandbox, type CreatedSandbox } from "../../src/sandbox/create-sandbox.ts";
import { deleteSandbox } from "../../src/sandbox/delete-sandbox.ts";
import { execInSandbox, startInSandbox, type ExecOptions, type ExecResult } from "../../src/sandbox/exec-in-sandbox.ts";
import { listSandboxes } from "../../src/sandbox/list-sandboxes.ts";
import { locateSandbox } from "../../src/sandbox/sandbox-location.ts";
import type { CreateSandboxOptions, SandboxContext } from "../../src/sandbox/sandbox-options.ts";
import { testRunsc } from "./sandbox-runsc.ts";
import { noTraces, tracesOf } from "./sandbox-traces.ts";

const host = localHost();
const context: SandboxContext = { host, progress: silent, signal: new AbortController().signal };
const stateRoot = await host.files.makeTemporaryDirectory("sandkube-it-");
const runscs = {
  "20260701": await testRunsc("20260701"),
  "20240729": await testRunsc("20240729"),
  "20221219": await testRunsc("20221219"),
};

afterAll(async () => {
  for (const { name } of await listSandboxes({ stateRoot }, context)) await deleteSandbox(name, { stateRoot }, context);
  await host.files.remove(stateRoot);
});

function optionsFor(
  gvisor: keyof typeof runscs,
  options: Partial<CreateSandboxOptions> & { readonly name: string },
): CreateSandboxOptions {
  const runsc = runscs[gvisor];
  if (!runsc.ok) throw new Error(runsc.because);
  const { runscPath, platform } = runsc;
  return { gvisor, runscPath, platform, profile: "agent", stateRoot, ...options };
}

const exec = (
  name: string,
  argv: readonly [string, ...string[]],
  options: ExecOptions = {},
  signal = context.signal,
): Promise<ExecResult> => execInSandbox(name, argv, { stateRoot, ...options }, { ...context, signal });

const script = async (name: string, text: string): Promise<string> =>
  (await exec(name, ["sh", "-c", text])).stdout.trim();

/** What runs inside, by command line. */
const processesIn = (name: string): Promise<string> =>
  script(name, "for p in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$p 2>/dev/null; echo; done");

const agentCapabilities = "00000000a82c35fb";

describe.skipIf(!runscs["20260701"].ok)("an agent's sandbox on gVisor 2026-07", () => {
  let sandbox: CreatedSandbox;
  beforeAll(async () => {
    const mounts = [{ source: import.meta.dirname, target: "/opt/tests" }];
    sandbox = await createSandbox(
      optionsFor("20260701", { name: "agent", mounts, environment: { GREETING: "good day" } }),
      context,
    );
  });
  afterAll(() => deleteSandbox("agent", { stateRoot }, context));

  it("looks as agents' web sandboxes do", async () => {
    expect(await script("agent", "uname -r; stat -fc %t /; id -u; head -1 /proc/meminfo")).toBe(
      "4.19.0-gvisor\n1021997\n0\nMemTotal:        8388608 kB",
    );
    const status = await script("agent", "grep Cap /proc/self/status");
    for (const set of ["CapPrm", "CapEff", "CapBnd"]) expect(status).toContain(`${set}:\t${agentCapabilities}`);
    expect(status).toContain(`CapInh:\t${"0".repeat(16)}`);
    expect(await script("agent", "ls /sys/fs/cgroup | tr '\\n' ' '")).toBe(
      "cpu cpuacct cpuset devices job memory pids",
    );
    const mounts = await script("agent", "cat /proc/mounts");
    expect(mounts).toMatch(/ \/sys\/fs\/cgroup tmpfs ro/);
    expect(mounts).toMatch(/ \/sys sysfs ro/);
    expect(await script("agent", "test -e /dev/kmsg || echo none")).toBe("none");
  });

  it("keeps the host's files apart: /usr and mounts are read-only, the root is private, secrets are absent", async () => {
    expect(await script("agent", "touch /usr/x /opt/tests/x 2>&1 | grep -c 'Read-only file system'")).toBe("2");
    expect(await script("agent", "echo kept >/root/file; mkdir -p /var/lib/x; cat /root/file")).toBe("kept");
    expect(await host.files.status("/var/lib/x")).toBeUndefined();
    expect(await host.files.readText(`${sandbox.rootfs}/root/file`)).toBe("kept\n");
    expect(await script("agent", "ls /etc/shadow /root/.ssh /etc/ssh /etc/ssl/private 2>/dev/null")).toBe("");
    expect(await script("agent", "ls /opt/tests")).toContain("sandbox.test.ts");
  });

  it("runs node, with the CA certificates of the host beside it", async () => {
    expect(await script("agent", "node -p 1+1; test -s /etc/ssl/certs/ca-certificates.crt && echo certificates")).toBe(
      "2\ncertificates",
    );
  });

  it("is listed with its address and process", async () => {
    const [summary] = await listSandboxes({ stateRoot }, context);
    expect(summary).toMatchObject({ name: "agent", gvisor: "20260701", profile: "agent", state: "running" });
    expect(summary?.address).toMatch(/^10\.199\.\d+\.\d+$/);
    expect(await host.processes.status(summary?.pid ?? 0)).toMatchObject({ zombie: false });
  });

  it("refuses a second sandbox of that name and keeps the first", async () => {
    await expect(createSandbox(optionsFor("20260701", { name: "agent" }), context)).rejects.toMatchObject({
      exit: "conflict",
    });
    expect(await script("agent", "echo alive")).toBe("alive");
  });

  describe("the network", () => {
    it("reaches the host's end of the veth pair", async () => {
      const server = createServer((socket) => socket.end("hello")).listen(0, "0.0.0.0");
      await new Promise((resolve) => server.once("listening", resolve));
      const { port } = server.address() as AddressInfo;
      const connect = `cat </dev/tcp/${sandbox.summary.hostAddress ?? ""}/${String(port)}`;
      expect((await exec("agent", ["bash", "-c", connect])).stdout).toBe("hello");
      server.close();
    });

    it("reaches another machine, which sees the host's address", async () => {
      await using far = await farMachine();
      const result = await exec("agent", ["bash", "-c", `cat </dev/tcp/${far.address}/7777`]);
      expect(result.stdout).toBe(far.hostAddress);
    });

    it("is reached by the host at its address", async () => {
      const server = 'require("net").createServer((s) => s.end()).listen(7778, "0.0.0.0")';
      await startInSandbox("agent", ["node", "-e", server], { stateRoot }, context);
      await expect
        .poll(() => host.sockets.canConnect(sandbox.summary.address ?? "", 7778, 500), { timeout: 10_000 })
        .toBe(true);
    });

    it("lets iptables-legacy work, which takes CAP_NET_RAW", async () => {
      expect(await script("agent", "iptables-legacy -t nat -S | head -1")).toBe("-P PREROUTING ACCEPT");
    });
  });

  describe("exec", () => {
    it("returns exit codes, 128 + n for signal n", async () => {
      expect((await exec("agent", ["sh", "-c", "exit 7"])).exitCode).toBe(7);
      expect((await exec("agent", ["sh", "-c", "kill -9 $$"])).exitCode).toBe(137);
    });

    it("passes stdin, environment and directory on", async () => {
      expect((await exec("agent", ["cat"], { input: "text" })).stdout).toBe("text");
      const stream = new PassThrough();
      stream.end("streamed");
      expect((await exec("agent", ["cat"], { input: stream })).stdout).toBe("streamed");
      expect((await exec("agent", ["cat"])).stdout).toBe("");
      const result = await exec("agent", ["sh", "-c", 'echo "$GREETING, $NAME, $PWD"'], {
        environment: { NAME: "a b" },
        cwd: "/var/log",
      });
      expect(result.stdout).toBe("good day, a b, /var/log\n");
    });

    it("keeps stdout and stderr apart and whole, and lets scripts open them", async () => {
      const result = await exec("agent", [
        "sh",
        "-c",
        "head -c 5000000 /dev/zero | tr '\\0' x; echo y >/dev/stdout; echo z >/dev/stderr",
      ]);
      expect(result.stdout.length).toBe(5_000_002);
      expect(result.stdout.slice(-3)).toBe("xy\n");
      expect(result.stderr).toBe("z\n");
      const stdout = new PassThrough();
      let bytes = 0;
      stdout.on("data", (chunk: Buffer) => (bytes += chunk.length));
      const streamed = await exec("agent", ["head", "-c", "3000000", "/dev/zero"], { stdout });
      expect([bytes, streamed.stdout]).toEqual([3_000_000, ""]);
    });

    it("does not wait for a background process that holds the output", async () => {
      const result = await exec("agent", ["sh", "-c", "sleep 301 & echo said"]);
      expect(result.stdout).toBe("said\n");
      expect(result.milliseconds).toBeLessThan(30_000);
    });

    it("says so where the program or the directory is not there", async () => {
      await expect(exec("agent", ["nonesuch"])).rejects.toMatchObject({ exit: "notFound" });
      await expect(exec("agent", ["true"], { cwd: "/nonesuch" })).rejects.toThrow("/nonesuch");
      await expect(exec("nobody", ["true"])).rejects.toMatchObject({ exit: "notFound" });
    });

    it("ends the command inside on timeout and on abort, with its children", async () => {
      await expect(exec("agent", ["sh", "-c", "sleep 302 | cat"], { timeout: 300 })).rejects.toMatchObject({
        exit: "timeout",
      });
      await expect(
        exec("agent", ["sh", "-c", "trap '' TERM; while :; do sleep 0.303; done"], { timeout: 300 }),
      ).rejects.toMatchObject({ exit: "timeout" });
      const reason = new Error("enough");
      const early = new AbortController();
      const running = exec("agent", ["sleep", "304"], {}, early.signal);
      early.abort(reason);
      await expect(running).rejects.toBe(reason);
      const late = new AbortController();
      setTimeout(() => {
        late.abort(reason);
      }, 500);
      await expect(exec("agent", ["sleep", "304"], {}, late.signal)).rejects.toBe(reason);
      const processes = await processesIn("agent");
      expect(processes).toContain("sleep infinity");
      expect(processes).not.toMatch(/sleep (302|0\.303|304)/);
    });

    it("starts daemons, which the first process reaps", async () => {
      const start = (argv: [string, ...string[]]): Promise<number> =>
        startInSandbox("agent", argv, { stateRoot, logFile: "/var/log/daemon" }, context);
      const pid = await start(["sh", "-c", "echo one; sleep 305"]);
      expect(pid).toBeGreaterThan(1);
      await expect.poll(() => script("agent", "cat /var/log/daemon")).toBe("one");
      expect(await processesIn("agent")).toContain("sleep 305");
      await start(["true"]);
      await expect.poll(() => script("agent", "grep -l '^State:.Z' /proc/[0-9]*/status")).toBe("");
      await expect(start(["nonesuch"])).rejects.toMatchObject({ exit: "notFound" });
    });

    it("leaves no file behind", async () => {
      const left = await host.files.list(locateSandbox("agent", stateRoot).directory);
      expect(left).toEqual(["bundle", "panic.log", "pid", "rootfs", "runsc", "sandbox.json", "start.log"]);
    });
  });
});

describe.skipIf(!runscs["20260701"].ok)("create and delete", () => {
  it("leaves nothing", async () => {
    const location = locateSandbox("gone", stateRoot);
    await createSandbox(optionsFor("20260701", { name: "gone" }), context);
    await startInSandbox("gone", ["sleep", "306"], { stateRoot }, context);
    const during = await tracesOf(host, location);
    for (const kind of ["links", "namespaces", "rules", "processes", "files"] as const) {
      expect(during[kind], kind).not.toEqual([]);
    }
    expect(await deleteSandbox("gone", { stateRoot }, context)).toEqual({ name: "gone", existed: true });
    expect(await tracesOf(host, location)).toEqual(noTraces);
    expect(await deleteSandbox("gone", { stateRoot }, context)).toEqual({ name: "gone", existed: false });
  });

  it("leaves nothing after the sentry was killed", async () => {
    const location = locateSandbox("killed", stateRoot);
    const { summary } = await createSandbox(optionsFor("20260701", { name: "killed" }), context);
    process.kill(summary.pid ?? 0, "SIGKILL");
    await expect
      .poll(async () => (await listSandboxes({ stateRoot }, context)).find(({ name }) => name === "killed")?.state)
      .toBe("stopped");
    await expect(exec("killed", ["true"])).rejects.toMatchObject({ exit: "notFound" });
    await deleteSandbox("killed", { stateRoot }, context);
    expect(await tracesOf(host, location)).toEqual(noTraces);
  });

  it.each([20, 100, 200, 350, 500])("undoes everything when aborted after %i ms", async (milliseconds) => {
    const location = locateSandbox("aborted", stateRoot);
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    setTimeout(() => {
      controller.abort(reason);
    }, milliseconds);
    const made = createSandbox(optionsFor("20260701", { name: "aborted" }), { ...context, signal: controller.signal });
    const outcome = await made.then(
      async (sandbox) => sandbox[Symbol.asyncDispose](), // too late to abort
      (error: unknown) => error,
    );
    expect([undefined, reason]).toContain(outcome);
    expect(await tracesOf(host, location)).toEqual(noTraces);
  });

  it("undoes everything when runsc does not start, and says what runsc said", async () => {
    const location = locateSandbox("failing", stateRoot);
    const options = { ...optionsFor("20260701", { name: "failing" }), runscPath: "/bin/false" };
    await expect(createSandbox(options, context)).rejects.toMatchObject({ title: "gVisor did not start" });
    expect(await tracesOf(host, location)).toEqual(noTraces);
  });

  it("removes what a killed create left", async () => {
    const location = locateSandbox("half", stateRoot);
    await createSandbox(optionsFor("20260701", { name: "half" }), context);
    await host.files.write(location.stateFile, '{"schemaVersion":1,"na');
    const listed = (await listSandboxes({ stateRoot }, context)).find(({ name }) => name === "half");
    expect(listed).toMatchObject({ state: "broken", because: "it is not JSON (half written?)" });
    await deleteSandbox("half", { stateRoot }, context);
    expect(await tracesOf(host, location)).toEqual(noTraces);
  });

  it("makes two at once with addresses of their own, and one of two with one name", async () => {
    const create = (name: string): Promise<CreatedSandbox> => createSandbox(optionsFor("20260701", { name }), context);
    const settled = await Promise.allSettled([create("one"), create("two"), create("one")]);
    const made = settled.filter((result) => result.status === "fulfilled").map((result) => result.value);
    const refused = settled.filter((result) => result.status === "rejected");
    expect(made).toHaveLength(2);
    expect(refused[0]?.reason).toMatchObject({ exit: "conflict" });
    expect(new Set(made.map(({ summary }) => summary.address)).size).toBe(2);
    await Promise.all(made.map((sandbox) => sandbox[Symbol.asyncDispose]()));
    expect(await tracesOf(host, locateSandbox("one", stateRoot))).toEqual(noTraces);
    expect(await tracesOf(host, locateSandbox("two", stateRoot))).toEqual(noTraces);
  });

  it("refuses mounts that would lead into the host's files", async () => {
    for (const [source, target] of [
      ["/nonesuch", "/opt/x"],
      ["/etc", "opt/x"],
      ["/etc", "/opt/../x"],
      ["/etc", "/usr/local/x"],
      ["/etc", "/var/run/x"],
    ] as const) {
      const options = optionsFor("20260701", { name: "mounts", mounts: [{ source, target }] });
      await expect(createSandbox(options, context), target).rejects.toMatchObject({ exit: "usage" });
    }
    expect(await tracesOf(host, locateSandbox("mounts", stateRoot))).toEqual(noTraces);
  });
});

describe.each([
  ["20260701", "none", "agent"],
  ["20260701", "default", "agent"],
  ["20260701", "default", "open"],
  ["20240729", "none", "agent"],
  ["20240729", "default", "open"],
  ["20221219", "none", "agent"],
  ["20221219", "default", "open"],
] as const)("gVisor %s, overlay %s, profile %s", (gvisor, overlay, profile) => {
  it.skipIf(!runscs[gvisor].ok)("runs programs and leaves nothing", async () => {
    const name = `v${gvisor}-${overlay}-${profile}`;
    const sandbox = await createSandbox(optionsFor(gvisor, { name, overlay, profile }), context);
    expect(await script(name, "stat -fc %t /")).toBe(overlay === "none" ? "1021997" : "794c7630");
    const capabilities = profile === "agent" ? agentCapabilities : "0000003fffffffff";
    expect(await script(name, "grep CapEff /proc/self/status")).toContain(capabilities);
    expect(await script(name, "echo inside >/etc/inside; cat /etc/inside")).toBe("inside");
    const onHost = await host.files.readTextIfPresent(`${sandbox.rootfs}/etc/inside`);
    expect(onHost).toBe(overlay === "none" ? "inside\n" : undefined);
    const writable = await script(name, "mkdir /sys/fs/cgroup/mine && echo writable");
    // gVisor 2022-12 mounts cgroups writable whatever it is told.
    if (gvisor !== "20221219") expect(writable).toBe(profile === "agent" ? "" : "writable");
    expect(await script(name, "grep -c '^none /sys/fs/cgroup/memory cgroup' /proc/mounts")).toBe("1");
    await sandbox[Symbol.asyncDispose]();
    expect(await tracesOf(host, locateSandbox(name, stateRoot))).toEqual(noTraces);
  });
});

/** A network namespace that stands for another machine; it answers with the address it sees. */
async function farMachine(): Promise<AsyncDisposable & { readonly address: string; readonly hostAddress: string }> {
  const name = "sandkube-it-far";
  const [hostAddress, address] = ["198.51.100.1", "198.51.100.2"];
  const ip = (command: string): Promise<unknown> => host.commands.run(["ip", ...command.split(" ")]);
  await host.commands.run(["ip", "netns", "delete", name], { acceptedExitCodes: "any" });
  await ip(`netns add ${name}`);
  await ip(`link add sk-it-far type veth peer name eth0 netns ${name}`);
  await ip(`addr add ${hostAddress}/30 dev sk-it-far`);
  await ip("link set sk-it-far up");
  await ip(`-n ${name} addr add ${address}/30 dev eth0`);
  await ip(`-n ${name} link set eth0 up`);
  const stop = new AbortController();
  const server = `require("net").createServer((s) => s.end(s.remoteAddress)).listen(7777, "0.0.0.0", () => console.log("up"))`;
  let up = (): void => undefined;
  const listening = new Promise<void>((resolve) => {
    up = resolve;
  });
  const serving = host.commands
    .run(["ip", "netns", "exec", name, "node", "-e", server], { signal: stop.signal, timeout: 0, onLine: up })
    .catch(() => undefined);
  await Promise.race([listening, serving]);
  return {
    address,
    hostAddress,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await serving;
      await ip("link delete sk-it-far");
      await ip(`netns delete ${name}`);
    },
  };
}
