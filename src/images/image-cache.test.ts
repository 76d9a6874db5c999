import { chmod, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silent } from "../contract/progress.ts";
import type { ArtifactContext } from "../contract/artifact.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { localHost } from "../host/local-host.ts";
import { ensureArchive, type ArchiveRequest } from "./image-cache.ts";
import { buildImages } from "./build-image.ts";
import { ensureNodeImages } from "./node-images.ts";
import { pauseReference } from "./pause-image.ts";

let directory = "";
let context: ArtifactContext;
let builds = 0;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube-images-"));
  const host = { ...localHost(), environment: { SANDKUBE_CACHE_DIR: directory } };
  context = { host, progress: silent, signal: new AbortController().signal };
  builds = 0;
});

afterEach(() => rm(directory, { recursive: true, force: true }));

const request: ArchiveRequest = {
  name: "one",
  key: "k",
  build: (path) => {
    builds += 1;
    const references = ["example.test/one:1", "example.test/one:2"];
    return buildImages(context.host, [{ references, architecture: "amd64", entries: [], config: {} }], path);
  },
};

describe("ensureArchive", () => {
  it("builds once", async () => {
    const first = await ensureArchive(request, context);
    const again = await ensureArchive(request, context);
    expect(again).toEqual(first);
    expect(first).toEqual({
      path: join(directory, "images", "k-1", "one.tar"),
      references: ["example.test/one:1", "example.test/one:2"],
    });
    expect(builds).toBe(1);
  });

  it.each<[string, (path: string) => Promise<void>]>([
    ["is shorter", (path) => truncate(path, 100)],
    ["has other content", async (path) => writeFile(path, (await readFile(path)).fill(1, 0, 9))],
    ["is missing", (path) => rm(path)],
    ["has no manifest", (path) => rm(join(path, "..", "manifest.json"))],
    ["has a damaged manifest", (path) => writeFile(join(path, "..", "manifest.json"), "{")],
  ])("builds again where the archive %s", async (_, damage) => {
    const { path } = await ensureArchive(request, context);
    const content = await readFile(path);
    await damage(path);
    expect((await ensureArchive(request, context)).path).toBe(path);
    expect(await readFile(path)).toEqual(content);
    expect(builds).toBe(2);
  });

  it("leaves nothing behind where a build fails", async () => {
    const failing: ArchiveRequest = { ...request, build: () => Promise.reject(new Error("no space")) };
    await expect(ensureArchive(failing, context)).rejects.toThrow("no space");
    expect(await readdir(join(directory, "images"))).toEqual([]);
  });

  it("builds once for many at once, and gives every one a whole archive", async () => {
    const found = await Promise.all(Array.from({ length: 8 }, () => ensureArchive(request, context)));
    const sizes = await Promise.all(found.map(async ({ path }) => (await stat(path)).size));
    expect(new Set(sizes).size).toBe(1);
    expect(await readdir(join(directory, "images"))).toEqual(["k-1"]);
    expect(builds).toBe(1);
  });

  it("says where it cannot write", async () => {
    const files = Object.assign(Object.create(context.host.files) as typeof context.host.files, {
      isWritable: () => Promise.resolve(false),
    });
    const error: unknown = await ensureArchive(request, { ...context, host: { ...context.host, files } }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(SandkubeError);
    expect(error).toMatchObject({ exit: "storage" });
  });
});

describe("ensureNodeImages", () => {
  it("is pause alone where there is no busybox, and follows the binary", async () => {
    const pause = join(directory, "pause");
    await writeFile(pause, "\u007fELF 1");
    const first = await ensureNodeImages({ pause }, context);
    expect(first.references).toEqual([pauseReference]);
    await writeFile(pause, "\u007fELF 2");
    expect((await ensureNodeImages({ pause }, context)).path).not.toBe(first.path);
  });

  it("asks the busybox only when it builds", async () => {
    const pause = join(directory, "pause");
    const busybox = join(directory, "busybox");
    await writeFile(pause, "\u007fELF");
    await writeFile(busybox, `#!/bin/sh\n[ "$1" = --list-full ] && echo bin/sh || echo 'BusyBox v1.9.3 (test)'\n`);
    await chmod(busybox, 0o755);
    const first = await ensureNodeImages({ pause, busybox }, context);
    expect(first.references).toContain("docker.io/library/busybox:1.9.3");
    await chmod(busybox, 0o644);
    expect(await ensureNodeImages({ pause, busybox }, context)).toEqual(first);
  });

  it("refuses what is no busybox", async () => {
    const pause = join(directory, "pause");
    await writeFile(pause, "\u007fELF");
    await expect(ensureNodeImages({ pause, busybox: pause }, context)).rejects.toBeInstanceOf(SandkubeError);
    const script = join(directory, "script");
    await writeFile(script, "#!/bin/sh\necho hello\n", { mode: 0o755 });
    await expect(ensureNodeImages({ pause, busybox: script }, context)).rejects.toThrow(/but printed: "hello"/);
  });

  it("refuses a busybox that needs libraries", async () => {
    const pause = join(directory, "pause");
    await writeFile(pause, "\u007fELF");
    await expect(ensureNodeImages({ pause, busybox: process.execPath }, context)).rejects.toMatchObject({
      title: "Not a static busybox",
      exit: "artifact",
    });
  });
});
