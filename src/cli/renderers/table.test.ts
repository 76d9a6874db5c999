import { describe, expect, it } from "vitest";
import { table } from "./table.ts";

describe("table", () => {
  it("makes columns as wide as their widest cell, without blanks at the end", () => {
    expect(
      table(
        ["NAME", "STATE", ""],
        [
          ["kube-apiserver", "ready", ""],
          ["kine", "backing-off", "exited with code 3"],
        ],
      ),
    ).toBe(
      ["NAME            STATE", "kube-apiserver  ready", "kine            backing-off  exited with code 3", ""].join(
        "\n",
      ),
    );
  });

  it("is its header where there are no rows", () => {
    expect(table(["A", "B"], [])).toBe("A  B\n");
  });

  it("bears a row that is too short", () => {
    expect(table(["A", "B", "C"], [["1"]])).toBe("A  B  C\n1\n");
  });
});
