import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LocalFiles } from "./local-files.ts";

const files = new LocalFiles();
let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube-files-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe("write", () => {
  it("makes missing parents, keeps to the mode, and leaves nothing beside the file", async () => {
    const path = join(directory, "a/b/key");
    await files.write(path, "secret", { mode: 0o600 });
    expect(await readFile(path, "utf8")).toBe("secret");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(directory, "a/b"))).toEqual(["key"]);
  });

  it("gives a replaced file the new mode, whatever it had", async () => {
    const path = join(directory, "key");
    await writeFile(path, "old", { mode: 0o666 });
    await chmod(path, 0o666);
    await files.write(path, "new", { mode: 0o600 });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it("replaces in one step: who has the old file open goes on reading it", async () => {
    const path = join(directory, "state.json");
    await files.write(path, "old");
    const before = await files.status(path);
    await files.write(path, "new");
    expect((await files.status(path))?.inode).not.toBe(before?.inode);
    expect(await readFile(path, "utf8")).toBe("new");
  });

  it("leaves no temporary file when the data cannot be written", async () => {
    const path = join(directory, "file");
    await writeFile(path, "old");
    // Not text and not bytes: Node refuses it after the temporary file was opened.
    await expect(files.write(path, 42 as unknown as string)).rejects.toThrow();
    expect(await readdir(directory)).toEqual(["file"]);
    expect(await readFile(path, "utf8")).toBe("old");
  });

  it("leaves no temporary file when the target cannot be replaced", async () => {
    const path = join(directory, "taken");
    await mkdir(join(path, "child"), { recursive: true });
    await expect(files.write(path, "x")).rejects.toMatchObject({ code: "EISDIR" });
    expect(await readdir(directory)).toEqual(["taken"]);
  });

  it("says ENOTDIR or EEXIST where a file is in the way of the directory", async () => {
    await writeFile(join(directory, "file"), "");
    await expect(files.write(join(directory, "file/below"), "x")).rejects.toHaveProperty(
      "code",
      expect.stringMatching(/^(ENOTDIR|EEXIST)$/),
    );
  });

  it("can be done by many at once; one of them wins whole", async () => {
    const path = join(directory, "state.json");
    const contents = Array.from({ length: 20 }, (_, index) => JSON.stringify({ index, filling: "x".repeat(10_000) }));
    await Promise.all(contents.map((content) => files.write(path, content)));
    expect(contents).toContain(await readFile(path, "utf8"));
    expect(await readdir(directory)).toEqual(["state.json"]);
  });
});

describe("reading", () => {
  it("readTextIfPresent: undefined for what is not there, whichever way", async () => {
    await writeFile(join(directory, "file"), "text");
    expect(await files.readTextIfPresent(join(directory, "file"))).toBe("text");
    expect(await files.readTextIfPresent(join(directory, "absent"))).toBeUndefined();
    expect(await files.readTextIfPresent(join(directory, "file/below"))).toBeUndefined();
  });

  it("readTextIfPresent: other errors are errors", async () => {
    await expect(files.readTextIfPresent(directory)).rejects.toMatchObject({ code: "EISDIR" });
  });

  it("readTextIfPresent: an empty file is there", async () => {
    await writeFile(join(directory, "empty"), "");
    expect(await files.readTextIfPresent(join(directory, "empty"))).toBe("");
  });

  it("list is sorted, and undefined where nothing is there", async () => {
    for (const name of ["b", "a", "C"]) await writeFile(join(directory, name), "");
    expect(await files.list(directory)).toEqual(["C", "a", "b"]);
    expect(await files.list(join(directory, "absent"))).toBeUndefined();
  });

  it("sha256 agrees with node:crypto over more than one chunk", async () => {
    const data = Buffer.alloc(3 * (1 << 20) + 17, "sandkube");
    await writeFile(join(directory, "big"), data);
    expect(await files.sha256(join(directory, "big"))).toBe(createHash("sha256").update(data).digest("hex"));
    await writeFile(join(directory, "empty"), "");
    expect(await files.sha256(join(directory, "empty"))).toBe(
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    );
  });

  it("openRead reads a stretch, both ends included", async () => {
    await writeFile(join(directory, "file"), "0123456789");
    expect(await text(files.openRead(join(directory, "file"), { start: 2, end: 4 }))).toBe("234");
  });
});

describe("status", () => {
  it("follows links, linkStatus does not", async () => {
    await writeFile(join(directory, "file"), "12345");
    await symlink("file", join(directory, "link"));
    expect(await files.status(join(directory, "link"))).toMatchObject({ kind: "file", size: 5 });
    expect(await files.linkStatus(join(directory, "link"))).toMatchObject({ kind: "link" });
  });

  it("knows the kinds", async () => {
    expect(await files.status(directory)).toMatchObject({ kind: "directory" });
    expect(await files.status("/dev/null")).toMatchObject({ kind: "device" });
    const server = createServer().listen(join(directory, "socket"));
    await new Promise((resolve) => server.once("listening", resolve));
    expect(await files.status(join(directory, "socket"))).toMatchObject({ kind: "socket" });
    await new Promise((resolve) => server.close(resolve));
  });

  it("is undefined where nothing is there, also for a link to nothing", async () => {
    await symlink("absent", join(directory, "dangling"));
    expect(await files.status(join(directory, "dangling"))).toBeUndefined();
    expect(await files.linkStatus(join(directory, "dangling"))).toMatchObject({ kind: "link" });
    expect(await files.linkStatus(join(directory, "absent"))).toBeUndefined();
  });
});

describe("remove", () => {
  it("removes a tree, and does not follow links out of it", async () => {
    await files.write(join(directory, "outside/keep"), "x");
    await files.write(join(directory, "tree/deep/file"), "x");
    await symlink(join(directory, "outside"), join(directory, "tree/link"));
    await files.remove(join(directory, "tree"));
    expect(await readdir(directory)).toEqual(["outside"]);
    expect(await readdir(join(directory, "outside"))).toEqual(["keep"]);
  });

  it("is content where nothing is there", async () => {
    await expect(files.remove(join(directory, "absent"))).resolves.toBeUndefined();
  });
});

describe("writeInPlace", () => {
  it("keeps the file itself, and does not make a new one", async () => {
    const path = join(directory, "file");
    await writeFile(path, "0");
    const before = await files.status(path);
    await files.writeInPlace(path, "1");
    expect(await readFile(path, "utf8")).toBe("1");
    expect((await files.status(path))?.inode).toBe(before?.inode);
    await expect(files.writeInPlace(join(directory, "absent"), "1")).rejects.toMatchObject({ code: "ENOENT" });
  });
});
