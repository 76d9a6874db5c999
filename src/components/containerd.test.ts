import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testSpec } from "../../test/fixtures/cluster-spec.ts";
import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { ProcessSpec } from "../contract/component.ts";
import { localHost } from "../host/local-host.ts";
import { CertificateAuthority } from "../pki/certificate-authority.ts";
import { containerd } from "./containerd.ts";

let directory = "";

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube-containerd-"));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

function prepare(environment: Record<string, string>, change: Partial<ClusterSpec> = {}): Promise<ProcessSpec> {
  const host = { ...localHost(), environment: { DOCKER_CONFIG: join(directory, "docker"), ...environment } };
  return containerd(host).prepare(testSpec(directory, change), new AbortController().signal);
}

async function authority(name: string): Promise<string> {
  const path = join(directory, `${name}.crt`);
  await localHost().files.write(path, (await CertificateAuthority.create(name, Date.now())).pem.certificate);
  return path;
}

describe("how containerd reaches registries", () => {
  it("is in files of its own, which only their owner may read, and of no earlier start", async () => {
    const auths = { "mirror.test": { auth: "bWU6c2VjcmV0" } };
    await localHost().files.write(join(directory, "docker/config.json"), JSON.stringify({ auths }));
    await prepare({}, { registries: [{ registry: "gone.test", mirrors: [] }] });
    const registries = [{ registry: "registry.test:5000", mirrors: ["https://mirror.test"] }];
    const process = await prepare({}, { registries });
    const path = join(directory, "configuration/registries/registry.test_5000_/hosts.toml");
    expect(await readFile(path, "utf8")).toContain('Authorization = "Basic bWU6c2VjcmV0"');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await localHost().files.list(join(directory, "configuration/registries"))).toEqual(["registry.test_5000_"]);
    const configuration = await readFile(join(directory, "configuration/containerd.toml"), "utf8");
    expect(configuration).toContain(`config_path = "${directory}/configuration/registries"`);
    expect(configuration + JSON.stringify(process)).not.toContain("bWU6");
  });

  it("is by the authorities of NODE_EXTRA_CA_CERTS, too, which Go does not know", async () => {
    const [own, extra] = [await authority("own"), await authority("extra")];
    const { environment } = await prepare({ SSL_CERT_FILE: own, NODE_EXTRA_CA_CERTS: extra });
    const bundle = join(directory, "configuration/containerd-authorities.crt");
    expect(environment).toEqual({ SSL_CERT_FILE: bundle });
    expect(await readFile(bundle, "utf8")).toBe(`${await readFile(own, "utf8")}\n${await readFile(extra, "utf8")}`);
  });

  it("is by the environment as it stands where there is nothing to add", async () => {
    const own = await authority("own");
    for (const extra of ["", own, join(directory, "absent.crt")]) {
      const { environment } = await prepare({ SSL_CERT_FILE: own, NODE_EXTRA_CA_CERTS: extra });
      expect(environment).toEqual({});
    }
  });
});
