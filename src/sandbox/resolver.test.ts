import { describe, expect, it } from "vitest";
import type { Files } from "../contract/host.ts";
import { findResolver, formatResolvConf, parseResolvConf } from "./resolver.ts";

function filesWith(contents: Readonly<Record<string, string>>): Pick<Files, "readTextIfPresent"> {
  return { readTextIfPresent: (path) => Promise.resolve(contents[path]) };
}

describe("parseResolvConf", () => {
  it("reads name servers and search domains, without comments", () => {
    expect(
      parseResolvConf("# local\nnameserver 192.0.2.53 # first\n nameserver\t192.0.2.54\nsearch a.test b.test\n"),
    ).toEqual({
      nameservers: ["192.0.2.53", "192.0.2.54"],
      search: ["a.test", "b.test"],
    });
  });

  it("leaves out loopback and IPv6, which a sandbox cannot reach", () => {
    expect(parseResolvConf("nameserver 127.0.0.53\nnameserver fd00::1\nnameserver ::1\n").nameservers).toEqual([]);
  });
});

describe("findResolver", () => {
  it("takes the host's own where it is reachable", async () => {
    const resolver = await findResolver(filesWith({ "/etc/resolv.conf": "nameserver 192.0.2.53\n" }));
    expect(resolver).toMatchObject({ nameservers: ["192.0.2.53"], note: undefined });
    expect(formatResolvConf(resolver)).toBe("# Written by sandkube from /etc/resolv.conf.\nnameserver 192.0.2.53\n");
  });

  it("takes systemd-resolved's upstream for its stub, and says so", async () => {
    const resolver = await findResolver(
      filesWith({
        "/etc/resolv.conf": "nameserver 127.0.0.53\noptions edns0\n",
        "/run/systemd/resolve/resolv.conf": "nameserver 192.0.2.1\nsearch lan\n",
      }),
    );
    expect(resolver).toMatchObject({ nameservers: ["192.0.2.1"], search: ["lan"] });
    expect(resolver.note).toContain("192.0.2.1");
  });

  it("says so where no upstream is known", async () => {
    const resolver = await findResolver(filesWith({ "/etc/resolv.conf": "nameserver 127.0.0.1\n" }));
    expect(resolver.nameservers).toEqual([]);
    expect(resolver.note).toContain("do not resolve");
  });
});
