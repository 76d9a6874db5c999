import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { localHost } from "../host/local-host.ts";
import { buildImages, type ImageDescription } from "./build-image.ts";
import { busyboxImage } from "./busybox-image.ts";
import { inspectImageArchive } from "./image-archive.ts";
import type { LayerEntry } from "./layer.ts";
import { pauseImage, pauseReference } from "./pause-image.ts";

const host = localHost();
let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube-build-"));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

function image(entries: readonly LayerEntry[], references: readonly string[] = ["example.test/a:1"]): ImageDescription {
  return { references, architecture: "amd64", entries, config: {} };
}

/** What tar says is in the only layer of an image. */
async function listLayer(description: ImageDescription): Promise<string[]> {
  const archive = join(directory, "listed.tar");
  await buildImages(host, [description], archive);
  const manifest = tarFile(archive, "manifest.json") as [{ Layers: [string] }];
  const layer = execFileSync("tar", ["-xOf", archive, manifest[0].Layers[0]], { maxBuffer: 1 << 26 });
  return execFileSync("tar", ["--numeric-owner", "-tvf", "-"], { input: layer, encoding: "utf8" }).trim().split("\n");
}

function tarFile(archive: string, name: string): unknown {
  return JSON.parse(execFileSync("tar", ["-xOf", archive, name], { encoding: "utf8" }));
}

describe("buildImages", () => {
  it("gives the same bytes whatever the order of the entries, the time and the file's own times", async () => {
    const source = join(directory, "source");
    const file: LayerEntry = { kind: "file", path: "b/file", content: { source } };
    const link: LayerEntry = { kind: "symbolic-link", path: "a", target: "b/file" };
    await writeFile(source, "content");
    await buildImages(host, [image([file, link])], join(directory, "1.tar"));
    await writeFile(source, "content");
    await buildImages(host, [image([link, file])], join(directory, "2.tar"));
    expect(await readFile(join(directory, "1.tar"))).toEqual(await readFile(join(directory, "2.tar")));
  });

  it("writes modes, owners, links and missing parents", async () => {
    const lines = await listLayer(
      image([
        { kind: "hard-link", path: "a/again", target: "z/file" },
        { kind: "file", path: "z/file", mode: 0o4755, uid: 7, gid: 8, content: "text" },
        { kind: "directory", path: "tmp", mode: 0o1777 },
        { kind: "symbolic-link", path: "a/link", target: "/z/file" },
      ]),
    );
    expect(lines.map((line) => line.replace(/\s+/g, " ").replace("1970-01-01 00:00 ", ""))).toEqual([
      "drwxr-xr-x 0/0 0 a/",
      "lrwxrwxrwx 0/0 0 a/link -> /z/file",
      "drwxrwxrwt 0/0 0 tmp/",
      "drwxr-xr-x 0/0 0 z/",
      "-rwsr-xr-x 7/8 4 z/file",
      "hrw-r--r-- 0/0 0 a/again link to z/file",
    ]);
  });

  it("keeps long and foreign names", async () => {
    const path = `${"d".repeat(90)}/${"e".repeat(120)}/grüße`;
    const lines = await listLayer(image([{ kind: "file", path, content: "x" }]));
    expect(lines.at(-1)).toContain("e/gr");
    expect(lines).toHaveLength(3);
  });

  it("puts several images into one archive that passes our own inspection", async () => {
    const archive = join(directory, "two.tar");
    const built = await buildImages(
      host,
      [image([]), image([{ kind: "file", path: "x", content: "x" }], ["b:2", "b:3"])],
      archive,
    );
    const { images } = await inspectImageArchive(archive, host, { architecture: "amd64" });
    expect(images.map(({ references, digest }) => ({ references, digest }))).toEqual(
      built.map(({ references, digest }) => ({ references, digest })),
    );
    expect(images[1]?.references).toEqual(["docker.io/library/b:2", "docker.io/library/b:3"]);
  });

  it("stores a layer once that two images share", async () => {
    const archive = join(directory, "shared.tar");
    await buildImages(host, [image([]), image([], ["b:1"])], archive);
    await expect(inspectImageArchive(archive, host, { architecture: "amd64" })).resolves.toBeDefined();
  });

  it.each(["", "/a", "a/../b", "..", "../a", "a/", "./a", "a//b"])("does not take %j for a path", async (path) => {
    const bad = image([{ kind: "file", path, content: "" }]);
    await expect(buildImages(host, [bad], join(directory, "bad.tar"))).rejects.toThrow(/not a path in an image/);
  });

  it("does not take two entries of one path, an image without a name, or a source that is no file", async () => {
    const path = join(directory, "bad.tar");
    const entry: LayerEntry = { kind: "file", path: "a", content: "" };
    await expect(buildImages(host, [image([entry, entry])], path)).rejects.toThrow(/two entries/);
    await expect(buildImages(host, [image([entry], [])], path)).rejects.toThrow(/needs a reference/);
    const source: LayerEntry = { ...entry, content: { source: directory } };
    await expect(buildImages(host, [image([source])], path)).rejects.toThrow(/is not a file/);
  });

  it("fails where a source is not as long as it was, and where the archive cannot be written", async () => {
    const source = join(directory, "proc");
    await writeFile(source, "1234");
    const files = Object.assign(Object.create(host.files) as typeof host.files, {
      status: async (path: string) => {
        const status = await host.files.status(path);
        return status && { ...status, size: 10 };
      },
    });
    const growing = image([{ kind: "file", path: "a", content: { source } }]);
    await expect(buildImages({ ...host, files }, [growing], join(directory, "bad.tar"))).rejects.toThrow(
      /Size mismatch/,
    );
    await expect(buildImages(host, [image([])], join(directory, "none", "bad.tar"))).rejects.toThrow(/ENOENT/);
  });
});

describe("the images of every node", () => {
  it("are pause as Kubernetes names it", async () => {
    expect(pauseReference).toMatch(/^registry\.k8s\.io\/pause:3\.10\.\d+$/);
    const binary = join(directory, "pause");
    await writeFile(binary, "\u007fELF");
    expect(await listLayer(pauseImage(binary))).toEqual([expect.stringMatching(/^-rwxr-xr-x 0\/0 .* pause$/)]);
  });

  it("and busybox with its own version and a link for every applet", async () => {
    const binary = join(directory, "busybox");
    await writeFile(binary, "\u007fELF");
    const facts = {
      banner: "BusyBox v1.35.0",
      version: "1.35.0",
      applets: ["bin/busybox", "bin/sh", "usr/sbin/httpd"],
    };
    const description = busyboxImage(binary, facts);
    expect(description.references).toEqual([
      "docker.io/library/busybox:1.35.0",
      "docker.io/library/busybox:1.35",
      "docker.io/library/busybox:latest",
    ]);
    const listed = (await listLayer(description)).join("\n");
    expect(listed).toMatch(/bin\/sh -> \/bin\/busybox/);
    expect(listed).toMatch(/drwxrwxrwt 0\/0 .* tmp\//);
    expect(listed).toMatch(/etc\/passwd/);
  });
});
