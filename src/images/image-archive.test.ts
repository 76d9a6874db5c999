import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip, gzipSync } from "node:zlib";
import { pack, type Header } from "tar-stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { localHost } from "../host/local-host.ts";
import { buildImages } from "./build-image.ts";
import { inspectImageArchive, type InspectedArchive } from "./image-archive.ts";

const host = localHost();
const { signal } = new AbortController();
const options = { signal, architecture: "amd64" } as const;

let directory = "";
let good: Buffer;
let answer: InspectedArchive;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube-archive-"));
  const path = join(directory, "good.tar");
  await buildImages(
    host,
    [
      {
        references: ["example.test/one:1", "example.test/uno:1"],
        architecture: "amd64",
        entries: [{ kind: "file", path: "bin/one", mode: 0o755, content: "1".repeat(3000) }],
        config: { entrypoint: ["/bin/one"] },
      },
    ],
    path,
  );
  good = await readFile(path);
  answer = await inspectImageArchive(path, host, options);
});

afterAll(() => rm(directory, { recursive: true, force: true }));

describe("a good archive", () => {
  it("is told by its references, id and size", () => {
    expect(answer).toMatchObject({ format: "oci-layout", compression: "none", size: good.byteLength });
    expect(answer.images).toHaveLength(1);
    expect(answer.images[0]?.references).toEqual(["example.test/one:1", "example.test/uno:1"]);
  });

  it("may be compressed with gzip", async () => {
    expect(await inspect(gzipSync(good))).toEqual({ ...answer, compression: "gzip" });
  });

  it("may be what docker save wrote before version 25, with linked layers and short names", async () => {
    const layer = Buffer.from("a layer");
    const config = configFor([layer, layer]);
    const archive = await tar([
      file(`${sha256(config)}.json`, config),
      file("aaa/layer.tar", layer),
      { name: "bbb/layer.tar", type: "symlink", linkname: "../aaa/layer.tar" },
      file("aaa/VERSION", "1.0"),
      file(
        "manifest.json",
        JSON.stringify([
          { Config: `${sha256(config)}.json`, RepoTags: ["app:1"], Layers: ["aaa/layer.tar", "bbb/layer.tar"] },
        ]),
      ),
    ]);
    const inspected = await inspect(archive);
    expect(inspected.format).toBe("docker-archive");
    expect(inspected.images).toEqual([
      {
        references: ["docker.io/library/app:1"],
        id: `sha256:${sha256(config)}`,
        digest: undefined,
        size: config.byteLength + 2 * layer.byteLength,
      },
    ]);
  });

  it("may hold an index of platforms of which only ours is there", async () => {
    const entries = ociEntries({ platformIndex: true });
    expect((await inspect(await tar(entries))).images[0]?.references).toEqual(["example.test/many:1"]);
  });
});

describe("what is not an image archive", () => {
  it.each([
    ["nothing", Buffer.alloc(0), /is empty/],
    ["a text", Buffer.from("hello\n"), /is not a tar archive/],
    ["noise", noise(100_000), /is not a tar archive/],
    ["zeros", Buffer.alloc(10_240), /holds no files/],
    ["gzip of a text", gzipSync("hello\n"), /is not a tar archive/],
    ["gzip that ends early", gzipSync(noise(50_000)).subarray(0, 20_000), /is not a tar archive/],
    ["zstd", Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0]), /is compressed with zstd/],
    ["xz", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), /is compressed with xz/],
  ])("refuses %s", async (_, content, because) => {
    await refused(content, because);
  });

  it("refuses a directory and says that a file is not there", async () => {
    await expect(inspectImageArchive(directory, host, options)).rejects.toThrow(/is a directory and not a file/);
    await expect(inspectImageArchive(join(directory, "none"), host, options)).rejects.toMatchObject({
      exit: "notFound",
    });
  });

  it("refuses gzip with a wrong checksum, whatever is in it", async () => {
    // The checksum is four bytes before the last four, which are the size (RFC 1952).
    const compressed = gzipSync(good);
    compressed[compressed.byteLength - 6] = (compressed[compressed.byteLength - 6] ?? 0) ^ 0xff;
    await refused(compressed, /is damaged/);
  });

  it("refuses a tar of something else", async () => {
    await refused(await tar([file("etc/passwd", "root")]), /neither an oci-layout nor a manifest\.json/);
  });
});

