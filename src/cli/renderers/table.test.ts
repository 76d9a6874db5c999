import { describe, expect, it } from "vitest";
import { bytes, table } from "./table.ts";

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
