/** The image that is on every node without a registry. */
export const busybox = "docker.io/library/busybox:latest";

/** A container of a test's pod. */
export function container(name: string, script: string, more: object = {}): object {
  return { name, image: busybox, imagePullPolicy: "Never", command: ["sh", "-c", script], ...more };
}

/** A pod that goes at once when it is deleted. */
export function pod(name: string, containers: readonly object[], spec: object = {}): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name } },
    spec: { terminationGracePeriodSeconds: 0, containers, ...spec },
  };
}

/** Sleeps until it is told to end. */
export const sleepForever = "trap 'exit 0' TERM; while :; do sleep 1; done";
