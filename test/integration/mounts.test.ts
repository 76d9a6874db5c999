import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { NodeMount } from "../../src/contract/cluster-spec.ts";
import { mountScript, quote } from "../../src/supervisor/mount-script.ts";

const why = reasonToSkip();
if (why !== undefined) process.stderr.write(`Skipped: mounts in a real mount namespace, because ${why}.\n`);

function reasonToSkip(): string | undefined {
  if (process.getuid?.() !== 0) return "only root may mount";
  const { status, stderr, error } = spawnSync("unshare", ["--mount", "--propagation", "slave", "true"], {
    encoding: "utf8",
  });
  return status === 0 ? undefined : `unshare --mount does not work here: ${error?.message ?? stderr.trim()}`;
}

describe.skipIf(why !== undefined)("mounts in a real mount namespace", () => {
  let directory = "";
  let target = "";

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "sandkube mounts-"));
    target = join(directory, "it's a target");
    await mkdir(join(target, "sub directory"), { recursive: true });
    await writeFile(join(target, "replaced"), "old");
    await writeFile(join(target, "live"), "live before");
    await writeFile(join(target, "with 'quotes' $x"), "odd");
    await writeFile(join(target, "sub directory/inner"), "inner before");
  });

  afterEach(async () => {
    // What a namespace mounts is gone with its last process, and never came out.
    const mounts = (await readFile("/proc/self/mountinfo", "utf8")).split("\n");
    expect(mounts.filter((line) => /sandkube\\040mounts-| \/proc\/sys\/kernel /.test(line))).toEqual([]);
    await rm(directory, { recursive: true, force: true });
  });

  /** Runs commands where the mounts are; `$1` is the target. */
  function inside(mounts: readonly NodeMount[], commands: string): { status: number | null; output: string } {
    const script = `${mountScript(mounts, join(directory, "scratch dir"), join(directory, "blame"))}\nset -- ${quote(target)}\n${commands}`;
    const { status, stdout, stderr } = spawnSync("unshare", ["--mount", "--propagation", "slave", "sh", "-c", script], {
      encoding: "utf8",
    });
    return { status, output: `${stdout}${stderr}` };
  }

  it("supplement adds and replaces files, and keeps the rest", async () => {
    const files = { replaced: "new\n", "added it's": "with 'quotes' and $dollars\n", empty: "" };
    const { status, output } = inside(
      [{ kind: "supplement", target, files }],
      `cat "$1/replaced" "$1/added it's"; wc -c <"$1/empty"; cat "$1/live" "$1/with 'quotes' \\$x"; echo; cat "$1/sub directory/inner"; echo; ls -1 "$1"`,
    );
    expect(status, output).toBe(0);
    expect(output.split("\n")).toEqual([
      "new",
      "with 'quotes' and $dollars",
      "0",
      "live beforeodd",
      "inner before",
      ...["added it's", "empty", "live", "replaced", "sub directory", "with 'quotes' $x"],
      "",
    ]);
    expect((await readdir(target)).sort()).toEqual(["live", "replaced", "sub directory", "with 'quotes' $x"]);
    expect(await readFile(join(target, "replaced"), "utf8")).toBe("old");
  });

  it("supplement keeps live what was there: writes go through, both ways", async () => {
    const { status, output } = inside(
      [{ kind: "supplement", target, files: { replaced: "new" } }],
      `echo "from inside" >"$1/live"; echo "from inside" >"$1/sub directory/inner"; echo "ours" >"$1/replaced"`,
    );
    expect(status, output).toBe(0);
    expect(await readFile(join(target, "live"), "utf8")).toBe("from inside\n");
    expect(await readFile(join(target, "sub directory/inner"), "utf8")).toBe("from inside\n");
    expect(await readFile(join(target, "replaced"), "utf8")).toBe("old");
  });

  it("supplement works on real kernel settings, which stay live", async () => {
    const ostype = await readFile("/proc/sys/kernel/ostype", "utf8");
    const { status, output } = inside(
      [{ kind: "supplement", target: "/proc/sys/kernel", files: { sandkube_test: "7\n", osrelease: "made up\n" } }],
      "cat /proc/sys/kernel/ostype /proc/sys/kernel/sandkube_test /proc/sys/kernel/osrelease; uname -r",
    );
    expect(status, output).toBe(0);
    const release = await readFile("/proc/sys/kernel/osrelease", "utf8");
    expect(output).toBe(`${ostype}7\nmade up\n${release}`);
    await expect(readFile("/proc/sys/kernel/sandkube_test")).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("supplement within one that is supplemented already", () => {
    const { status, output } = inside(
      [
        { kind: "supplement", target, files: { outer: "outer\n" } },
        { kind: "supplement", target: join(target, "sub directory"), files: { added: "added\n" } },
        { kind: "tmpfs", target: join(target, "made") },
        { kind: "supplement", target: join(target, "made"), files: { one: "one\n" } },
      ],
      `cat "$1/outer" "$1/sub directory/added" "$1/made/one" "$1/sub directory/inner"`,
    );
    expect(status, output).toBe(0);
    expect(output).toBe("outer\nadded\none\ninner before");
  });

  it("supplement without files changes nothing", () => {
    const { status, output } = inside([{ kind: "supplement", target, files: {} }], `cat "$1/live"`);
    expect(status, output).toBe(0);
    expect(output).toBe("live before");
  });

  it("supplement keeps links as links, also those that lead to nothing, and replaces one", async () => {
    await symlink("live", join(target, "link"));
    await symlink("/nonexistent", join(target, "dangling"));
    await symlink("live", join(target, "replaced link"));
    const { status, output } = inside(
      [{ kind: "supplement", target, files: { "replaced link": "ours" } }],
      `readlink "$1/link" "$1/dangling"; cat "$1/link" "$1/replaced link"`,
    );
    expect(status, output).toBe(0);
    expect(output).toBe("live\n/nonexistent\nlive beforeours");
    expect(await readFile(join(target, "live"), "utf8")).toBe("live before");
  });

  it("supplement keeps what is mounted below", () => {
    const below = join(target, "sub directory/mounted");
    const { status, output } = inside(
      [
        { kind: "tmpfs", target: below },
        { kind: "supplement", target, files: { added: "added\n" } },
      ],
      `cat "$1/added"; stat --file-system --format %T "$1/sub directory/mounted"; cat "$1/sub directory/inner"`,
    );
    expect(status, output).toBe(0);
    expect(output).toBe("added\ntmpfs\ninner before");
  });

  it("supplement keeps what is mounted right in it, by us or by the machine", async () => {
    const below = join(target, "mounted");
    await mkdir(below);
    const ours = inside(
      [
        { kind: "tmpfs", target: below, sizeBytes: 1024 * 1024 },
        { kind: "supplement", target, files: { added: "added\n" } },
      ],
      `df --output=size,fstype "$1/mounted" | tail -1`,
    );
    expect(ours.output).toMatch(/ 1024 +tmpfs/);
    const { status, output } = inside(
      [{ kind: "supplement", target: "/dev", files: { kmsg: "" } }],
      "ls -d /dev/pts/ptmx; [ -c /dev/null ] && echo null",
    );
    expect(status, output).toBe(0);
    expect(output).toBe("/dev/pts/ptmx\nnull\n");
  });

  it("supplement of a tmpfs of ours keeps what is in it", () => {
    const made = join(target, "made");
    const { status, output } = inside(
      [
        { kind: "tmpfs", target: made },
        { kind: "supplement", target: made, files: { one: "one\n" } },
        { kind: "supplement", target: made, files: { two: "two\n" } },
      ],
      `cat "$1/made/one" "$1/made/two"`,
    );
    expect(status, output).toBe(0);
    expect(output).toBe("one\ntwo\n");
  });

  it("tmpfs covers a directory, as large as it may be", () => {
    const { status, output } = inside(
      [{ kind: "tmpfs", target: join(target, "new place"), sizeBytes: 1024 * 1024 }],
      `df --output=size,fstype "$1/new place" | tail -1; dd if=/dev/zero of="$1/new place/f" bs=1M count=2 2>&1 | head -1`,
    );
    expect(status, output).toBe(0);
    expect(output).toMatch(/1024 +tmpfs/);
    expect(output).toContain("No space left on device");
  });

  it("bind shows one place at another", async () => {
    await mkdir(join(directory, "other's"));
    await writeFile(join(directory, "other's/file"), "bound");
    const { status, output } = inside(
      [{ kind: "bind", source: join(directory, "other's"), target: join(target, "sub directory") }],
      `cat "$1/sub directory/file"`,
    );
    expect(status, output).toBe(0);
    expect(output).toBe("bound");
  });

  it("mounts are shared among what runs inside, as Bidirectional volumes need", () => {
    const { status, output } = inside(
      [{ kind: "tmpfs", target: join(target, "new place") }],
      "findmnt --noheadings --output PROPAGATION /",
    );
    expect(status, output).toBe(0);
    expect(output).toContain("shared");
  });

  it("a mount that fails ends it with the mount's own words, before anything starts", () => {
    const { status, output } = inside(
      [{ kind: "bind", source: join(directory, "absent"), target }],
      "echo the supervisor starts",
    );
    expect(status).not.toBe(0);
    expect(output).toContain("absent");
    expect(output).not.toContain("the supervisor starts");
  });
});
