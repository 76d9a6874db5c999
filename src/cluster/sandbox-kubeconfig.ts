import { parseDocument } from "yaml";
import { execInSandbox, listSandboxes } from "./sandboxes.ts";
import type { Session } from "./session.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";

/** Where the host finds the kubeconfig of the cluster in a sandbox. */
function pathOf(sandbox: string): string {
  return `/var/lib/sandkube/kubeconfigs/${sandbox}`;
}

/** Fetches the kubeconfig of a cluster in a sandbox and points it at the address that the host reaches. */
export async function makeKubeconfigFor(
  sandbox: string,
  report: { readonly kubeconfig: string; readonly server: string },
  session: Session,
): Promise<{ readonly kubeconfig: string; readonly server: string }> {
  const summary = (await listSandboxes({}, session)).find(({ name }) => name === sandbox);
  const { stdout } = await execInSandbox(sandbox, ["cat", report.kubeconfig], {}, session);
  const document = parseDocument(stdout);
  if (summary?.address === undefined || document.errors.length > 0) {
    throw new SandkubeError({
      title: "The sandbox's kubeconfig cannot be read",
      message: `${report.kubeconfig} in the sandbox "${sandbox}".`,
      exit: "component",
    });
  }
  const server = new URL(report.server);
  server.hostname = summary.address;
  document.setIn(["clusters", 0, "cluster", "server"], server.origin);
  const kubeconfig = pathOf(sandbox);
  await session.host.files.write(kubeconfig, document.toString({ lineWidth: 0 }), { mode: 0o600 });
  return { kubeconfig, server: server.origin };
}
