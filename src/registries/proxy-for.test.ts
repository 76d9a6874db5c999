import { describe, expect, it } from "vitest";
import { proxyFor } from "./proxy-for.ts";

const proxies = { HTTP_PROXY: "http://plain:1", HTTPS_PROXY: "secure:2" };

describe("proxyFor", () => {
  it("is the one for the scheme, in upper case first, with http:// where nothing is said", () => {
    expect(proxyFor("http://a.test/v2/", proxies)).toBe("http://plain:1");
    expect(proxyFor("https://a.test/v2/", proxies)).toBe("http://secure:2");
    expect(proxyFor("https://a.test/", { https_proxy: "http://low:1", HTTPS_PROXY: "http://up:1" })).toBe(
      "http://up:1",
    );
    expect(proxyFor("https://a.test/", { https_proxy: "http://low:1" })).toBe("http://low:1");
    expect(proxyFor("https://a.test/", { HTTP_PROXY: "http://plain:1", ALL_PROXY: "http://all:1" })).toBeUndefined();
    expect(proxyFor("https://a.test/", { HTTPS_PROXY: "http://" })).toBeUndefined();
  });

  it.each(["http://localhost:5000/v2/", "http://127.1.2.3/", "http://[::1]:5000/"])("is none for %s", (address) => {
    expect(proxyFor(address, proxies)).toBeUndefined();
  });

  it.each([
    ["*", "https://a.test/", true],
    ["a.test", "https://a.test/", true],
    ["a.test", "https://sub.a.test/", true],
    ["a.test", "https://other-a.test/", false],
    [".a.test", "https://a.test/", false],
    [".a.test", "https://sub.a.test/", true],
    ["*.a.test", "https://sub.a.test/", true],
    ["A.Test", "https://a.test/", true],
    ["a.test:443", "https://a.test/", true],
    ["a.test:5000", "https://a.test/", false],
    ["a.test:5000", "https://a.test:5000/", true],
    ["10.0.0.0/8", "https://10.1.2.3:5000/", true],
    ["10.0.0.0/8", "https://11.1.2.3/", false],
    ["10.0.0.0/99", "https://10.1.2.3/", false],
    ["10.1.2.3", "https://10.1.2.3/", true],
    ["fd00::/8", "https://[fd00::1]/", true],
    ["b.test, a.test", "https://a.test/", true],
  ])("NO_PROXY=%s and %s: without a proxy is %s", (value, address, without) => {
    expect(proxyFor(address, { ...proxies, NO_PROXY: value }) === undefined).toBe(without);
  });
});
