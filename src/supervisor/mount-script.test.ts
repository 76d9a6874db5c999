import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { mountScript, quote } from "./mount-script.ts";

describe("quote", () => {
  it.each(["plain", "two words", "it's", "$HOME `id` $(id)", '"', "\\", "a\nb", "", "*", "-n", "''", "!", "ä→"])(
    "a real sh reads %j back",
    (word) => {
      expect(execFileSync("sh", ["-c", `printf '%s|' ${quote(word)} end`], { encoding: "utf8" })).toBe(`${word}|end|`);
    },
  );
});

describe("mountScript", () => {
  it.each([
    [[]],
    [[{ kind: "supplement" as const, target: "/proc/sys/vm", files: {} }]],
    [
      [
        { kind: "tmpfs" as const, target: "/a b", sizeBytes: 4096 },
        { kind: "bind" as const, source: "/it's", target: "/b" },
        { kind: "cgroup-v1" as const, target: "/sys/fs/cgroup/cpu", controllers: "cpu,cpuacct" },
        { kind: "supplement" as const, target: "/proc/sys/kernel", files: { "it's": "1\n", "a|b": "$HOME" } },
      ],
    ],
  ])("is a script that sh can read: %j", (mounts) => {
    expect(() => execFileSync("sh", ["-n", "-c", mountScript(mounts, "/run/scratch dir", "/run/blame")])).not.toThrow();
  });

  it("stops at the first mount that fails", () => {
    expect(mountScript([], "/scratch", "/blame").split("\n")[0]).toBe("set -eu");
  });

  it("makes the mounts in the order given, each with a mount point of its own", () => {
    const script = mountScript(
      [
        { kind: "supplement", target: "/proc/sys/net", files: { a: "1" } },
        { kind: "supplement", target: "/proc/sys/net/ipv4", files: { b: "2" } },
      ],
      "/scratch",
      "/blame",
    );
    expect(script.indexOf("'/proc/sys/net' ")).toBeLessThan(script.indexOf("'/proc/sys/net/ipv4' "));
    expect(script).toContain("'/scratch/live-0'");
    expect(script).toContain("'/scratch/live-1'");
  });
});
