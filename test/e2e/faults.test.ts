import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { UpReport } from "../../src/cluster/up.ts";
import { cacheDirectory } from "../../src/artifacts/cache-directory.ts";
import { localHost } from "../../src/host/local-host.ts";
import { cannotTest, thisMachine, type Outcome } from "./machine.ts";
import { tracesOn } from "./machine-traces.ts";

const because = cannotTest();
if (because !== undefined) process.stderr.write(`faults: skipped: ${because}\n`);

const main = join(import.meta.dirname, "../../dist/cli/main.js");
const machine = thisMachine();
const name = "faults";
const state = "/var/lib/sandkube/clusters/faults";
const controlPlane = ["up", "--name", name, "--mode", "control-plane", "--output", "json"];

/** The control plane is enough to be killed, and comes up fast. */
describe.skipIf(because !== undefined)("bad input and faults", { timeout: 180_000 }, () => {
  let before: Readonly<Record<string, readonly string[]>>;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "sandkube-e2e-faults-"));
    before = await tracesOn(machine);
  });

  afterAll(async () => {
    await machine.sandkube("down", "--name", name);
    await rm(directory, { recursive: true, force: true });
  });

  const nothingIsLeft = async (): Promise<void> => {
    expect(await tracesOn(machine)).toEqual(before);
  };
  const stillRuns = (outcome: Promise<Outcome>): Promise<boolean> =>
    Promise.race([outcome.then(() => false), Promise.resolve(true)]);
  const json = (outcome: Outcome): unknown => JSON.parse(outcome.stderr.trim().split("\n").at(-1) ?? "");

  test("an unknown key of a config file is named with its line and the nearest", async () => {
    const file = join(directory, "config.yaml");
    await writeFile(file, "name: faults\napi:\n  prot: 7000\n");
    const outcome = await machine.sandkube("up", "--config", file);
    expect(outcome.exitCode).toBe(2);
    expect(outcome.stderr).toContain(`${file}:3`);
    expect(outcome.stderr).toContain('Did you mean "port"?');
  });

  test("down without a cluster", async () => {
    expect((await machine.sandkube("down", "--name", name)).exitCode).toBe(4);
  });

  test("a plain user cannot run a node, and can run the control plane", async () => {
    const cache = join(directory, "cache");
    const from = cacheDirectory(localHost().environment);
    // Hard links: the binaries as they are, where a plain user may read them.
    await machine.shell(
      `mkdir -p ${cache}/artifacts && cp -al ${from}/artifacts/kubernetes-* ${from}/artifacts/kine-* ${cache}/artifacts/ && chmod 755 ${directory} && mkdir ${directory}/home && chown 65534 ${directory}/home`,
    );
    const asNobody = (...words: string[]): Promise<Outcome> =>
      machine.shell(
        `cd / && exec env SANDKUBE_CACHE_DIR=${cache} HOME=${directory}/home setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs --bounding-set=-all ${process.execPath} ${main} ${words.join(" ")}`,
      );
    const own = ["--state-dir", `${directory}/home/state`];
    const node = await asNobody("up", "--mode", "node", ...own);
    expect(node.exitCode, node.stderr).toBe(3);
    expect(node.stderr).toContain("This machine cannot run a node");
    const up = await asNobody(...controlPlane, ...own);
    expect(up.exitCode, up.stderr).toBe(0);
    expect((JSON.parse(up.stdout) as UpReport).verdict).toBe("ready");
    const namespaces = await asNobody("kubectl", ...own, "get", "namespaces", "-o", "name");
    expect(namespaces.stdout, namespaces.stderr).toContain("namespace/kube-system");
    expect((await asNobody("down", ...own)).exitCode).toBe(0);
  });

  test("a port that is taken: another is chosen, or the holder is named", async () => {
    const server = createServer();
    server.listen(6443, "127.0.0.1");
    await once(server, "listening");
    try {
      const named = await machine.sandkube(...controlPlane, "--api-port", "6443");
      expect(named.exitCode).toBe(5);
      expect(json(named)).toMatchObject({ message: expect.stringContaining(`pid ${String(process.pid)}`) as unknown });
      const up = await machine.sandkube(...controlPlane);
      const report = JSON.parse(up.stdout) as UpReport;
      expect(report.server).toMatch(/:6444$/);
      expect(report.notes.join()).toContain("Port 6443 is taken");
    } finally {
      server.close();
      await machine.sandkube("down", "--name", name);
    }
    await nothingIsLeft();
  });

  test("a state directory that is full, in the way, or from a newer version", async () => {
    const full = join(directory, "full");
    await machine.shell(`mkdir ${full} && mount -t tmpfs -o size=1m none ${full}`);
    try {
      const outcome = await machine.sandkube("up", "--mode", "control-plane", "--state-dir", `${full}/x`);
      expect(outcome.exitCode).toBe(9);
      expect(outcome.stderr).toContain("full");
    } finally {
      await machine.shell(`umount ${full}`);
    }
    await writeFile(join(directory, "file"), "");
    const inTheWay = await machine.sandkube("up", "--mode", "control-plane", "--state-dir", join(directory, "file"));
    expect(inTheWay.exitCode).toBe(9);
    const newer = join(directory, "newer");
    await machine.shell(`mkdir ${newer} && echo '{"schemaVersion": 99}' > ${newer}/cluster.json`);
    const outcome = await machine.sandkube("up", "--mode", "control-plane", "--state-dir", newer);
    expect(outcome.exitCode).toBe(5);
    expect(outcome.stderr).toContain("newer");
  });

  test("a second up at the same time is told so; the first goes on", async () => {
    const first = machine.sandkube(...controlPlane);
    // The first holds the lock from its first steps on; ask until it has it.
    let second: Outcome;
    do second = await machine.sandkube("down", "--name", name);
    while (second.exitCode === 4 && (await stillRuns(first)));
    expect(second.exitCode).toBe(5);
    expect(second.stderr).toContain("is being changed");
    expect((await first).exitCode).toBe(0);
    await machine.sandkube("down", "--name", name);
    await nothingIsLeft();
  });

  test.each([200, 900, 1800, 3000])("Ctrl-C after %i ms undoes what was begun", async (milliseconds) => {
    const child = spawn(process.execPath, [main, ...controlPlane], { stdio: ["ignore", "ignore", "pipe"] });
    const timer = setTimeout(() => child.kill("SIGINT"), milliseconds);
    const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
    clearTimeout(timer);
    // On a fast machine it may have been ready before, on a slow one not even loaded.
    if (code === 0) await machine.sandkube("down", "--name", name);
    else expect(code ?? signal).toBe(code === null ? "SIGINT" : 130);
    await nothingIsLeft();
  });

  test.each([300, 1200, 2500])("an up that is KILLed after %i ms can be run again", async (milliseconds) => {
    const child = spawn(process.execPath, [main, ...controlPlane], { stdio: "ignore" });
    const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
    await once(child, "close");
    clearTimeout(timer);
    const again = await machine.sandkube(...controlPlane);
    expect(again.exitCode, again.stderr).toBe(0);
    expect(["ready", "unchanged"]).toContain((JSON.parse(again.stdout) as UpReport).verdict);
    expect((await machine.sandkube("down", "--name", name)).exitCode).toBe(0);
    await nothingIsLeft();
  });

  test("a component that dies at start: its last log lines are in the error, and nothing is lost", async () => {
    await machine.sandkube(...controlPlane);
    await machine.sandkube("down", "--name", name, "--keep-state");
    await machine.shell(`echo nonsense > ${state}/pki/service-account.pub`);
    const outcome = await machine.sandkube(...controlPlane);
    expect(outcome.exitCode, outcome.stderr).toBe(7);
    expect(json(outcome)).toMatchObject({
      title: "kube-apiserver does not start",
      message: expect.stringMatching(/service-account/) as unknown,
    });
    expect((await machine.shell(`ls ${state}/datastore`)).stdout).toContain("state.db");
    await machine.sandkube("down", "--name", name);
    await nothingIsLeft();
  });
});
