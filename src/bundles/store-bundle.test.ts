import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeBundleBench, type BundleBench } from "../../test/fixtures/bundle-bench.ts";
import { goArchitecture } from "../artifacts/build-flags.ts";
import { artifactDirectory } from "../artifacts/cache-directory.ts";
import { cleanArtifacts } from "../artifacts/clean-artifacts.ts";
import { ensureArtifacts, findArtifact } from "../artifacts/ensure-artifacts.ts";
import { findLoadedImages } from "../artifacts/loaded-images.ts";
import { readRecipe } from "../artifacts/recipe.ts";
import type { ArtifactContext } from "../contract/artifact.ts";
import type { Host } from "../contract/host.ts";
import { makeManifest } from "./bundle-manifest.ts";
import { writeBundle, type WrittenBundle } from "./write-bundle.ts";

let bench: BundleBench;

beforeEach(async () => {
  bench = await makeBundleBench();
});

afterEach(async () => {
  await bench[Symbol.asyncDispose]();
});

/** A bundle with a program of this content. */
async function bundleOf(content: string): Promise<Buffer> {
  const { member, part } = await bench.binary("program", content);
  return bench.bundle([member], [part]);
}

/** Writes a bundle whose program is this file. */
async function bundleFrom(
  source: string,
  sha256?: string,
): Promise<{ readonly path: string; readonly written: WrittenBundle }> {
  const { host, signal, catalogue } = bench.context;
  const [artifact] = catalogue ?? [];
  if (artifact === undefined) throw new Error("no artifact");
  const { digest, version } = await readRecipe(artifact, host);
  const manifest = makeManifest({
    sandkube: "0.1.0",
    architecture: goArchitecture(process.arch),
    madeAt: "2026-01-02T00:00:00.000Z",
    members: [
      {
        kind: "binary",
        path: "binaries/program",
        size: (await host.files.status(source))?.size ?? 0,
        sha256: sha256 ?? (await host.files.sha256(source)),
        name: "program",
        version,
        recipe: digest,
        builtWith: "go1.26.0",
        builtAt: "2026-01-01T00:00:00.000Z",
      },
    ],
  });
  const path = join(bench.directory, "a.bundle");
  const sources = new Map([["binaries/program", source]]);
  return { path, written: await writeBundle(manifest, sources, host.files.openWrite(path), host, signal) };
}

/** The same machine without some programs, and with other files where that is said. */
function machine(change: {
  readonly without?: readonly string[];
  readonly files?: Partial<Host["files"]>;
}): ArtifactContext {
  const { host } = bench.context;
  const commands: Host["commands"] = {
    run: (argv, options) => host.commands.run(argv, options),
    find: (name) => (change.without?.includes(name) === true ? Promise.resolve(undefined) : host.commands.find(name)),
  };
  const files = Object.assign(Object.create(host.files) as Host["files"], change.files);
  return { ...bench.context, host: { ...host, commands, files } };
}

