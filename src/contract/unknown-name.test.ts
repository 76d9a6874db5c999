import { describe, expect, it } from "vitest";
import { unknownName } from "./unknown-name.ts";

describe("unknownName", () => {
  it("names the kind, the nearest known name and all of them", () => {
    const error = unknownName({ kind: "check", name: "pod-run", known: ["pod-runs", "dns"] });
    expect(error).toMatchObject({
      title: 'There is no check "pod-run"',
      message: "Known: pod-runs, dns.",
      hint: 'Did you mean "pod-runs"?',
      exit: "usage",
    });
  });

  it("guesses nothing where no name is near, and says where they are listed", () => {
    const error = unknownName({
      kind: "check",
      name: "x",
      known: ["pod-runs"],
      message: "See --list.",
      exit: "notFound",
    });
    expect(error).toMatchObject({ message: "See --list.", hint: undefined, exit: "notFound" });
  });
});
