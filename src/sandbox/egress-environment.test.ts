import { describe, expect, it } from "vitest";
import type { FileStatus, Host } from "../contract/host.ts";
import { readEgressEnvironment } from "./egress-environment.ts";

function hostWith(environment: Host["environment"]): Parameters<typeof readEgressEnvironment>[0] {
  const file = { kind: "file" } as FileStatus;
  return {
    environment,
    files: { status: (path: string) => Promise.resolve(path === "/etc/ssl/ca.crt" ? file : undefined) },
  };
}

describe("readEgressEnvironment", () => {
  it("passes proxies on and mounts the CA bundle at a place of its own", async () => {
    const egress = await readEgressEnvironment(
      hostWith({ https_proxy: "http://192.0.2.9:3128", NODE_EXTRA_CA_CERTS: "/etc/ssl/ca.crt", SECRET: "no" }),
    );
    expect(egress.environment).toEqual({
      https_proxy: "http://192.0.2.9:3128",
      NODE_EXTRA_CA_CERTS: "/etc/sandkube/node-extra-ca-certs.crt",
    });
    expect(egress.mounts).toEqual([{ source: "/etc/ssl/ca.crt", target: "/etc/sandkube/node-extra-ca-certs.crt" }]);
    expect(egress.notes).toEqual([]);
  });

  it("warns of a proxy on the host's loopback, and leaves out a CA bundle that is not there", async () => {
    const egress = await readEgressEnvironment(
      hostWith({ HTTP_PROXY: "http://user:word@127.0.0.1:3128", SSL_CERT_FILE: "/gone" }),
    );
    expect(egress.notes).toHaveLength(1);
    expect(egress.mounts).toEqual([]);
    expect(egress.environment).not.toHaveProperty("SSL_CERT_FILE");
  });
});