describe("a damaged archive", { timeout: 120_000 }, () => {
  it("is refused at every block, or is complete but for its end", async () => {
    let complete = 0;
    for (let length = 512; length < good.byteLength; length += 512) {
      for (const cut of [length, length - 200]) {
        const inspected = await outcome(good.subarray(0, cut));
        if (inspected instanceof SandkubeError) expect(inspected.exit).toBe("usage");
        else {
          expect(inspected).toEqual({ ...answer, size: cut });
          complete += 1;
        }
      }
    }
    // Only the two empty blocks at the end may be missing.
    expect(complete).toBe(2);
  });

  it("is refused at any byte of its gzip", async () => {
    const compressed = gzipSync(good);
    for (let length = 2; length < compressed.byteLength; length += 37) {
      const inspected = await outcome(compressed.subarray(0, length));
      expect(inspected, `cut at ${String(length)}`).toBeInstanceOf(SandkubeError);
    }
  });

  it("is refused or understood with any one byte changed, and nothing else happens", async () => {
    for (let at = 0; at < good.byteLength; at += 61) {
      const changed = Buffer.from(good);
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      const inspected = await outcome(changed);
      if (inspected instanceof SandkubeError) expect(inspected.exit).toBe("usage");
    }
  });
});

describe("entries that no image archive has", () => {
  it.each<[string, Entry, RegExp]>([
    ["an absolute path", { name: "/etc/passwd" }, /leaves the archive/],
    ["a path that goes up", { name: "blobs/../../x" }, /leaves the archive/],
    ["a path with a line break", { name: "a\nb" }, /no proper path/],
    ["a link that goes up", { name: "l", type: "symlink", linkname: "../../etc/passwd" }, /l -> .*leaves/],
    ["an absolute link", { name: "l", type: "symlink", linkname: "/etc/passwd" }, /leaves the archive/],
    ["a hard link that goes up", { name: "l", type: "link", linkname: "../x" }, /leaves the archive/],
    ["a character device", { name: "null", type: "character-device", devmajor: 1, devminor: 3 }, /a device file/],
    ["a block device", { name: "sda", type: "block-device", devmajor: 8, devminor: 0 }, /a device file/],
    ["a named pipe", { name: "pipe", type: "fifo" }, /a named pipe/],
  ])("refuses %s", async (_, header, because) => {
    await refused(await tar([header, ...ociEntries()]), because);
    await refused(await tar([...ociEntries(), header]), because);
  });

  it("refuses two files of one name", async () => {
    await refused(await tar([...ociEntries(), file("index.json", "{}")]), /holds "index\.json" twice/);
  });

  it("refuses a link with a body, which readers of tar disagree about", async () => {
    const archive = await tar([{ name: "link", type: "symlink", linkname: "x" }]);
    archive.write("00000001000\0", 124, "latin1");
    archive.write("        ", 148, "latin1");
    const sum = archive.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    archive.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    await refused(archive, /has a body/);
  });
});

