import { beforeAll, describe, expect, it } from "vitest";
import { testSpec } from "../../test/fixtures/cluster-spec.ts";
import { scriptedHost } from "../../test/fixtures/scripted-host.ts";
import type { ClusterSpec } from "../contract/cluster-spec.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { CertificateAuthority } from "../pki/certificate-authority.ts";
import { namedProxy, reachableProxy, type ToldProxy, type WantedPodProxy } from "./pod-proxy.ts";

/** The error of a wish, whole, as it would be printed. */
function refusal(wanted: WantedPodProxy, environment: Record<string, string> = {}): SandkubeError {
  try {
    namedProxy(wanted, environment);
  } catch (error) {
    if (error instanceof SandkubeError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("namedProxy", () => {
  it("is none where none is asked for", () => {
    expect(namedProxy(undefined, { HTTP_PROXY: "http://a:1" })).toBeUndefined();
    expect(namedProxy(false, { HTTP_PROXY: "not an address, and nobody minds" })).toBeUndefined();
  });

  it("takes what the environment names, each for its own, and what goes around it", () => {
    const environment = { HTTP_PROXY: "http://a:1", https_proxy: "b:2", NO_PROXY: ".corp, 10.1.2.3" };
    const named = namedProxy(true, environment);
    expect(named?.http?.href).toBe("http://a:1/");
    expect(named?.https?.href).toBe("http://b:2/");
    expect(named?.bypass).toEqual([".corp", "10.1.2.3"]);
    expect(namedProxy(true, { HTTPS_PROXY: "http://b:2" })?.http).toBeUndefined();
    expect(namedProxy(true, { ALL_PROXY: "http://c:3" })?.http?.href).toBe("http://c:3/");
  });

  it("takes an address for both, and still what goes around it", () => {
    const named = namedProxy("https://user:p%40ss@proxy.test:3129", { HTTP_PROXY: "http://a:1", NO_PROXY: ".corp" });
    expect(named?.http?.href).toBe("https://user:p%40ss@proxy.test:3129/");
    expect(named?.https).toBe(named?.http);
    expect(named?.bypass).toEqual([".corp"]);
  });

  it("is an error with a hint where there is none to tell of", () => {
    const { exit, message, hint } = refusal(true, { HTTP_PROXY: " ", NO_PROXY: "x" });
    expect(exit).toBe("usage");
    expect(message).toContain("neither HTTP_PROXY nor HTTPS_PROXY is set");
    expect(hint).toContain("--pod-proxy=http://PROXY:PORT");
  });

  it.each([
    "socks5://s:1080",
    "http://",
    "http://a:99999",
    "http://a:1/path",
    "http://a:1?q",
    "http://a b:1",
    "ftp://a",
  ])("refuses %s", (text) => {
    expect(refusal(text).exit).toBe("usage");
    expect(refusal(true, { HTTPS_PROXY: text }).message).toContain("HTTPS_PROXY");
  });

  it("does not repeat a password in what it refuses", () => {
    for (const text of ["http://user:hunter2@a:1/path", "http://user:hun/ter2@a:1"]) {
      const { title, message, hint } = refusal(text);
      expect(`${title} ${message} ${hint ?? ""}`).not.toMatch(/user:|hunter2|ter2/);
    }
  });
});

describe("reachableProxy", () => {
  const node = testSpec("/state", { mode: "node" });
  const spec: ClusterSpec = {
    ...node,
    network: { ...node.network, egress: { kind: "masquerade", iptables: "iptables", link: "eth0" } },
  };
  const own = ["127.0.0.1", "192.0.2.7", "10.244.0.1"];
  let authority = "";
  let other = "";

  beforeAll(async () => {
    const made = await Promise.all(["one", "two"].map((name) => CertificateAuthority.create(name, Date.now())));
    [authority = "", other = ""] = made.map(({ pem }) => pem.certificate);
  });

  type Script = Parameters<typeof scriptedHost>[0];
  async function reach(wanted: WantedPodProxy, script: Script = {}, cluster = spec): Promise<ToldProxy> {
    const named = namedProxy(wanted, script.environment ?? {});
    if (named === undefined) throw new Error("none is asked for");
    return reachableProxy(named, cluster, own, scriptedHost({ nameServers: () => silent, ...script }));
  }
  const silent = { answered: false, because: "ETIMEOUT" } as const;

  it("says the port, which curl and Go would guess differently, and keeps user and password", async () => {
    const listeners = ["192.0.2.9:80"];
    expect((await reach("http://192.0.2.9", { listeners })).podProxy).toMatchObject({
      http: "http://192.0.2.9:80",
      https: "http://192.0.2.9:80",
    });
    const { podProxy, notes } = await reach("http://us%40er:pa%3Ass@192.0.2.9:80", { listeners });
    expect(podProxy?.http).toBe("http://us%40er:pa%3Ass@192.0.2.9:80");
    expect(notes.join()).toContain("can be read by whoever may read pods");
    expect(notes.join()).not.toContain("pa%3Ass");
  });

  it("keeps a name that the cluster's name servers know", async () => {
    const answer = { answered: true, code: "NOERROR", records: ["192.0.2.9"] } as const;
    const script = { nameServers: () => answer, listeners: ["192.0.2.9:3128"] };
    const { podProxy, notes } = await reach("https://proxy.test:3128", script);
    expect(podProxy?.https).toBe("https://proxy.test:3128");
    expect(notes).toHaveLength(1);
  });

  it("takes the address of a name that only this machine knows, but not where a certificate is for the name", async () => {
    const script = { names: { "proxy.test": ["192.0.2.9"] }, listeners: ["192.0.2.9:3128"] };
    expect((await reach("http://proxy.test:3128", script)).podProxy?.http).toBe("http://192.0.2.9:3128");
    await expect(reach("https://proxy.test:3128", script)).rejects.toMatchObject({ exit: "unsupported" });
    await expect(reach("http://nobody.test:3128", script)).rejects.toThrow("nobody.test is not known");
  });

  it.each(["localhost", "proxy.localhost", "127.0.0.1", "127.1.2.3", "0.0.0.0", "[::1]", "0x7f.1"])(
    "refuses a proxy on the loopback: %s",
    async (hostname) => {
      const failure = reach(`http://user:hunter2@${hostname}:3128`);
      await expect(failure).rejects.toMatchObject({
        exit: "unsupported",
        message: expect.stringMatching(/loopback/) as string,
        hint: expect.stringContaining("--pod-proxy=http://10.244.0.1:3128") as string,
      });
      await expect(failure).rejects.not.toThrow("hunter2");
    },
  );

  it("refuses an IPv6 address, which no pod reaches", async () => {
    await expect(reach("http://[2001:db8::1]:3128")).rejects.toMatchObject({ exit: "unsupported" });
  });

  it("takes all of these as they are where pods share the machine's network", async () => {
    const shared: ClusterSpec = { ...spec, mode: "host-network" };
    for (const address of ["http://127.0.0.1:3128", "https://proxy.test:3128", "http://[2001:db8::1]:3128"]) {
      const listeners = ["127.0.0.1:3128", "proxy.test:3128", "2001:db8::1:3128"];
      const { podProxy, notes } = await reach(address, { listeners }, shared);
      expect(podProxy?.http).toBe(address);
      expect(notes).toHaveLength(1);
    }
    expect((await reach("http://127.0.0.1:3128", {}, shared)).notes.at(-1)).toContain("takes no connection");
  });

  it("refuses a name that leads to the loopback", async () => {
    const names = { "proxy.test": ["127.0.1.1"] };
    await expect(reach("http://proxy.test:3128", { names })).rejects.toThrow("loopback");
  });

  it("warns of a proxy that does not answer, that is on this machine, or that pods have no way to", async () => {
    expect((await reach("http://192.0.2.9:3128")).notes.at(-1)).toContain("takes no connection");
    const ours = await reach("http://192.0.2.7:3128", { listeners: ["192.0.2.7:3128"] });
    expect(ours.notes.at(-1)).toContain("--pod-proxy=http://10.244.0.1:3128");
    const shut = await reach("http://192.0.2.9:3128", { listeners: ["192.0.2.9:3128"] }, node);
    expect(shut.notes.at(-1)).toContain("no way out");
    // The node's address is this machine's only once the cluster runs, and every pod reaches it.
    expect((await reach("http://10.244.0.1:3128", {}, node)).notes).toHaveLength(1);
  });

  it("is told to nobody where no container runs", async () => {
    const { podProxy, notes } = await reach("http://nobody.test:3128", {}, { ...spec, mode: "simulated" });
    expect(podProxy).toBeUndefined();
    expect(notes.join()).toContain("No container runs");
  });

  it("trusts whom the system trusts, or whom the environment names, and further ones", async () => {
    const system = "/etc/ssl/certs/ca-certificates.crt";
    const files = { [system]: authority, "/own": authority, "/extra": other, "/empty": "" };
    const authorities = async (environment: Record<string, string>): Promise<readonly string[] | undefined> =>
      (await reach("http://192.0.2.9:1", { files, environment })).podProxy?.authorities;
    expect(await authorities({})).toEqual([system]);
    expect(await authorities({ SSL_CERT_FILE: "/own" })).toEqual(["/own"]);
    expect(await authorities({ NODE_EXTRA_CA_CERTS: "/extra" })).toEqual([system, "/extra"]);
    expect(await authorities({ SSL_CERT_FILE: "/own", NODE_EXTRA_CA_CERTS: "/own" })).toEqual(["/own"]);
    const { podProxy, notes } = await reach("http://192.0.2.9:1", { files, environment: { SSL_CERT_FILE: "/empty" } });
    expect(podProxy?.authorities).toEqual([]);
    expect(notes.join()).toContain("/empty holds no authority's certificate");
  });
});
