import { describe, expect, it } from "vitest";
import { GoBuildProgress } from "./go-build-progress.ts";

function after(...lines: readonly string[]): GoBuildProgress {
  const progress = new GoBuildProgress("example.test/program");
  for (const line of lines) progress.line(line);
  return progress;
}

describe("GoBuildProgress", () => {
  it("says so while nothing is compiled", () => {
    expect(after().text).toBe("no package to compile so far");
  });

  it("names the module that is fetched", () => {
    expect(after("go: downloading k8s.io/api v0.36.3").text).toBe("downloading k8s.io/api v0.36.3");
  });

  it("counts packages and names the last one", () => {
    expect(after("internal/goarch", "k8s.io/api/core/v1", "gopkg.in/yaml.v3").text).toBe(
      "3 packages, gopkg.in/yaml.v3",
    );
  });

  it("knows that the program itself comes last", () => {
    expect(after("fmt", "example.test/program").text).toBe("2 packages, linking");
  });

  it("keeps the last lines that are not progress", () => {
    const progress = after(
      "fmt",
      "go: downloading k8s.io/api v0.36.3",
      "# example.test/program",
      "./main.go:6:2: undefined: missing",
      "./main.go:7:2: undefined: another",
      "",
    );
    expect(progress.lastLines(2)).toEqual(["./main.go:6:2: undefined: missing", "./main.go:7:2: undefined: another"]);
    expect(progress.lastLines(20)).toHaveLength(3);
    expect(progress.text).toContain("1 packages");
  });
});
