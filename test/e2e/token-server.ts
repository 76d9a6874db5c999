import { randomUUID, sign, X509Certificate } from "node:crypto";
import type { RequestListener } from "node:http";
import type { KeyPair } from "../../src/pki/certificate-authority.ts";

/** What registries and their token server know each other by. */
export const tokenService = { service: "registry.outside.test", issuer: "outside.test" } as const;

/**
 * Gives whoever is one user a token for what he asks for, and nobody else
 * (https://distribution.github.io/distribution/spec/auth/token/).
 */
export function tokensFor(
  user: { readonly username: string; readonly password: string },
  keys: KeyPair,
): RequestListener {
  const expected = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString("base64")}`;
  return (request, response) => {
    if (request.method !== "GET") response.writeHead(405).end();
    else if (request.headers.authorization !== expected) response.writeHead(401).end();
    else {
      const { searchParams } = new URL(request.url ?? "", "https://outside.test");
      const token = tokenOf(searchParams.getAll("scope"), user.username, keys);
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ token }));
    }
  };
}

/** https://distribution.github.io/distribution/spec/auth/jwt/ */
function tokenOf(scopes: readonly string[], subject: string, { certificate, privateKey }: KeyPair): string {
  const now = Math.floor(Date.now() / 1000);
  const access = scopes.flatMap((scope) => {
    const [, type, name, actions] = /^([^:]+):(.+):([^:]+)$/.exec(scope) ?? [];
    return type === undefined ? [] : [{ type, name, actions: actions?.split(",") }];
  });
  const header = { typ: "JWT", alg: "ES256", x5c: [new X509Certificate(certificate).raw.toString("base64")] };
  const claims = {
    iss: tokenService.issuer,
    sub: subject,
    aud: tokenService.service,
    exp: now + 300,
    nbf: now - 60,
    iat: now,
    jti: randomUUID(),
    access,
  };
  const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const signature = sign("sha256", Buffer.from(text), { key: privateKey, dsaEncoding: "ieee-p1363" });
  return `${text}.${signature.toString("base64url")}`;
}
