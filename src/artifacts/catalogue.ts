import type { Artifact } from "../contract/artifact.ts";

/** What a static cgo program links against besides libc. */
const staticC = ["gcc", "libc6-dev"];

/** Where k8s.io/component-base keeps the version that `--version` and `/version` show. */
const kubernetesVersion = "k8s.io/component-base/version";

/**
 * Every binary sandkube can get. Upstream versions are not here: a Go program
 * has the version its go.mod pins, so a version is written down once.
 */
export const catalogue: readonly Artifact[] = [
  {
    name: "kubernetes",
    source: {
      kind: "go",
      folder: "kubernetes",
      package: ".",
      versionOf: "k8s.io/kubernetes",
      cgo: false,
      // hack/lib/version.sh of Kubernetes sets the same variables.
      stamps: (version) => {
        const [major = "", minor = ""] = version.replace(/^v/, "").split(".");
        return {
          [`${kubernetesVersion}.gitVersion`]: version,
          [`${kubernetesVersion}.gitMajor`]: major,
          [`${kubernetesVersion}.gitMinor`]: minor,
        };
      },
    },
    links: ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl"],
  },
  {
    name: "kine",
    source: {
      kind: "go",
      folder: "kine",
      package: "github.com/k3s-io/kine",
      versionOf: "github.com/k3s-io/kine",
      cgo: true,
      // The sqlite_ tags are those of upstream's scripts/build, which leaves out only what is added here:
      // sqlite without dlopen and Go's own resolver and user lookup, so that a static link holds no surprises.
      tags: [
        "sqlite_unlock_notify",
        "sqlite_vtable",
        "sqlite_stat4",
        "sqlite_preupdate_hook",
        "sqlite_math_functions",
        "sqlite_dbstat",
        "sqlite_column_metadata",
        "sqlite_omit_load_extension",
        "netgo",
        "osusergo",
      ],
      stamps: (version) => ({ "github.com/k3s-io/kine/pkg/version.Version": version }),
      systemPackages: staticC,
    },
  },
  containerdProgram("containerd"),
  containerdProgram("containerd-shim-runc-v2"),
  containerdProgram("ctr"),
  {
    name: "runc",
    source: {
      kind: "go",
      folder: "runc",
      package: "github.com/opencontainers/runc",
      versionOf: "github.com/opencontainers/runc",
      cgo: true,
      tags: ["seccomp", "netgo", "osusergo"],
      systemPackages: [...staticC, "libseccomp-dev", "pkg-config"],
    },
  },
  {
    name: "helm",
    source: {
      kind: "go",
      folder: "helm",
      package: "helm.sh/helm/v4/cmd/helm",
      versionOf: "helm.sh/helm/v4",
      cgo: false,
      // Upstream's Makefile sets the same.
      stamps: (version) => ({ "helm.sh/helm/v4/internal/version.version": version }),
    },
  },
  {
    name: "metrics-server",
    source: {
      kind: "go",
      folder: "metrics-server",
      package: "sigs.k8s.io/metrics-server/cmd/metrics-server",
      versionOf: "sigs.k8s.io/metrics-server",
      cgo: false,
      // Upstream's Makefile sets the same.
      stamps: (version) => ({ "k8s.io/client-go/pkg/version.gitVersion": version }),
    },
  },
  { name: "kwok", source: { kind: "go", folder: "kwok", package: ".", versionOf: "sigs.k8s.io/kwok", cgo: false } },
  { name: "sandkube-cni", source: { kind: "go", folder: "cni", package: ".", cgo: false } },
  {
    name: "coredns",
    source: { kind: "go", folder: "coredns", package: ".", versionOf: "github.com/coredns/coredns", cgo: false },
  },
  {
    name: "pause",
    source: {
      kind: "c",
      folder: "kubernetes",
      module: "k8s.io/kubernetes",
      file: "build/pause/linux/pause.c",
      // build/pause/Makefile uses the same -Os and -static.
      flags: ["-Os", "-Wall", "-Werror", "-static", "-s"],
      systemPackages: staticC,
    },
  },
  {
    name: "proc-sys-redirector",
    source: {
      kind: "native",
      folder: "proc-sys-redirector",
      flags: ["-O2", "-Wall", "-Wextra", "-Werror", "-static", "-s"],
      systemPackages: staticC,
    },
  },
  {
    name: "runsc-20260701",
    source: {
      kind: "go",
      folder: "runsc",
      package: "gvisor.dev/gvisor/runsc",
      versionOf: "gvisor.dev/gvisor",
      cgo: false,
      stamps: (version) => ({ "gvisor.dev/gvisor/runsc/version.version": version }),
    },
  },
  {
    name: "runsc-20240729",
    source: {
      kind: "debian",
      package: "runsc",
      version: "0.0~20240729.0-4~bpo12+2",
      suite: "bookworm-backports",
      architecture: "amd64",
      sha256: "afdde883e3876ea807e19c708d4432674a20cb10186a7a5b554d62f38ea8de46",
      path: "usr/bin/runsc",
    },
  },
  {
    name: "runsc-20221219",
    source: {
      kind: "debian",
      package: "runsc",
      version: "0.0~20221219.0-2+b3",
      suite: "bookworm",
      architecture: "amd64",
      sha256: "7183537aca11632026e71d4b2140f463c8e9a433e6cf8ea81e73f82710aabcd8",
      path: "usr/bin/runsc",
    },
  },
];

function containerdProgram(name: string): Artifact {
  return {
    name,
    source: {
      kind: "go",
      folder: "containerd",
      package: `github.com/containerd/containerd/v2/cmd/${name}`,
      versionOf: "github.com/containerd/containerd/v2",
      cgo: false,
      // Snapshotters that need a block device, and tracing: a sandbox has no use for them (containerd's BUILDING.md).
      tags: ["no_btrfs", "no_zfs", "no_devmapper", "no_tracing", "urfave_cli_no_docs"],
      stamps: (version) => ({ "github.com/containerd/containerd/v2/version.Version": version }),
    },
  };
}
