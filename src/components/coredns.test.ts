import { describe, expect, it } from "vitest";
import { testSpec } from "../../test/fixtures/cluster-spec.ts";
import type { Host, NameAnswer } from "../contract/host.ts";
import { ApiAccess } from "./api-access.ts";
import { corefile, coredns } from "./coredns.ts";

const spec = testSpec("/state");

function withResolvers(...resolvers: string[]): string {
  return corefile({ ...spec, network: { ...spec.network, resolvers } });
}

describe("the Corefile", () => {
  it("listens on the cluster's addresses and passes on what is not the cluster's, in the machine's order", () => {
    const text = withResolvers("192.0.2.53", "2001:db8::53");
    expect(text).toContain("    bind 10.96.0.10 10.244.0.1\n");
    expect(text).toContain('        kubeconfig "/state/kubeconfigs/coredns"\n');
    expect(text).toContain("    forward . 192.0.2.53 2001:db8::53 {\n        policy sequential\n");
    expect(text).toContain("    loop\n");
    expect(text).not.toContain("template");
  });

  it("answers at once where there is nobody to ask", () => {
    const text = withResolvers();
    expect(text).toMatch(/template ANY ANY \. \{\n\s+rcode NXDOMAIN\n\s+ederror 23 "/);
    expect(text).not.toMatch(/forward|loop/);
  });
});

describe("the probe", () => {
  const probe = (answer: NameAnswer): ReturnType<ReturnType<typeof coredns>["probe"]> => {
    const host = { sockets: { askNameServer: () => Promise.resolve(answer) } } as unknown as Host;
    return coredns(host, new ApiAccess(host)).probe(spec, new AbortController().signal);
  };

  it("is content with an address for the API server, and with nothing less", async () => {
    expect(await probe({ answered: true, code: "NOERROR", records: ["10.96.0.1"] })).toEqual({ ok: true });
    expect(await probe({ answered: true, code: "ESERVFAIL", records: [] })).toEqual({
      ok: false,
      because: "10.96.0.10 answers ESERVFAIL for kubernetes.default.svc.cluster.local",
    });
    expect(await probe({ answered: false, because: "ETIMEOUT" })).toEqual({
      ok: false,
      because: "10.96.0.10 does not answer: ETIMEOUT",
    });
  });
});
