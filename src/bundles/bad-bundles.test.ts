import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { createGzip, gunzipSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  makeBundleBench,
  tarOfParts,
  type BundleBench,
  type Part,
  type PlainMember,
} from "../../test/fixtures/bundle-bench.ts";

let bench: BundleBench;
let before: Readonly<Record<string, string>>;
let program: { readonly member: PlainMember; readonly part: Part };
let other: typeof program;

beforeEach(async () => {
  bench = await makeBundleBench();
  const old = await bench.binary("program", "old");
  await bench.load(await bench.bundle([old.member], [old.part]));
  before = await bench.cache();
  program = await bench.binary("program", randomBytes(5000).toString("hex"));
  other = await bench.binary("other", "other");
});

afterEach(async () => {
  await bench[Symbol.asyncDispose]();
});

/** Expects a refusal that changes nothing. */
async function refused(bytes: Uint8Array | Readable, because: RegExp, exit = "artifact"): Promise<void> {
  await expect(bench.load(bytes)).rejects.toMatchObject({
    name: "SandkubeError",
    exit,
    message: expect.stringMatching(because) as string,
    hint: expect.stringContaining("sandkube bundle create") as string,
  });
  expect(await bench.cache()).toEqual(before);
}

describe("a bundle is refused, and the cache stays as it was, where", () => {
  it("a member is not what its digest says", async () => {
    const body = Buffer.from(program.part.body ?? []);
    body[100] = (body[100] ?? 0) ^ 1;
    const bytes = await bench.bundle([other.member, program.member], [other.part, { ...program.part, body }]);
    await refused(bytes, /the\.bundle is damaged: binaries\/program has the SHA-256 [0-9a-f]{64}/);
  });

  it("it ends early, wherever", async () => {
    const bytes = await bench.bundle([program.member, other.member], [program.part, other.part]);
    for (let tenths = 0; tenths < 10; tenths += 1) {
      const part = bytes.subarray(0, Math.floor((bytes.byteLength * tenths) / 10));
      await refused(part, /is truncated|is not a tar archive/);
    }
    await refused(bytes.subarray(0, -1), /is truncated/);
  });

  it("any one byte of it is another, or that byte does not matter", async () => {
    const bytes = await bench.bundle([program.member], [program.part]);
    let loaded = 0;
    for (let at = 0; at < bytes.byteLength; at += 97) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0xff;
      const outcome = await bench.load(changed).then(
        () => "loaded",
        (error: unknown) => (error as Error).name,
      );
      expect(["loaded", "SandkubeError"]).toContain(outcome);
      if (outcome === "loaded") loaded += 1;
      else if (loaded === 0) expect(await bench.cache()).toEqual(before);
    }
  });

  it("a member is missing, though the file is whole", async () => {
    const bytes = await bench.bundle([program.member, other.member], [program.part]);
    await refused(bytes, /is incomplete: binaries\/other is missing/);
  });

  it.each(["../program", "/etc/program", "binaries/../../program", "binaries/.hidden", "binaries/a/b", "program"])(
    "a path leaves its place: %s",
    async (path) => {
      const part = { ...program.part, name: path };
      await refused(await bench.bundle([{ ...program.member, path }], [part]), /members\.0\.path/);
      await refused(await bench.bundle([program.member], [part]), /which is not in its bundle\.json/);
    },
  );

  it.each([
    ["symlink", "a link"],
    ["link", "a link"],
    ["character-device", "a device file"],
    ["block-device", "a device file"],
    ["fifo", "a named pipe"],
    ["directory", "a directory"],
  ] as const)("it holds a %s", async (type, kind) => {
    const part: Part = { name: "binaries/program", type, linkname: "/etc/passwd" };
    await refused(
      await bench.bundle([program.member], [part]),
      new RegExp(`holds "binaries/program/?", which is ${kind}`),
    );
    const { member } = program;
    await refused(await bench.bundle([member], [program.part, part]), new RegExp(`which is ${kind}`));
  });

  it("it holds what its manifest does not name, or a member twice or out of order", async () => {
    await refused(await bench.bundle([program.member], [program.part, other.part]), /"binaries\/other".*not in its/);
    await refused(
      await bench.bundle([program.member], [program.part, program.part]),
      /"binaries\/program".*not belong/,
    );
    const both = [program.member, other.member];
    await refused(await bench.bundle(both, [other.part, program.part]), /"binaries\/other".*not belong/);
    await refused(await bench.bundle([program.member, program.member], [program.part]), /a path that is there twice/);
  });

  it("a member has more bytes than the manifest says, or fewer", async () => {
    for (const size of [4999, 10_001]) {
      await refused(await bench.bundle([{ ...program.member, size }], [program.part]), /has 10000 bytes, and not/);
    }
  });

  it("it goes on and on", async () => {
    const head = await tarOfParts([await manifestPart(), program.part]);
    const zeros = Buffer.alloc(1 << 20);
    const endless = (function* (): Generator<Uint8Array> {
      yield head;
      for (;;) yield zeros;
    })();
    await refused(Readable.from(endless, { objectMode: false }).pipe(createGzip()), /holds more than \d+ bytes/);
  });

  it("its manifest is a bomb", async () => {
    const body = Buffer.alloc(8 << 20, 0x20);
    await refused(gzipSync(await tarOfParts([{ name: "bundle.json", body }])), /bundle\.json has 8388608 bytes/);
  });

  it("it is something else", async () => {
    await refused(Buffer.from("hello, this is no bundle at all"), /is not compressed with gzip/);
    await refused(gzipSync("hello, this is no bundle at all"), /is not a tar archive/);
    await refused(gzipSync(Buffer.alloc(1024)), /is empty/);
    const image = await bench.image("example.test/app:1");
    await refused(gzipSync(image.part.body ?? ""), /is no bundle: it begins with "oci-layout"/);
    await refused(gzipSync(await tarOfParts([program.part])), /begins with "binaries\/program"/);
    await refused(gzipSync(await tarOfParts([{ name: "bundle.json", body: Buffer.from("{") }])), /is no JSON/);
    await refused(await bench.bundle([], []), /members: /);
  });

  it("its format is a later one", async () => {
    const bytes = await bench.bundle([program.member], [program.part], { schema: "sandkube.dev/bundle/v2" });
    await refused(
      bytes,
      /of the format "sandkube\.dev\/bundle\/v2", and this sandkube reads sandkube\.dev\/bundle\/v1/,
    );
  });

  it("it is for another processor", async () => {
    const bytes = await bench.bundle([program.member], [program.part], { architecture: "riscv64" });
    await refused(bytes, /programs for riscv64, and this machine is/, "unsupported");
  });

  it("another sandkube made it, and says what does not match", async () => {
    const recipe = "0".repeat(64);
    const members = [
      { ...program.member, version: "v0.9.0", recipe },
      { ...other.member, recipe },
      { ...other.member, path: "binaries/gone", name: "gone", version: "v1.0.0", recipe },
    ];
    const error = await bench.load(await bench.bundle(members, [])).catch((caught: unknown) => caught as Error);
    const { version } = program.member;
    expect((error as Error).message.split("\n")).toEqual([
      "the.bundle was made by sandkube 0.0.9, this is sandkube 0.1.0, and these do not match:",
      `  program v0.9.0: this sandkube needs ${String(version)}`,
      `  other ${String(version)}: this sandkube builds it from other sources or in another way`,
      "  gone v1.0.0: this sandkube knows no such program",
      "The cache is as it was.",
    ]);
    await refused(await bench.bundle(members, []), /do not match/);
  });

  it("an image in it is none, or another than is said, or there twice", async () => {
    const none = { kind: "image", path: "images/x.tar", references: ["example.test/x:1"] };
    const { size, sha256 } = other.member;
    await refused(
      await bench.bundle([{ ...none, size, sha256 }], [{ ...other.part, name: none.path }]),
      /holds images\/x\.tar, which is no image archive for this machine: it /,
    );
    const image = await bench.image("example.test/app:1");
    const lying = { ...image.member, references: ["example.test/app:2"] };
    await refused(await bench.bundle([lying], [image.part]), /holds other images than its manifest says/);
    const twin = { ...image.member, path: "images/twin.tar" };
    await refused(await bench.bundle([image.member, twin], [image.part]), /images\/twin\.tar is there twice/);
  });
});

/** The manifest of a bundle with the program alone, as an entry of a tar. */
async function manifestPart(): Promise<Part> {
  const tar = gunzipSync(await bench.bundle([program.member], []));
  const size = Number.parseInt(tar.toString("latin1", 124, 135), 8);
  return { name: "bundle.json", body: tar.subarray(512, 512 + size) };
}