describe("an OCI layout that does not fit together", () => {
  it.each<[string, OciChange, RegExp]>([
    ["a missing layer", { without: "layer" }, /is incomplete: blobs\/sha256\/\w+ is missing/],
    ["a missing config", { without: "config" }, /is incomplete/],
    ["a missing manifest", { without: "manifest" }, /is incomplete/],
    ["a missing index", { without: "index.json" }, /index\.json is missing/],
    ["a layer with other content", { changed: "layer" }, /is damaged: the content of blobs\/sha256/],
    ["a config with other content", { changed: "config" }, /is damaged: the content of blobs\/sha256/],
    ["a layer of another size", { layerSize: 3 }, /bytes and should have 3/],
    ["a layer count that differs", { diffIds: 2 }, /1 layers, its config tells of 2/],
    ["another architecture", { architecture: "s390x" }, /for linux\/s390x, and this machine is linux\/amd64/],
    ["no manifest in the index", { index: '{"manifests":[]}' }, /lists none/],
    ["an index of another shape", { index: '{"manifests":"no"}' }, /is not as it should be \(manifests/],
    ["an index that is no JSON", { index: "{no}" }, /index\.json cannot be read/],
    ["another layout version", { layout: "2.0.0" }, /oci-layout is not as it should be/],
  ])("refuses %s", async (_, change, because) => {
    await refused(await tar(ociEntries(change)), because);
  });
});

describe("a docker-archive that does not fit together", () => {
  it.each<[string, { layers?: string[]; link?: string; content?: string; config?: string }, RegExp]>([
    ["a missing layer", { layers: ["b/layer.tar"] }, /b\/layer\.tar is missing/],
    ["a link to nothing", { link: "nowhere" }, /which is missing/],
    ["a layer with other content", { content: "other" }, /the layer a\/layer\.tar has the SHA-256/],
    ["a config under a wrong name", { config: `${"0".repeat(64)}.json` }, /is damaged: the content of 0000/],
  ])("refuses %s", async (_, change, because) => {
    const config = configFor([Buffer.from("a layer")]);
    const name = change.config ?? "config.json";
    const archive = await tar([
      file(name, config),
      file("a/layer.tar", change.content ?? "a layer"),
      ...(change.link === undefined ? [] : [{ name: "link", type: "symlink", linkname: change.link } as const]),
      file(
        "manifest.json",
        JSON.stringify([{ Config: name, RepoTags: null, Layers: change.layers ?? ["a/layer.tar"] }]),
      ),
    ]);
    await refused(archive, because);
  });
});

describe("an archive that is much larger than it looks", () => {
  it("is read in bounded memory, and not beyond the limit", { timeout: 120_000 }, async () => {
    const path = join(directory, "bomb.tar.gz");
    const stream = pack();
    const size = 1 << 30;
    const entry = stream.entry({ name: "blobs/sha256/zeros", size });
    const zeros = Buffer.alloc(1 << 20);
    const writing = (async () => {
      for (let written = 0; written < size; written += zeros.byteLength) {
        if (!entry.write(zeros))
          await new Promise((resolve) =>
            entry.once("drain", () => {
              resolve(undefined);
            }),
          );
      }
      entry.end(undefined);
      stream.finalize();
    })();
    await Promise.all([writing, pipeline(Readable.from(stream), createGzip({ level: 1 }), createWriteStream(path))]);
    const before = process.memoryUsage.rss();
    let peak = before;
    const sampler = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 10);
    try {
      await expect(inspectImageArchive(path, host, options)).rejects.toThrow(/is damaged: the content of/);
      await expect(inspectImageArchive(path, host, { ...options, limits: { size: 1 << 24 } })).rejects.toThrow(
        /holds more than 16777216 bytes/,
      );
    } finally {
      clearInterval(sampler);
    }
    expect(peak - before).toBeLessThan(64 * 2 ** 20);
  });

  it("is refused for the JSON that it wants remembered", async () => {
    const json = Buffer.alloc(4 << 20, 0x7b);
    const names = Array.from({ length: 8 }, (_, index) => `${String(index)}.json`);
    await refused(await tar(names.map((name) => file(name, json))), /bytes of JSON/);
  });

  it("stops when it is told to", async () => {
    const controller = new AbortController();
    controller.abort(new Error("enough"));
    const path = join(directory, "good.tar");
    await expect(inspectImageArchive(path, host, { ...options, signal: controller.signal })).rejects.toThrow("enough");
  });
});

