import * as z from "zod";
import { exhibit, type FactProbe, measured } from "./fact-probe.ts";

/** Names only: a proxy's address may hold a password. */
const names = [
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "ALL_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "all_proxy",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
];

const schema = z.object({ present: z.array(z.string()) });

/** Which variables tell programs to go through a proxy or to trust another authority. Their values are not looked at. */
export const proxyVariables: FactProbe<z.infer<typeof schema>> = {
  id: "proxy-variables",
  title: "Variables that name a proxy or an authority",
  schema,
  measure(host) {
    const present = names.filter((name) => (host.environment[name] ?? "") !== "");
    return Promise.resolve(measured({ present }, [exhibit("environment (names only)", present.join("\n") || "none")]));
  },
};
