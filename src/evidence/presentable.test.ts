import { describe, expect, it } from "vitest";
import { presentable } from "./presentable.ts";

describe("presentable", () => {
  it("leaves text as it is", () => {
    expect(presentable("eyJ is how a token begins\n401")).toBe("eyJ is how a token begins\n401");
  });

  it("leaves credentials out", () => {
    const part = "abcDEF012345-_";
    const token = `eyJ${part}.${part}.${part}`;
    const key = "-----BEGIN RSA PRIVATE KEY-----\nMIIB\nabc\n-----END RSA PRIVATE KEY-----";
    const text = presentable(`token is ${token};\n${key}\n  client-key-data: TUlJRQ==\n`);
    expect(text).toBe("token is [left out];\n[left out]\n  client-key-data: [left out]\n");
    expect(presentable("-----BEGIN PRIVATE KEY-----\ncut off")).toBe("[left out]");
  });

  it("shortens what is long, in the middle", () => {
    const text = presentable(`begin${"x".repeat(5000)}end`);
    expect(text).toMatch(/^beginx+\n\.\.\. 3008 characters left out \.\.\.\nx+end$/);
  });
});
