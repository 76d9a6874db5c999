import { describe, expect, it } from "vitest";
import { normalizeReference, tagOf } from "./image-reference.ts";

const digest = `sha256:${"a".repeat(64)}`;

describe("normalizeReference", () => {
  it.each([
    ["busybox", "docker.io/library/busybox:latest"],
    ["busybox:1.35", "docker.io/library/busybox:1.35"],
    ["team/app", "docker.io/team/app:latest"],
    ["docker.io/busybox", "docker.io/library/busybox:latest"],
    ["index.docker.io/team/app:2", "docker.io/team/app:2"],
    ["localhost/app", "localhost/app:latest"],
    ["localhost:5000/app:1", "localhost:5000/app:1"],
    ["[::1]:5000/app:1", "[::1]:5000/app:1"],
    ["registry.k8s.io/pause:3.10.2", "registry.k8s.io/pause:3.10.2"],
    [`busybox@${digest}`, `docker.io/library/busybox@${digest}`],
    [`example.test/a/b:1@${digest}`, `example.test/a/b@${digest}`],
  ])("makes %s full", (short, full) => {
    expect(normalizeReference(short)).toBe(full);
  });

  it.each([
    "",
    ":",
    "Busybox",
    "a b",
    "a//b",
    "/a",
    "a/",
    "-a",
    "a:b:c",
    "a@sha256:0",
    "a:-x",
    "a\n",
    `a:${"t".repeat(129)}`,
  ])("refuses %j", (reference) => {
    expect(() => normalizeReference(reference)).toThrow(/is not the name of an image/);
  });
});

describe("tagOf", () => {
  it("knows a port from a tag", () => {
    expect(tagOf("localhost:5000/app")).toBeUndefined();
    expect(tagOf("localhost:5000/app:1.0")).toBe("1.0");
    expect(tagOf(`docker.io/library/busybox@${digest}`)).toBeUndefined();
  });
});
