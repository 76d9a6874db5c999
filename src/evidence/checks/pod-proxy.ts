import { authoritiesIn } from "../../contract/authorities-in.ts";
import { authoritiesFile, podProxyVariables } from "../../kube/pod-proxy.ts";
import { judge, notApplicable, refuted, type Check } from "../check.ts";
import { container, modestContainer, pod, sleepForever } from "../manifests.ts";
import { podReadiness, type Pod } from "../pods.ts";

const writable = "the file can be written";

/** `pod-proxy` */
export const podProxy: Check = {
  id: "pod-proxy",
  claim: "A new pod, as modest as the `restricted` standard wants it, is told of the proxy and given its authorities",
  scope: "containers",
  needs: "pod-runs",
  async run(cluster) {
    const { spec, host, workspace } = cluster;
    if (spec.podProxy === undefined) return notApplicable("`up` was not given --pod-proxy: pods are told of no proxy");
    const texts = await Promise.all(spec.podProxy.authorities.map((path) => host.files.readText(path)));
    const authorities = authoritiesIn(texts).length;
    const variables = podProxyVariables(spec.podProxy, spec, authorities > 0);
    // The standards forbid what every pod on the machine's network is.
    const namespace = spec.mode === "host-network" ? workspace.limitedNamespace : workspace.strictNamespace;
    const manifest = pod("proxied", [container("main", sleepForever, modestContainer)]);
    await cluster.until("the pod to be made", async () => ({
      ok: true,
      value: await cluster.create({ ...manifest, metadata: { ...manifest.metadata, namespace } }),
    }));
    const path = cluster.path("pods", "proxied", namespace);
    await cluster.holds("the pod to be Ready", async () => podReadiness(await cluster.read<Pod>(path)));
    const file = `${authoritiesFile.directory}/${authoritiesFile.name}`;
    const script = [
      ...variables.map(({ name }) => `echo "${name}=$${name}"`),
      `echo "authorities: $(cat ${file} 2>/dev/null | grep -c BEGIN)"`,
      `(echo more >> ${file}) 2>/dev/null && echo "${writable}" || true`,
    ].join("; ");
    const { text } = await cluster.inPod("proxied", script, namespace);
    await cluster.remove(path);
    const said = text.split("\n");
    const untold = variables.filter(({ name, value }) => !said.includes(`${name}=${value}`)).map(({ name }) => name);
    const counted = said.find((line) => line.startsWith("authorities: ")) ?? "authorities: none";
    if (untold.length > 0) return refuted(`it is not told ${untold.join(", ")}`);
    const isWritten = said.includes(writable);
    return judge(
      counted === `authorities: ${String(authorities)}` && !isWritten,
      `it is told ${variables.map(({ name }) => name).join(", ")}; ${counted} of ${String(authorities)}${isWritten ? `; ${writable}` : ""}`,
    );
  },
};
