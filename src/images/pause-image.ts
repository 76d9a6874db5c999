import { localArchitecture, type ImageDescription } from "./build-image.ts";

/**
 * The image of pod sandboxes, under the name that Kubernetes 1.36 gives it:
 * PauseVersion in
 * https://github.com/kubernetes/kubernetes/blob/v1.36.3/cmd/kubeadm/app/constants/constants.go.
 * containerd 2.2 defaults to 3.10.1, so its `pinned_images.sandbox` has to name this one.
 */
export const pauseReference = "registry.k8s.io/pause:3.10.2";

/**
 * The pause image around a static binary built on this machine. Entrypoint and
 * user are those of upstream
 * (https://github.com/kubernetes/kubernetes/blob/v1.36.3/build/pause/Dockerfile).
 *
 * @param binary the path of the static `pause` on this machine
 */
export function pauseImage(binary: string): ImageDescription {
  return {
    references: [pauseReference],
    architecture: localArchitecture(),
    entries: [{ kind: "file", path: "pause", mode: 0o755, content: { source: binary } }],
    config: {
      entrypoint: ["/pause"],
      user: "65535:65535",
      env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
      // The name is upstream's, the bytes are not; whoever inspects it can see that.
      labels: { "org.opencontainers.image.description": "Built on this machine by sandkube" },
    },
  };
}
