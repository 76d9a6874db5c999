import { describe, expect, it } from "vitest";
import { hostsDirectory, hostsFile } from "./hosts-file.ts";

const logins = new Map([
  ["https://index.docker.io/v1/", { username: "me", password: "hub" }],
  ["mirror.test", { username: "me", password: "mirror" }],
]);
const header = (password: string): string =>
  `Authorization = "Basic ${Buffer.from(`me:${password}`).toString("base64")}"`;

describe("hosts.toml", () => {
  it("is looked for in a directory without a colon", () => {
    expect(hostsDirectory("registry.k8s.io")).toBe("registry.k8s.io");
    expect(hostsDirectory("registry.test:5000")).toBe("registry.test_5000_");
  });

  it("gives each place its own credentials and authority, and the registry last", () => {
    const route = {
      registry: "docker.io",
      mirrors: ["https://mirror.test/hub", "http://plain.test:5000"],
      authority: "/etc/ca.pem",
    };
    expect(hostsFile(route, { logins })).toBe(
      [
        'server = "https://registry-1.docker.io/v2"',
        "override_path = true",
        'ca = "/etc/ca.pem"',
        "[header]",
        header("hub"),
        '[host."https://mirror.test/v2/hub"]',
        'capabilities = ["pull", "resolve"]',
        "override_path = true",
        'ca = "/etc/ca.pem"',
        '[host."https://mirror.test/v2/hub".header]',
        header("mirror"),
        '[host."http://plain.test:5000/v2"]',
        'capabilities = ["pull", "resolve"]',
        "override_path = true",
        "",
      ].join("\n"),
    );
  });

  it("of a registry without mirrors leaves credentials to the kubelet", () => {
    expect(hostsFile({ registry: "docker.io", mirrors: [] }, { logins })).not.toContain("Authorization");
    expect(hostsFile({ registry: "a.test:5000", mirrors: [], plainHttp: true }, { logins })).toBe(
      'server = "http://a.test:5000/v2"\noverride_path = true\n',
    );
  });
});
