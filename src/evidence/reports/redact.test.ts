import { describe, expect, it } from "vitest";
import { redact, redactAll, secretsOf } from "./redact.ts";

const token = `eyJhbGciOiJSUzI1NiIsImtpZCI6Ing.${"eyJpc3MiOiJrdWJlcm5ldGVzIn0".repeat(2)}.c2lnbmF0dXJl-_x`;
const key = "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIA\n-----END EC PRIVATE KEY-----";

describe("redact", () => {
  it.each([
    ["http://alice:s3cr3t@proxy.example:3128/", "s3cr3t", "proxy.example:3128"],
    ["proxy=https://tok3n-of-bob@proxy.example", "tok3n-of-bob", "proxy.example"],
    ["socks5h://u:p%40ss@10.0.0.1:1080 failed", "p%40ss", "10.0.0.1:1080 failed"],
    [`Authorization: Bearer abc.def-ghi`, "abc.def-ghi", "Authorization: Bearer"],
    [`{"Proxy-Authorization":"Basic YWxpY2U6czNjcjN0"}`, "YWxpY2U6czNjcjN0", "Proxy-Authorization"],
    [`the token ${token} was refused`, token, "was refused"],
    [key, "MHcCAQEEIA", ""],
    [key.slice(0, 40), "MHcC", ""],
    [`    client-key-data: ${Buffer.from(key).toString("base64")}`, "LS0tLS1CRUdJTiBFQy", "client-key-data"],
    [`data: ${Buffer.from(key).toString("base64")}`, "LS0tLS1CRUdJTiBFQy", "data:"],
    ["password: correct-horse", "correct-horse", "password"],
    ['{"api_key": "0123456789"}', "0123456789", "api_key"],
  ])("takes the credential out of %j and leaves the rest", (text, secret, rest) => {
    const said = redact(text, []);
    expect(said).not.toContain(secret);
    expect(said).toContain("[left out]");
    expect(said).toContain(rest);
  });

  it.each([
    "https://kubernetes.io/docs/@v1",
    "https://proxy.golang.org/gvisor.dev/gvisor/@v/v0.0.0.zip",
    "go install k8s.io/kubernetes@v1.36.3",
    "/proc/sys/kernel/keys/root_maxkeys",
    "The session keyring, and the secret mounts: tmpfs",
    `certificate-authority-data: ${Buffer.from("-----BEGIN CERTIFICATE-----\nMIIB").toString("base64")}`,
  ])("leaves %j as it is", (text) => {
    expect(redact(text, [])).toBe(text);
  });

  it("takes out what is known, however it stands there, the longest first", () => {
    expect(redact("abcdef-long and abcdef", ["abcdef-long", "abcdef"])).toBe("[left out] and [left out]");
  });
});

describe("secretsOf", () => {
  it("knows variables that are named like secrets, and the users of addresses", () => {
    const secrets = secretsOf({
      HOME: "/root/directory",
      GITHUB_TOKEN: "ghp_0123456789",
      AWS_SECRET_ACCESS_KEY: "aws-secret",
      HTTPS_PROXY: "http://alice:p%40ssword@proxy.example:3128",
      NO_PROXY: "localhost,127.0.0.1",
      EMPTY_TOKEN: "",
      SHORT_TOKEN: "yes",
    });
    expect([...secrets].sort()).toEqual(["alice:p%40ssword", "aws-secret", "ghp_0123456789", "p%40ssword", "p@ssword"]);
  });
});

it("redactAll reaches every text and nothing else", () => {
  const report = { a: ["x hunter22 y", 5, null, { b: "hunter22", hunter22: true }], c: "plain" };
  expect(redactAll(report, ["hunter22"])).toEqual({
    a: ["x [left out] y", 5, null, { b: "[left out]", hunter22: true }],
    c: "plain",
  });
});
