import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Host } from "../contract/host.ts";
import { localHost } from "../host/local-host.ts";
import { locateCluster, makeStateDirectory } from "./state-directory.ts";

const host = localHost();
let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube-state-"));
});

afterEach(async () => {
  await chmod(directory, 0o700);
  await rm(directory, { recursive: true, force: true });
});

/** A host whose files behave as real ones, but for some. */
function hostWith(files: Partial<Host["files"]>): Host {
  return { ...host, files: Object.assign(Object.create(host.files) as Host["files"], files) };
}

describe("makeStateDirectory", () => {
  it("makes it with its parents, for the owner only, and leaves nothing in it", async () => {
    const path = join(directory, "a/b");
    await makeStateDirectory(path, host);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect(await readdir(path)).toEqual([]);
    await makeStateDirectory(path, host); // again is fine
  });

  it("says which path is too long for the sockets below it, and how long it may be", async () => {
    const path = `/${"x".repeat(80)}`;
    await expect(makeStateDirectory(path, host)).rejects.toMatchObject({
      title: "The state directory's path is too long",
      message: `${path} has 81 characters; sockets below it leave room for 70.`,
      hint: expect.stringContaining("--state-dir") as string,
      exit: "usage",
    });
    await expect(stat(path)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it.each(["file", "file/below", "file/below/it"])("says that a file is in the way: %s", async (path) => {
    await writeFile(join(directory, "file"), "mine");
    await expect(makeStateDirectory(join(directory, path), host)).rejects.toMatchObject({
      title: "The state directory cannot be used",
      message: `${join(directory, path)}: something on its path is not a directory`,
      exit: "storage",
    });
    expect((await stat(join(directory, "file"))).size).toBe(4);
  });

  it.each([
    ["EACCES", "it is not writable for this user"],
    ["EROFS", "it is on a read-only filesystem"],
    ["ENOSPC", "its filesystem is full"],
  ])("explains %s", async (code, because) => {
    const failing = hostWith({ write: () => Promise.reject(Object.assign(new Error(code), { code })) });
    await expect(makeStateDirectory(directory, failing)).rejects.toMatchObject({
      message: `${directory}: ${because}`,
      exit: "storage",
    });
  });

  it("refuses a filesystem that is nearly full, and says by how much", async () => {
    const full = hostWith({
      fileSystem: () => Promise.resolve({ magic: 0, totalBytes: 2 ** 40, freeBytes: 3 * 1024 * 1024 }),
    });
    await expect(makeStateDirectory(directory, full)).rejects.toMatchObject({
      title: "The state directory's filesystem is full",
      message: `${directory} has 3 MiB left; a new cluster needs 64 MiB.`,
      exit: "storage",
    });
  });

  it("refuses a directory with somebody else's things in it, as /tmp has, and leaves its mode alone", async () => {
    const shared = join(directory, "shared");
    await mkdir(shared);
    for (const name of ["a", "b", "c", "d"]) await writeFile(join(shared, name), "");
    await chmod(shared, 0o1777);
    await expect(makeStateDirectory(shared, host)).rejects.toMatchObject({
      title: "The state directory is not empty",
      message: `${shared} holds no cluster, but a, b, c, ...`,
      exit: "usage",
    });
    expect((await stat(shared)).mode & 0o7777).toBe(0o1777);
  });

  it("takes a directory that holds a cluster's kept state, or what a killed command left", async () => {
    await writeFile(join(directory, ".probe"), "");
    await mkdir(join(directory, ".sandkube-probe-7"));
    await writeFile(join(directory, "cluster.json.1a2b3c4d.tmp"), "");
    await makeStateDirectory(directory, host);
    await writeFile(join(directory, "cluster.json"), "{}");
    await mkdir(join(directory, "datastore"));
    await makeStateDirectory(directory, host);
  });
});

describe("makeStateDirectory for a plain user", () => {
  const plain = process.getuid?.() !== 0;
  if (!plain)
    process.stderr.write("Skipped: a state directory that is not writable, because root may write anywhere.\n");

  it.skipIf(!plain)("says that it is not writable", async () => {
    await chmod(directory, 0o500);
    await expect(makeStateDirectory(join(directory, "below"), host)).rejects.toMatchObject({
      message: expect.stringContaining("not writable for this user") as string,
      exit: "storage",
    });
  });
});

describe("locateCluster", () => {
  it("puts clusters side by side, by name", () => {
    const first = locateCluster(undefined, undefined, host);
    const second = locateCluster("second", undefined, host);
    expect(first.name).toBe("default");
    expect(first.stateDirectory).toMatch(/^\/.*\/sandkube\/clusters\/default$/);
    expect(second.stateDirectory).toMatch(/\/sandkube\/clusters\/second$/);
  });

  it("makes the user's own directory absolute", () => {
    expect(locateCluster("x", "some/where", host)).toEqual({
      name: "x",
      stateDirectory: join(process.cwd(), "some/where"),
    });
  });
});
