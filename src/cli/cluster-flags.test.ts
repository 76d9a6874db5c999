import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { collect, parsePort, parseSeconds } from "./cluster-flags.ts";

describe("parseSeconds", () => {
  it.each([
    ["90", 90],
    ["90s", 90],
    ["2m", 120],
    ["1m30s", 90],
    ["1m30", 90],
    ["0.5s", 0.5],
  ])("%s", (text, seconds) => {
    expect(parseSeconds(text)).toBe(seconds);
  });

  it.each(["", "0", "0m", "-1", "soon", "1h", "s", "m", "1.5m", "1e3", " 5", "5 s"])("refuses %j", (text) => {
    expect(() => parseSeconds(text)).toThrow(InvalidArgumentError);
  });
});

describe("parsePort", () => {
  it.each([
    ["1", 1],
    ["6443", 6443],
    ["65535", 65_535],
  ])("%s", (text, port) => {
    expect(parsePort(text)).toBe(port);
  });

  it.each(["", "0", "65536", "-1", "0x10", "64e2", "6443.0", "http"])("refuses %j", (text) => {
    expect(() => parsePort(text)).toThrow(InvalidArgumentError);
  });
});

it("collect keeps the order, and does not change what was before", () => {
  const first = collect("a", undefined);
  expect(collect("b", first)).toEqual(["a", "b"]);
  expect(first).toEqual(["a"]);
});