describe("a loaded bundle", () => {
  it("is found by a machine without Go, and by one whose Go would build it", async () => {
    const [stored] = await bench.load(await bundleOf("#!/bin/sh\necho carried\n"));
    expect(stored?.outcome).toBe("loaded");
    const { host } = bench.context;
    for (const context of [bench.context, machine({ without: ["go", "cc"] })]) {
      const path = (await ensureArtifacts(["program"], context)).get("program") ?? "";
      expect(path).toBe(stored?.path);
      expect((await host.commands.run([path])).stdout).toBe("carried\n");
      expect((await host.commands.run([join(path, "../program-link")])).stdout).toBe("carried\n");
      expect(await findArtifact("program", context)).toBe(path);
    }
  });

  it("is kept by clean while it is of use, with the images, and goes with --all", async () => {
    const image = await bench.image("example.test/app:1");
    const { member, part } = await bench.binary("program", "one");
    await bench.load(await bench.bundle([member, image.member], [part, image.part]));
    expect(await cleanArtifacts(bench.context, { unusedOnly: true })).toMatchObject({ removed: [] });
    expect((await cleanArtifacts(bench.context, { unusedOnly: false })).removed).toHaveLength(2);
    expect(await bench.cache()).toEqual({});
  });

  it("brings images, and of two that have one name the later one comes last", async () => {
    const first = await bench.image("example.test/app:1");
    await bench.load(await bench.bundle([first.member], [first.part]));
    const second = await bench.image("example.test/app:2");
    const [stored] = await bench.load(await bench.bundle([second.member], [second.part]));
    const found = await findLoadedImages(bench.context);
    expect(found.map(({ manifest }) => manifest.version)).toEqual(["example.test/app:1", "example.test/app:2"]);
    expect(found[1]?.path).toBe(stored?.path);
    expect(await readFile(stored?.path ?? "")).toEqual(second.part.body);
  });

  it("changes nothing the second time, and replaces what is not the same or was damaged", async () => {
    const one = await bundleOf("one");
    await bench.load(one);
    const before = await bench.cache();
    expect((await bench.load(one)).map(({ outcome }) => outcome)).toEqual(["present"]);
    expect(await bench.cache()).toEqual(before);
    const [replaced] = await bench.load(await bundleOf("two"));
    expect(replaced?.outcome).toBe("replaced");
    expect(await readFile(replaced?.path ?? "", "utf8")).toBe("two");
    await writeFile(replaced?.path ?? "", "tow");
    expect((await bench.load(await bundleOf("two"))).map(({ outcome }) => outcome)).toEqual(["replaced"]);
    expect(await readFile(replaced?.path ?? "", "utf8")).toBe("two");
  });

  it("is loaded by two at once", async () => {
    const bytes = await bundleOf("one");
    const [first, second] = await Promise.all([bench.load(bytes), bench.load(bytes)]);
    expect([...first, ...second].map(({ outcome }) => outcome).sort()).toEqual(["loaded", "present"]);
  });

  it("is what was written", async () => {
    const body = randomBytes(3_000_000);
    const source = join(bench.directory, "source");
    await writeFile(source, body);
    const { path, written } = await bundleFrom(source);
    const bytes = await readFile(path);
    expect(written).toEqual({ bytes: bytes.byteLength, sha256: createHash("sha256").update(bytes).digest("hex") });
    expect((await bundleFrom(source)).written, "the same content makes the same bytes").toEqual(written);
    const [stored] = await bench.load(bytes);
    expect((await readFile(stored?.path ?? "")).equals(body)).toBe(true);
  });

  it("is not written of a file that changes meanwhile", async () => {
    const source = join(bench.directory, "source");
    await writeFile(source, "what was checked");
    const sha256 = await bench.context.host.files.sha256(source);
    await writeFile(source, "what is written!");
    await expect(bundleFrom(source, sha256)).rejects.toMatchObject({
      exit: "artifact",
      message: expect.stringContaining(source) as string,
    });
  });

  it("is written and read in bounded memory", { timeout: 60_000 }, async () => {
    const source = join(bench.directory, "zeros");
    await writeFile(source, "");
    await truncate(source, 400 << 20);
    const before = process.memoryUsage.rss();
    let peak = before;
    const sampler = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 10);
    try {
      const { path } = await bundleFrom(source);
      await bench.load(createReadStream(path));
    } finally {
      clearInterval(sampler);
    }
    expect(peak - before).toBeLessThan(64 * 2 ** 20);
  });
});

describe("a bundle that cannot be stored", () => {
  it("leaves the cache as it was where putting it in place fails half-way", async () => {
    const other = await bench.binary("other", "other");
    await bench.load(await bundleOf("one"));
    const before = await bench.cache();
    const { member, part } = await bench.binary("program", "two");
    const bytes = await bench.bundle([member, other.member], [part, other.part]);
    const { files } = bench.context.host;
    const full = machine({
      files: {
        rename: (from, to) =>
          /artifacts\/other-[^/]+$/.test(to)
            ? Promise.reject(Object.assign(new Error("no space left on device"), { code: "ENOSPC" }))
            : files.rename(from, to),
      },
    });
    await expect(bench.load(bytes, full)).rejects.toMatchObject({ exit: "storage" });
    expect(await bench.cache()).toEqual(before);
    expect((await bench.load(bytes)).map(({ outcome }) => outcome)).toEqual(["replaced", "loaded"]);
  });

  it("leaves the cache as it was where it is interrupted", async () => {
    await bench.load(await bundleOf("one"));
    const before = await bench.cache();
    const bytes = await bundleOf(randomBytes(100_000).toString("hex"));
    const abort = new AbortController();
    const endless = Readable.from(
      (function* (): Generator<Uint8Array> {
        yield bytes.subarray(0, bytes.byteLength / 2);
        abort.abort(new Error("enough"));
        yield bytes.subarray(bytes.byteLength / 2);
      })(),
      { objectMode: false },
    );
    await expect(bench.load(endless, { ...bench.context, signal: abort.signal })).rejects.toThrow("enough");
    expect(await bench.cache()).toEqual(before);
  });

  it("leaves nothing of one that was killed after the next", async () => {
    const left = join(artifactDirectory(bench.context.host.environment), "bundle.0a0b0c0d.tmp");
    await mkdir(left, { recursive: true });
    await writeFile(join(left, "half"), "half");
    await bench.load(await bundleOf("one"));
    expect(Object.keys(await bench.cache()).filter((name) => name.includes(".tmp"))).toEqual([]);
  });
});

describe("a machine that can build nothing", () => {
  it("is told of bundles", async () => {
    await expect(ensureArtifacts(["program"], machine({ without: ["go"] }))).rejects.toMatchObject({
      exit: "unsupported",
      hint: expect.stringMatching(/sandkube bundle create .*sandkube bundle load/) as string,
    });
  });
});
