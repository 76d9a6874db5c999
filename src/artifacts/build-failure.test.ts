import { describe, expect, it } from "vitest";
import { buildFailure, redact } from "./build-failure.ts";

describe("buildFailure", () => {
  it("quotes the lines and names the time", () => {
    const error = buildFailure("kine", ["# kine", "./main.go:6: undefined: x"], 61_400, {});
    expect(error.title).toBe("kine could not be built");
    expect(error.message).toBe("The build failed after 61 s:\n  # kine\n  ./main.go:6: undefined: x");
    expect(error.exit).toBe("artifact");
  });

  it.each([
    ["write /tmp/x: no space left on device", "disk space", "storage"],
    ["/usr/bin/ld: cannot find -lseccomp: No such file or directory", "libseccomp-dev", "artifact"],
    ["verifying k8s.io/api@v0.36.3: checksum mismatch", "go.sum", "artifact"],
    ["dial tcp 192.0.2.1:443: i/o timeout", "proxy", "artifact"],
    ["compile: signal: killed", "memory", "artifact"],
  ])("knows what to do about: %s", (line, hint, exit) => {
    const error = buildFailure("runc", [line], 1000, {});
    expect(error.hint).toContain(hint);
    expect(error.exit).toBe(exit);
  });
});

describe("redact", () => {
  it("takes user names and passwords out of addresses", () => {
    expect(redact("Get https://me:secret@go.test/x: 403", {})).toBe("Get https://go.test/x: 403");
  });

  it("takes the proxy out, with its scheme and without", () => {
    const environment = { https_proxy: "http://me:secret@proxy.test:3128/", PATH: "/bin" };
    expect(redact("via http://me:secret@proxy.test:3128/ refused", environment)).toBe("via (proxy) refused");
    expect(redact("proxyconnect tcp: dial proxy.test:3128", environment)).toBe("proxyconnect tcp: dial (proxy)");
    expect(redact("nothing to hide in /bin", environment)).toBe("nothing to hide in /bin");
  });
});
