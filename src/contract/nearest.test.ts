import { describe, expect, it } from "vitest";
import { nearest } from "./nearest.ts";

describe("nearest", () => {
  const commands = ["up", "down", "status", "kubectl", "kubeconfig", "logs"];

  it.each([
    ["stauts", "status"], // two letters changed places
    ["kubctl", "kubectl"], // one is missing
    ["logss", "logs"], // one too many
    ["STATUS", "status"], // the shift key
    ["dwn", "down"],
  ])("takes %s for %s", (typed, meant) => {
    expect(nearest(typed, commands)).toBe(meant);
  });

  it("takes the word itself where it is known", () => {
    expect(nearest("kubeconfig", commands)).toBe("kubeconfig");
  });

  it("says nothing where no word is close", () => {
    expect(nearest("frobnicate", commands)).toBeUndefined();
    expect(nearest("", commands)).toBeUndefined();
  });

  it("knows nothing without known words", () => {
    expect(nearest("up", [])).toBeUndefined();
  });

  it("prefers the first of two that are equally close", () => {
    expect(nearest("logc", ["logs", "loge"])).toBe("logs");
  });
});
