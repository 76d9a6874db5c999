import { describe, expect, it } from "vitest";
import { parseDeb822Sources, parseOneLineSources, sourceOfSuite, type AptSource } from "./apt-sources.ts";

describe("parseOneLineSources", () => {
  it("reads binary archives with and without options", () => {
    const sources = parseOneLineSources(`# deb http://off.test/debian bookworm main
deb-src http://mirror.test/debian bookworm main
deb http://mirror.test/debian bookworm main contrib
deb [ arch=amd64 signed-by=/usr/share/keyrings/x.gpg ] https://vendor.test/apt stable main
`);
    expect(sources).toEqual([
      { uri: "http://mirror.test/debian", suite: "bookworm", signedBy: undefined },
      { uri: "https://vendor.test/apt", suite: "stable", signedBy: "/usr/share/keyrings/x.gpg" },
    ]);
  });
});

describe("parseDeb822Sources", () => {
  it("reads stanzas, comments and several suites", () => {
    const sources = parseDeb822Sources(`Types: deb deb-src
# http://snapshot.test/archive
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian.gpg

Types: deb
URIs: http://mirror.test/debian-security
Suites:
 bookworm-security
Components: main
`);
    expect(sources).toEqual([
      { uri: "http://mirror.test/debian", suite: "bookworm", signedBy: "/usr/share/keyrings/debian.gpg" },
      { uri: "http://mirror.test/debian", suite: "bookworm-updates", signedBy: "/usr/share/keyrings/debian.gpg" },
      { uri: "http://mirror.test/debian-security", suite: "bookworm-security", signedBy: undefined },
    ]);
  });

  it("leaves out what is switched off or holds only sources", () => {
    expect(parseDeb822Sources("Types: deb\nEnabled: no\nURIs: http://mirror.test/debian\nSuites: sid\n")).toEqual([]);
    expect(parseDeb822Sources("Types: deb-src\nURIs: http://mirror.test/debian\nSuites: sid\n")).toEqual([]);
  });

  it("does not take a key inside the field for a path", () => {
    const [source] = parseDeb822Sources(`Types: deb
URIs: http://mirror.test/debian
Suites: sid
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
`);
    expect(source?.signedBy).toBeUndefined();
  });
});

describe("sourceOfSuite", () => {
  const at = (uri: string, suite: string): AptSource => ({ uri, suite, signedBy: undefined });

  it("takes the mirror of the suite's base for backports", () => {
    const sources = [
      at("http://vendor.test/apt", "bookworm"),
      at("http://mirror.test/debian-security", "bookworm-security"),
      at("http://other.test/debian", "trixie"),
      at("http://mirror.test/debian/", "bookworm"),
    ];
    expect(sourceOfSuite(sources, "bookworm-backports")?.uri).toBe("http://mirror.test/debian/");
  });

  it("takes any mirror of Debian's main archive, as it holds every suite", () => {
    expect(sourceOfSuite([at("http://other.test/debian", "trixie")], "bookworm")?.uri).toBe("http://other.test/debian");
  });

  it("finds none on another distribution", () => {
    expect(sourceOfSuite([at("http://archive.test/ubuntu", "noble")], "bookworm")).toBeUndefined();
  });
});
