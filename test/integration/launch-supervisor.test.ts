import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ClusterSpec } from "../../src/contract/cluster-spec.ts";
import type { Host } from "../../src/contract/host.ts";
import { stateLayout } from "../../src/contract/state-layout.ts";
import { localHost } from "../../src/host/local-host.ts";
import { waitUntil } from "../../src/host/wait-until.ts";
import { launchSupervisor, supervisorLog } from "../../src/supervisor/launch-supervisor.ts";
import { clusterMarker, findMarkedProcesses, killMarkedProcesses } from "../../src/supervisor/marked-processes.ts";
import { testSpec } from "../fixtures/cluster-spec.ts";

const host = localHost();
let directory = "";
let spec: ClusterSpec;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube it's-"));
  spec = testSpec(directory);
});

afterEach(async () => {
  expect(await killMarkedProcesses(spec.id, host, 10_000)).toEqual([]);
  await rm(directory, { recursive: true, force: true });
});

/** A program in the supervisor's place: says where it is, and goes on. */
function program(): [string, ...string[]] {
  const path = join(directory, "said");
  return [
    "sh",
    "-c",
    `echo "to the log"; echo "$$ $1 $(pwd)" >'${path.replaceAll("'", `'\\''`)}'; exec sleep 600`,
    "sh",
    "a 'quoted' word",
  ];
}

async function said(): Promise<string> {
  const { text } = await waitUntil(
    async () => {
      const text = await host.files.readTextIfPresent(join(directory, "said"));
      return text?.endsWith("\n") === true
        ? { ok: true as const, text }
        : { ok: false as const, because: await readFile(supervisorLog(directory), "utf8") };
    },
    { clock: host.clock, what: "the program", timeout: 30_000, interval: 20 },
  );
  return text;
}

const unshared =
  process.getuid?.() === 0 &&
  (await host.commands.run(["unshare", "--mount", "true"], { acceptedExitCodes: "any" })).exitCode === 0;
if (!unshared) {
  process.stderr.write("Skipped: a supervisor in its own mount namespace, because this user may not unshare.\n");
}

describe("launchSupervisor", () => {
  it.skipIf(!unshared)("leaves the id of a remedy whose mount fails, and starts nothing", async () => {
    const mounts: ClusterSpec["mounts"] = [
      { kind: "tmpfs", target: join(directory, "good"), remedy: "good" },
      { kind: "bind", source: join(directory, "absent"), target: join(directory, "good"), remedy: "bad" },
      { kind: "tmpfs", target: join(directory, "later"), remedy: "later" },
    ];
    spec = testSpec(directory, { privateMounts: true, mounts });
    const launched = await launchSupervisor(spec, program(), host);
    await waitUntil(
      async () => ((await host.processes.isAlive(launched)) ? { ok: false, because: "it runs" } : { ok: true }),
      { clock: host.clock, what: "the end of the script", timeout: 30_000, interval: 20 },
    );
    expect(await readFile(stateLayout(directory).failedRemedy, "utf8")).toBe("bad");
    expect(await host.files.readTextIfPresent(join(directory, "said"))).toBeUndefined();
  });

  it("starts it in the background: marked, in a group of its own, at the root, with a log", async () => {
    const identity = await launchSupervisor(spec, program(), host);
    expect(await said()).toBe(`${String(identity.pid)} a 'quoted' word /\n`);
    expect(await host.processes.isAlive(identity)).toBe(true);
    expect((await host.processes.status(identity.pid))?.processGroup).toBe(identity.pid);
    expect((await host.processes.environment(identity.pid))?.[clusterMarker]).toBe(spec.id);
    expect(await readFile(supervisorLog(directory), "utf8")).toBe("to the log\n");
    expect((await host.files.status(supervisorLog(directory)))?.mode).toBe(0o600);
  });

  it("says what to install where there is no unshare", async () => {
    const without: Host = {
      ...host,
      commands: Object.assign(Object.create(host.commands) as Host["commands"], {
        find: () => Promise.resolve(undefined),
      }),
    };
    await expect(launchSupervisor({ ...spec, privateMounts: true }, program(), without)).rejects.toMatchObject({
      title: "unshare is missing",
      exit: "unsupported",
    });
  });

  it.skipIf(!unshared)("gives it a mount namespace with the plan's mounts, which are gone with it", async () => {
    const target = join(directory, "target");
    await writeFile(join(directory, "keep"), "");
    const mounts = [{ kind: "tmpfs" as const, target }];
    const identity = await launchSupervisor({ ...spec, privateMounts: true, mounts }, program(), host);
    // The process that was started is the program itself, as the record of it says.
    expect(await said()).toBe(`${String(identity.pid)} a 'quoted' word /\n`);
    const mountsOf = (pid: string): Promise<string> => readFile(`/proc/${pid}/mountinfo`, "utf8");
    expect(await mountsOf(String(identity.pid))).toContain("target rw");
    expect(await mountsOf("self")).not.toContain(`${directory.replaceAll(" ", "\\040")}/target`);
    await killMarkedProcesses(spec.id, host, 10_000);
    await rm(target, { recursive: true }); // EBUSY where it were still mounted
  });

  it.skipIf(!unshared)("writes to the log why a mount failed, and starts nothing", async () => {
    const mounts = [{ kind: "bind" as const, source: join(directory, "absent"), target: directory }];
    await launchSupervisor({ ...spec, privateMounts: true, mounts }, program(), host);
    await waitUntil(
      async () => {
        const left = await findMarkedProcesses(spec.id, host);
        return left.length === 0 ? { ok: true } : { ok: false, because: `${String(left.length)} processes` };
      },
      { clock: host.clock, what: "its end", timeout: 30_000, interval: 20 },
    );
    expect(await readFile(supervisorLog(directory), "utf8")).toContain("absent");
    expect(await host.files.status(join(directory, "said"))).toBeUndefined();
  });
});
