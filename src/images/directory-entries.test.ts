import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { localHost } from "../host/local-host.ts";
import { entriesOfDirectory } from "./directory-entries.ts";

const { files } = localHost();
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube-rootfs-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe("entriesOfDirectory", () => {
  it("keeps modes and links, and follows none", async () => {
    await mkdir(join(directory, "bin"));
    await writeFile(join(directory, "bin/app"), "app");
    await chmod(join(directory, "bin/app"), 0o4755);
    await mkdir(join(directory, "tmp"));
    await chmod(join(directory, "tmp"), 0o1777);
    await symlink("/etc", join(directory, "outside"));
    expect(await entriesOfDirectory(directory, files)).toEqual([
      { kind: "directory", path: "bin", mode: 0o755 },
      { kind: "file", path: "bin/app", mode: 0o4755, content: { source: join(directory, "bin/app") } },
      { kind: "symbolic-link", path: "outside", target: "/etc" },
      { kind: "directory", path: "tmp", mode: 0o1777 },
    ]);
  });

  it("refuses what is no directory, and what no image holds", async () => {
    await expect(entriesOfDirectory(join(directory, "absent"), files)).rejects.toMatchObject({ exit: "notFound" });
    const path = join(directory, "socket");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(path, resolve));
    try {
      await expect(entriesOfDirectory(directory, files)).rejects.toMatchObject({
        exit: "usage",
        message: `${path} is a socket; an image built here holds files, directories and symbolic links.`,
      });
    } finally {
      server.close();
    }
  });
});
