import { describe, expect, it } from "vitest";
import { isAtLeast, parseGoModule } from "./go-module.ts";

describe("parseGoModule", () => {
  it("reads the module's path, Go's version and every required version", () => {
    const parsed = parseGoModule(`module example.test/thing // a comment

go 1.26.5

toolchain go1.26.8

tool example.test/tool/cmd

require example.test/alone v1.2.3

require (
	example.test/first v0.1.0
	example.test/second/v2 v2.0.0-20260701204157-69c2d17aea96 // indirect
)

replace (
	example.test/first => ../first
)

exclude example.test/alone v1.2.2
`);
    expect(parsed.path).toBe("example.test/thing");
    expect(parsed.go).toBe("1.26.5");
    expect(Object.fromEntries(parsed.versions)).toEqual({
      "example.test/alone": "v1.2.3",
      "example.test/first": "v0.1.0",
      "example.test/second/v2": "v2.0.0-20260701204157-69c2d17aea96",
    });
  });
});

describe("isAtLeast", () => {
  it.each([
    ["go1.26.8", "1.26.5", true],
    ["go1.26.5", "1.26.5", true],
    ["go1.26.4", "1.26.5", false],
    ["go1.27", "1.26.5", true],
    ["go1.27rc1", "1.26.5", true],
    ["go1.9.7", "1.26", false],
    ["go1.26", "1.26.0", true],
    ["go2.0", "1.26", true],
    ["nonsense", "1.21", false],
  ])("%s against %s is %s", (version, wanted, answer) => {
    expect(isAtLeast(version, wanted)).toBe(answer);
  });
});
