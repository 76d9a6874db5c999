import { describe, expect, it } from "vitest";
import { exitCode, type ExitCodeName } from "../../contract/exit-code.ts";
import { SandkubeError } from "../../contract/sandkube-error.ts";
import { renderError } from "./error.ts";

const error = new SandkubeError({ title: "No", message: "one\ntwo", hint: "Do that.", exit: "conflict" });

describe("renderError", () => {
  it("shows title, every line of the message, and the hint", () => {
    expect(renderError(error, false).text).toBe("error: No\n  one\n  two\nhint: Do that.\n");
  });

  it("leaves the hint out where there is none; it is null in JSON", () => {
    const bare = renderError(new SandkubeError({ title: "No", message: "one", exit: "usage" }), false);
    expect(bare.text).toBe("error: No\n  one\n");
    expect(bare.json).toEqual({
      schema: "sandkube.dev/error/v1",
      title: "No",
      message: "one",
      hint: null,
      exit: "usage",
    });
  });

  it("colours the words that lead, and nothing without colour", () => {
    expect(renderError(error, true).text).toContain("\u001b[31merror: No\u001b[39m");
    expect(renderError(error, false).text).not.toContain("\u001b");
  });

  it("shows the stack of what is no error for users, and says that it is a bug", () => {
    const bug = renderError(new TypeError("x is not a function"), false);
    expect(bug.text).toMatch(/^error: this is a bug in sandkube\nTypeError: x is not a function\n {4}at /);
    expect(bug.code).toBe(1);
    expect(bug.json).toMatchObject({ exit: "internal", hint: null });
    expect(renderError("a thrown text", false).text).toContain("a thrown text");
    expect(renderError(undefined, false).code).toBe(1);
  });

  it.each(Object.keys(exitCode).filter((name) => name !== "ok") as ExitCodeName[])("knows the code of %s", (exit) => {
    const rendered = renderError(new SandkubeError({ title: "t", message: "m", exit }), false);
    expect(rendered.code).toBe(exitCode[exit]);
    expect(rendered.json).toMatchObject({ exit });
  });
});
