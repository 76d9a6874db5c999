import type { ClusterSpec } from "../contract/cluster-spec.ts";
import type { Component } from "../contract/component.ts";
import type { Host } from "../contract/host.ts";
import { stateLayout } from "../contract/state-layout.ts";
import { networkSettings } from "../network/node-network.ts";
import { trustedAuthorities } from "../pki/trusted-authorities.ts";
import { readDockerLogins } from "../registries/docker-logins.ts";
import { hostsDirectory, hostsFile } from "../registries/hosts-file.ts";

/** containerd with the CRI plugin, runc and our CNI plugin. */
export function containerd(host: Host): Component {
  return {
    name: "containerd",
    after: [],
    async prepare(spec) {
      const layout = stateLayout(spec.stateDirectory);
      const configuration = `${layout.configuration}/containerd.toml`;
      const cni = `${layout.configuration}/cni`;
      await Promise.all([
        host.files.write(configuration, containerdConfiguration(spec, cni)),
        host.files.write(`${cni}/10-sandkube.conflist`, JSON.stringify(networkList(spec), undefined, 2)),
        host.files.remove(layout.containerdSocket),
        writeHostsFiles(spec, host),
        ...(spec.containerd.sharedPidNamespace === true
          ? [host.files.write(runcWrapperPath(spec), runcWrapper(spec.binaries.runc), { mode: 0o755 })]
          : []),
      ]);
      return {
        argv: [spec.binaries.containerd, `--config=${configuration}`],
        environment: await authoritiesEnvironment(spec, host),
      };
    },
    async probe(spec) {
      const { containerdSocket } = stateLayout(spec.stateDirectory);
      return (await host.sockets.canConnectUnix(containerdSocket, 1000))
        ? { ok: true }
        : { ok: false, because: `nothing answers on ${containerdSocket}` };
    },
  };
}

function hostsFiles(spec: ClusterSpec): string {
  return `${stateLayout(spec.stateDirectory).configuration}/registries`;
}

/** Says how registries are reached, in files that may hold credentials. */
async function writeHostsFiles(spec: ClusterSpec, { environment, files }: Host): Promise<void> {
  await files.remove(hostsFiles(spec));
  const logins = await readDockerLogins({ environment, files });
  for (const route of spec.registries ?? []) {
    const path = `${hostsFiles(spec)}/${hostsDirectory(route.registry)}/hosts.toml`;
    await files.write(path, hostsFile(route, logins), { mode: 0o600 });
  }
}

/** Go knows no NODE_EXTRA_CA_CERTS, so containerd is given what it names together with all others in one file. */
async function authoritiesEnvironment(spec: ClusterSpec, host: Host): Promise<Record<string, string>> {
  const extra = host.environment["NODE_EXTRA_CA_CERTS"] ?? "";
  const { files: trusted } = await trustedAuthorities(host);
  if (!trusted.includes(extra) || extra === host.environment["SSL_CERT_FILE"]) return {};
  const path = `${stateLayout(spec.stateDirectory).configuration}/containerd-authorities.crt`;
  const texts = await Promise.all(trusted.map((file) => host.files.readText(file)));
  await host.files.write(path, texts.join("\n"));
  return { SSL_CERT_FILE: path };
}

/** containerd's configuration, version 3 (https://github.com/containerd/containerd/blob/v2.2.9/docs/cri/config.md). */
export function containerdConfiguration(spec: ClusterSpec, cniDirectory: string): string {
  const layout = stateLayout(spec.stateDirectory);
  const settings = spec.containerd;
  const quote = (text: string): string => JSON.stringify(text); // a TOML basic string is a JSON string
  return `version = 3
root = ${quote(settings.rootDirectory)}
state = ${quote(`${layout.runtime}/containerd`)}

[grpc]
  address = ${quote(layout.containerdSocket)}

[ttrpc]
  address = ${quote(`${layout.runtime}/containerd-ttrpc.sock`)}

[plugins."io.containerd.cri.v1.images"]
  snapshotter = ${quote(settings.snapshotter)}
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = ${quote(settings.pauseImage)}
  [plugins."io.containerd.cri.v1.images".registry]
    # One directory: of a list, which is the default, the transfer service makes one path.
    config_path = ${quote(hostsFiles(spec))}

[plugins."io.containerd.cri.v1.runtime"]
  enable_unprivileged_ports = ${String(settings.unprivilegedPorts)}
  enable_unprivileged_icmp = ${String(settings.unprivilegedIcmp)}
  restrict_oom_score_adj = ${String(settings.restrictOomScoreAdj ?? false)}
  # Pod network namespaces lie below the state directory, where a stop removes them.
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = [${quote(layout.programs)}]
    conf_dir = ${quote(cniDirectory)}
    # containerd brings lo up by itself; without this it wants a plugin named loopback.
    use_internal_loopback = true
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
      BinaryName = ${quote(settings.sharedPidNamespace === true ? runcWrapperPath(spec) : spec.binaries.runc)}
      SystemdCgroup = false
      NoNewKeyring = ${String(settings.noNewKeyring)}
`;
}

function runcWrapperPath(spec: ClusterSpec): string {
  return `${stateLayout(spec.stateDirectory).configuration}/runc-shared-pid-namespace`;
}

/**
 * runc, but with the pid namespace taken out of what `runc create` is given. The
 * shim reads the same file when the container ends, and then kills what is left
 * in its cgroup (ShouldKillAllOnExit in cmd/containerd-shim-runc-v2/runc/util.go).
 */
function runcWrapper(runc: string): string {
  return `#!/bin/sh
set -eu
previous= bundle= create=
for word do
  if [ "$previous" = --bundle ]; then bundle=$word; fi
  if [ "$word" = create ]; then create=yes; fi
  previous=$word
done
if [ -n "$create" ] && [ -n "$bundle" ]; then
  # Inside a string of the file the quotes would be escaped, so only the namespace itself can match.
  sed -i -E 's/\\{"type":"pid"(,"path":"[^"]*")?\\},//; s/,\\{"type":"pid"(,"path":"[^"]*")?\\}//' "$bundle/config.json"
fi
exec '${runc}' "$@"
`;
}

function networkList(spec: ClusterSpec): unknown {
  const { cniVersion, name, ...plugin } = networkSettings(spec);
  // containerd calls no node ready without a plugin, and asks none for pods on the machine's network.
  const only = spec.mode === "host-network" ? { hostNetworkOnly: true } : {};
  return { cniVersion, name, plugins: [{ ...plugin, ...only, capabilities: { portMappings: true } }] };
}