interface OciChange {
  readonly without?: string;
  readonly changed?: string;
  readonly layerSize?: number;
  readonly diffIds?: number;
  readonly architecture?: string;
  readonly index?: string;
  readonly layout?: string;
  readonly platformIndex?: boolean;
}

type Entry = Partial<Header> & { readonly name: string; readonly body?: string | Uint8Array };

function ociEntries(change: OciChange = {}): readonly Entry[] {
  const layer = Buffer.from("a layer");
  const config = configFor(
    Array.from({ length: change.diffIds ?? 1 }, () => layer),
    change.architecture,
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      config: { digest: `sha256:${sha256(config)}`, size: config.byteLength },
      layers: [{ digest: `sha256:${sha256(layer)}`, size: change.layerSize ?? layer.byteLength }],
    }),
  );
  const ours = {
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    digest: `sha256:${sha256(manifest)}`,
    size: manifest.byteLength,
    platform: { architecture: "amd64", os: "linux" },
  };
  const absent = {
    ...ours,
    digest: `sha256:${"0".repeat(64)}`,
    platform: { architecture: "arm64", os: "linux" },
  };
  const platforms = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [absent, ours] }));
  const many = {
    mediaType: "application/vnd.oci.image.index.v1+json",
    digest: `sha256:${sha256(platforms)}`,
    size: platforms.byteLength,
    annotations: { "io.containerd.image.name": "example.test/many:1" },
  };
  const listed = change.platformIndex === true ? many : ours;
  const index = change.index ?? JSON.stringify({ schemaVersion: 2, manifests: [listed] });
  const blobs = { layer, config, manifest, ...(change.platformIndex === true ? { platforms } : {}) };
  return [
    file("oci-layout", JSON.stringify({ imageLayoutVersion: change.layout ?? "1.0.0" })),
    ...Object.entries(blobs)
      .filter(([name]) => name !== change.without)
      .map(([name, body]) => file(`blobs/sha256/${sha256(body)}`, name === change.changed ? `${String(body)} ` : body)),
    ...(change.without === "index.json" ? [] : [file("index.json", index)]),
  ];
}

function configFor(layers: readonly Uint8Array[], architecture = "amd64"): Buffer {
  const diffIds = layers.map((layer) => `sha256:${sha256(layer)}`);
  return Buffer.from(JSON.stringify({ architecture, os: "linux", rootfs: { type: "layers", diff_ids: diffIds } }));
}

function file(name: string, body: string | Uint8Array): Entry {
  return { name, body };
}

async function tar(entries: readonly Entry[]): Promise<Buffer> {
  const stream = pack();
  for (const { body, ...header } of entries) {
    if (body === undefined) stream.entry({ mtime: new Date(0), ...header }).end(undefined);
    else stream.entry({ mtime: new Date(0), ...header }, Buffer.from(body));
  }
  stream.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

async function inspect(content: Uint8Array): Promise<InspectedArchive> {
  // A file of its own each time: a test that timed out may still be writing.
  const path = join(directory, `${randomUUID()}.tar`);
  await writeFile(path, content);
  try {
    return await inspectImageArchive(path, host, options);
  } finally {
    await rm(path);
  }
}

/** The answer or the error; a hang ends the test. */
function outcome(content: Uint8Array): Promise<unknown> {
  return inspect(content).catch((error: unknown) => {
    if (error instanceof SandkubeError) return error;
    throw error;
  });
}

async function refused(content: Uint8Array, because: RegExp): Promise<void> {
  const error = await outcome(content);
  expect(error).toBeInstanceOf(SandkubeError);
  const { exit, message } = error as SandkubeError;
  expect(message).toMatch(because);
  expect(exit).toBe("usage");
}

function sha256(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Bytes without any pattern, but the same in every run. */
function noise(length: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, index) =>
    createHash("sha256").update(String(index)).digest(),
  );
  return Buffer.concat(blocks).subarray(0, length);
}
