import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BundleCreateReport, BundleLoadReport } from "../../src/cluster/bundles.ts";
import { sandkubeInside } from "../../src/cluster/sandboxes.ts";
import { container, pod, sleepForever } from "../../src/evidence/manifests.ts";
import { expectSchema } from "./expect-schema.ts";
import { cannotTest, sandboxMachine, thisMachine, type TestMachine } from "./machine.ts";
import { clusterName, startCluster } from "./test-cluster.ts";

const because = cannotTest();
if (because !== undefined) process.stderr.write(`bundle: skipped: ${because}\n`);

const image = "example.test/carried:1";
/** What every program of the machine runs with: a cache that is empty, and nothing that could build. */
const surroundings = "export SANDKUBE_CACHE_DIR=/root/cache PATH=/root/programs";

/** Makes the root directory of an image: a shell and what it calls. */
async function makeRootfs(machine: TestMachine, path: string): Promise<string> {
  const { exitCode, stderr } = await machine.shell(`
    set -e
    mkdir -p ${path}/bin
    cp "$(command -v busybox)" ${path}/bin/busybox
    for name in sh sleep; do ln -s busybox ${path}/bin/$name; done`);
  expect(exitCode, stderr).toBe(0);
  return path;
}

describe.skipIf(because !== undefined)(
  "a machine without Go, compiler, busybox, network or cache",
  { timeout: 180_000 },
  () => {
    let directory: string;
    let sandbox: TestMachine;
    let machine: TestMachine;

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), "sandkube-e2e-bundle-"));
      sandbox = await sandboxMachine({ gvisor: "20260701", profile: "agent", overlay: "none" });
      machine = {
        ...sandbox,
        sandkube: (...words) => sandbox.shell(`${surroundings}; exec ${sandkubeInside(words).join(" ")}`),
      };
      const prepared = await sandbox.shell(`
      set -e
      mkdir /root/programs
      ln -s $(find /usr/bin /usr/sbin /bin /sbin -maxdepth 1 ! -type d | sort -r) /root/programs 2>/dev/null || :
      cd /root/programs
      rm -f go gofmt cc gcc* c89* c99* *-gcc* busybox apt-get
      ip route del $(ip -4 route show default)`);
      expect(prepared.exitCode, prepared.stderr).toBe(0);
    });

    afterAll(async () => {
      await (sandbox as TestMachine | undefined)?.[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    });

    test("says of itself that it needs a bundle", async () => {
      const { exitCode, stderr } = await machine.sandkube("up", "--name", clusterName);
      expect(exitCode).toBe(3);
      expect(stderr).toMatch(/kubernetes cannot be built on this machine\n.*go is not on the PATH/);
      expect(stderr).toMatch(/hint: .*sandkube bundle load FILE/);
    });

    test("runs a pod when it has one", async () => {
      const archive = join(directory, "carried.tar");
      const words = [
        "image",
        "build",
        await makeRootfs(thisMachine(), join(directory, "rootfs")),
        "--tag",
        image,
        "--file",
        archive,
        "--output",
        "json",
      ];
      const built = await thisMachine().sandkube(...words);
      expect(built.exitCode, built.stderr).toBe(0);
      expectSchema("image-build", JSON.parse(built.stdout));
      const bundle = join(directory, "sandkube.bundle");
      const contents = ["--for", "node", "--image", archive];
      const made = await thisMachine().sandkube("bundle", "create", bundle, ...contents, "--output", "json");
      expect(made.exitCode, made.stderr).toBe(0);
      const created = JSON.parse(made.stdout) as BundleCreateReport;
      expectSchema("bundle-create", created);

      const start = performance.now();
      const loading = sandkubeInside(["bundle", "load", "-", "--output", "json"]).join(" ");
      const load = await machine.shell(`${surroundings}; exec ${loading}`, createReadStream(bundle));
      expect(load.exitCode, load.stderr).toBe(0);
      const loaded = JSON.parse(load.stdout) as BundleLoadReport;
      expectSchema("bundle-load", loaded);
      expect(loaded.members.map(({ name, outcome }) => [name, outcome])).toEqual(
        created.members.map(({ name }) => [name, "loaded"]),
      );

      const begun = performance.now();
      await using cluster = await startCluster(machine, "node");
      const up = performance.now();
      await cluster.apply(pod("carried", [container("main", sleepForever, { image })]));
      await cluster.kubectl("wait", "--for=condition=Ready", "pod/carried", "--timeout=60s");
      const ready = performance.now();
      const seconds = (from: number, to: number): string => `${((to - from) / 1000).toFixed(1)} s`;
      process.stdout.write(
        `bundle: ${(created.bytes / 1e6).toFixed(0)} MB; load ${seconds(start, begun)}, up ${seconds(begun, up)}, ` +
          `pod Ready ${seconds(up, ready)}; from up to Ready ${seconds(begun, ready)}\n`,
      );
      await makeRootfs(sandbox, "/root/rootfs");
      const tag = "example.test/built:1";
      const onNode = ["image", "build", "/root/rootfs", "--tag", tag, "--name", clusterName, "--output", "json"];
      const given = await machine.sandkube(...onNode);
      expect(given.exitCode, given.stderr).toBe(0);
      expect(JSON.parse(given.stdout)).toMatchObject({ reference: tag, file: null, outcome: "imported" });
      await cluster.apply(pod("built", [container("main", sleepForever, { image: tag })]));
      await cluster.kubectl("wait", "--for=condition=Ready", "pod/built", "--timeout=60s");

      const { stdout } = await machine.shell(
        `grep -c /opt/sandkube-cache /var/lib/sandkube/clusters/${clusterName}/cluster.json`,
      );
      expect(stdout.trim(), "nothing comes from the cache of the machine around it").toBe("0");
    });
  },
);
