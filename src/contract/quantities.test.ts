import { describe, expect, it } from "vitest";
import { bytes, duration, parseQuantity } from "./quantities.ts";

it.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [10 * 1024, "10 KiB"],
  [1536 * 1024, "1.5 MiB"],
  [900 * 1024 ** 2, "900 MiB"],
  [2 ** 40 * 5000, "5000 TiB"],
])("bytes(%i) is %s", (count, text) => {
  expect(bytes(count)).toBe(text);
});

it.each([
  [0, "0 ms"],
  [340.4, "340 ms"],
  [994, "994 ms"],
  [996, "1.00 s"],
  [9994, "9.99 s"],
  [12_340, "12.3 s"],
  [59_960, "1 min"],
  [61_000, "1 min 1 s"],
  [3_600_000, "1 h"],
  [12_000_000, "3 h 20 min"],
  [86_400_000 * 2 + 3_600_000 * 5, "2 d 5 h"],
])("duration(%d) is %s", (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});

describe("parseQuantity", () => {
  it.each([
    ["0", 0],
    ["1Gi", 2 ** 30],
    ["1.5Gi", 1.5 * 2 ** 30],
    ["128974848", 128_974_848],
    ["129e6", 129_000_000],
    ["129M", 129_000_000],
    ["1E", 1e18],
    ["1E3", 1000],
    ["500m", 0.5],
    [".5k", 500],
  ])("reads %s", (text, value) => {
    expect(parseQuantity(text)).toBe(value);
  });

  it.each(["", "Gi", "1gb", "1 Gi", "1GiB", "one"])("finds none in %j", (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  });
});
