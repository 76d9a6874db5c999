import { describe, expect, it } from "vitest";
import { artifactDirectory, cacheDirectory } from "./cache-directory.ts";

describe("cacheDirectory", () => {
  it.each([
    [{ SANDKUBE_CACHE_DIR: "/a", XDG_CACHE_HOME: "/b", HOME: "/c" }, "/a"],
    [{ SANDKUBE_CACHE_DIR: "", XDG_CACHE_HOME: "/b", HOME: "/c" }, "/b/sandkube"],
    [{ XDG_CACHE_HOME: "relative", HOME: "/c" }, "/c/.cache/sandkube"],
    [{ HOME: "/c" }, "/c/.cache/sandkube"],
  ])("of %o is %s", (environment, directory) => {
    expect(cacheDirectory(environment)).toBe(directory);
    expect(artifactDirectory(environment)).toBe(`${directory}/artifacts`);
  });

  it("refuses a relative path", () => {
    expect(() => cacheDirectory({ SANDKUBE_CACHE_DIR: "cache" })).toThrow(/"cache"/);
  });
});
