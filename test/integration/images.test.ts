import { spawn, type ChildProcess } from "node:child_process";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, mkdtemp, open, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureArtifacts } from "../../src/artifacts/ensure-artifacts.ts";
import { silent } from "../../src/contract/progress.ts";
import { localHost } from "../../src/host/local-host.ts";
import { waitUntil } from "../../src/host/wait-until.ts";
import { buildImages, localArchitecture, type ImageDescription } from "../../src/images/build-image.ts";
import { askBusybox, busyboxImage } from "../../src/images/busybox-image.ts";
import { listStoredImages, type ContainerdImages, type StoredImage } from "../../src/images/containerd-images.ts";
import { inspectImageArchive } from "../../src/images/image-archive.ts";
import { importImages } from "../../src/images/import-images.ts";
import { pauseImage, pauseReference } from "../../src/images/pause-image.ts";

const host = localHost();
const { signal } = new AbortController();
const busybox = await host.commands.find("busybox");
const why =
  process.getuid?.() !== 0
    ? "containerd unpacks images as root only"
    : busybox === undefined
      ? "busybox-static is not installed"
      : undefined;
if (why !== undefined) process.stderr.write(`Skipped: images in a real containerd, because ${why}.\n`);

describe.skipIf(why !== undefined)("images in a real containerd", () => {
  let directory = "";
  let containerd: ChildProcess;
  let images: ContainerdImages;
  let node = "";

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "sandkube-containerd-"));
    const paths = await ensureArtifacts(["containerd", "ctr", "pause"], { host, progress: silent, signal });
    node = join(directory, "node.tar");
    const facts = await askBusybox(host, busybox ?? "", signal);
    await buildImages(host, [pauseImage(paths.get("pause") ?? ""), busyboxImage(busybox ?? "", facts)], node);
    const address = join(directory, "containerd.sock");
    containerd = await startContainerd(paths.get("containerd") ?? "", directory, address);
    images = { host, ctr: paths.get("ctr") ?? "", address, namespace: "k8s.io", snapshotter: "native", signal };
    await waitUntil(
      async () =>
        (await host.sockets.canConnectUnix(address, 500))
          ? { ok: true }
          : { ok: false, because: `nothing listens yet; its log: ${await readFile(join(directory, "log"), "utf8")}` },
      { clock: host.clock, what: "containerd", timeout: 60_000 },
    );
  });

  afterAll(async () => {
    await stop(containerd);
    expect(await readFile("/proc/self/mountinfo", "utf8")).not.toContain(directory);
    await rm(directory, { recursive: true, force: true });
  });

  it("imports pause and busybox with one process, pinned, and unpacks them", async () => {
    const imported = await importImages(images, [{ path: node, pinned: true }]);
    expect(imported.map(({ outcome }) => outcome)).toEqual(imported.map(() => "imported"));
    const references = imported.map(({ reference }) => reference);
    expect(references).toContain(pauseReference);
    expect(references).toContain("docker.io/library/busybox:latest");
    const inspected = await inspectImageArchive(node, host);
    expect(new Set(imported.map(({ digest }) => digest))).toEqual(
      new Set(inspected.images.map(({ digest }) => digest)),
    );
    expect(references).toEqual(inspected.images.flatMap((image) => image.references));

    const root = await snapshotWith("bin/busybox");
    expect(await readlink(join(root, "bin/sh"))).toBe("/bin/busybox");
    expect((await stat(join(root, "tmp"))).mode & 0o7777).toBe(0o1777);
    expect((await host.commands.run([join(root, "bin/busybox"), "echo", "it runs"])).stdout).toBe("it runs\n");
  });

  it("gives them to CRI, which manages them under their ids and leaves the pin", async () => {
    const { images: inspected } = await inspectImageArchive(node, host);
    const pause = inspected.find(({ references }) => references.includes(pauseReference));
    await waitUntil(
      async () => {
        const stored = await listStoredImages(images);
        const managed = (reference: string): boolean =>
          find(stored, reference)?.labels.has("io.cri-containerd.image=managed") === true;
        return managed(pauseReference) && managed(pause?.id ?? "")
          ? { ok: true }
          : {
              ok: false,
              because: `CRI does not manage it: ${JSON.stringify(stored.map(({ reference }) => reference))}`,
            };
      },
      { clock: host.clock, what: "CRI to see the image", timeout: 20_000 },
    );
    const stored = await listStoredImages(images);
    expect(find(stored, pauseReference)?.labels).toContain("io.cri-containerd.pinned=pinned");
  });

  it("says what was there before", async () => {
    const again = await importImages(images, [{ path: node, pinned: true }]);
    expect(new Set(again.map(({ outcome }) => outcome))).toEqual(new Set(["present"]));
    const first = await archiveOf("first", { references: ["example.test/app:1"], content: "first" });
    const second = await archiveOf("second", { references: ["example.test/app:1"], content: "second" });
    const imported = await importImages(images, [{ path: first }, { path: second }]);
    expect(imported.map(({ outcome }) => outcome)).toEqual(["imported", "replaced"]);
  });

  it("takes an archive compressed with gzip", async () => {
    const plain = await archiveOf("zipped", { references: ["example.test/zipped:1"], content: "zipped" });
    const path = `${plain}.gz`;
    await pipeline(createReadStream(plain), createGzip(), createWriteStream(path));
    const [image] = await importImages(images, [{ path }]);
    expect(image).toMatchObject({ reference: "example.test/zipped:1", outcome: "imported" });
  });

  it("takes what docker save wrote before version 25", async () => {
    const oci = await archiveOf("modern", { references: ["legacy:1"], content: "legacy" });
    const path = join(directory, "legacy.tar");
    const parts = join(directory, "legacy");
    await mkdir(parts);
    await host.commands.run(["tar", "-xf", oci, "-C", parts, "manifest.json", "blobs"]);
    await host.commands.run(["tar", "-cf", path, "-C", parts, "manifest.json", "blobs"]);
    const { format, images: inspected } = await inspectImageArchive(path, host);
    expect(format).toBe("docker-archive");
    const [image] = await importImages(images, [{ path }]);
    expect(image?.reference).toBe(inspected[0]?.references[0]);
  });

  it("fails with ctr's own words, and says so where an archive names nothing", async () => {
    const path = join(directory, "broken.tar");
    await writeFile(path, (await readFile(node)).subarray(0, 100_000));
    await expect(importImages(images, [{ path }])).rejects.toThrow(/images import .* exited with code 1/);
    const unnamed = join(directory, "unnamed.tar");
    const text = (await readFile(node))
      .toString("latin1")
      .replaceAll("io.containerd.image.name", "io.containerd.image.nome");
    await writeFile(
      unnamed,
      text.replaceAll("org.opencontainers.image.ref.name", "org.opencontainers.image.ref.nome"),
      "latin1",
    );
    await expect(importImages(images, [{ path: unnamed }])).rejects.toMatchObject({ exit: "usage" });
  });

  /** An archive with an image of one file. */
  async function archiveOf(
    name: string,
    image: { readonly references: readonly string[]; readonly content: string },
  ): Promise<string> {
    const description: ImageDescription = {
      references: image.references,
      architecture: localArchitecture(),
      entries: [{ kind: "file", path: "file", content: image.content }],
      config: {},
    };
    const path = join(directory, `${name}.tar`);
    await buildImages(host, [description], path);
    return path;
  }

  /** The snapshot that holds a file. */
  async function snapshotWith(path: string): Promise<string> {
    const snapshots = join(directory, "root", "io.containerd.snapshotter.v1.native", "snapshots");
    for (const name of await readdir(snapshots)) {
      const root = join(snapshots, name);
      if ((await host.files.linkStatus(join(root, path))) !== undefined) return root;
    }
    throw new Error(`no snapshot holds ${path}`);
  }
});

function find(stored: readonly StoredImage[], reference: string): StoredImage | undefined {
  return stored.find((image) => image.reference === reference);
}

/** Starts a containerd of which every file, socket and mount is inside the directory. */
async function startContainerd(program: string, directory: string, address: string): Promise<ChildProcess> {
  const config = `
version = 3
root = "${directory}/root"
state = "${directory}/state"
[grpc]
  address = "${address}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${directory}/opt"
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "native"
[plugins."io.containerd.cri.v1.runtime".cni]
  conf_dir = "${directory}/cni"
[plugins."io.containerd.nri.v1.nri"]
  disable = true
`;
  await writeFile(join(directory, "config.toml"), config);
  const log = await open(join(directory, "log"), "w");
  const child = spawn(program, ["--config", join(directory, "config.toml")], {
    stdio: ["ignore", log.fd, log.fd],
  });
  await log.close();
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}
