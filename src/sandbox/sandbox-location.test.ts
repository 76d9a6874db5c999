import { describe, expect, it } from "vitest";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { locateSandbox } from "./sandbox-location.ts";

describe("locateSandbox", () => {
  it("keeps everything in one directory", () => {
    const location = locateSandbox("dev");
    expect(location.directory).toBe("/var/lib/sandkube/sandboxes/dev");
    for (const path of [location.stateFile, location.bundle, location.rootfs, location.runscRoot, location.pidFile]) {
      expect(path.startsWith(`${location.directory}/`)).toBe(true);
    }
  });

  it("names links within the kernel's 15 characters, and apart for two state roots", () => {
    const name = "a".repeat(40);
    expect(locateSandbox(name).link.length).toBeLessThanOrEqual(15);
    expect(locateSandbox(name, "/one").id).not.toBe(locateSandbox(name, "/two").id);
    expect(locateSandbox(name, "/one/").id).toBe(locateSandbox(name, "/one").id);
  });

  it.each(["", "-a", "a-", "A", "a_b", "../x", "a/b", "a b", "a".repeat(41), "ä"])("refuses the name %j", (name) => {
    expect(() => locateSandbox(name)).toThrow(SandkubeError);
  });
});
