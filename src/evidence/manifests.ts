import type { ApiManifest } from "./cluster-view.ts";

/** The image that is on every node without a registry. */
export const busybox = "docker.io/library/busybox:latest";

/** Sleeps until it is told to end. */
export const sleepForever = "trap 'exit 0' TERM; while :; do sleep 1; done";

/**
 * The ports that pods of checks serve at, each its own: pods may share the
 * machine's network, and 8080 is the first that somebody else has there.
 */
export const ports = {
  web: 18_080,
  firstOfPair: 18_081,
  secondOfPair: 18_082,
  sidecar: 18_083,
  demo: 18_084,
  gated: 18_085,
} as const;

/** A container of the image that needs no registry. */
export function container(name: string, script: string, more: object = {}): object {
  return { name, image: busybox, imagePullPolicy: "Never", command: ["sh", "-c", script], ...more };
}

/** What the pod security standard `restricted` wants of a container. */
export const modestContainer = {
  securityContext: {
    allowPrivilegeEscalation: false,
    runAsNonRoot: true,
    runAsUser: 65_534,
    capabilities: { drop: ["ALL"] },
    seccompProfile: { type: "RuntimeDefault" },
  },
} as const;

/** A pod that goes at once when it is deleted. */
export function pod(name: string, containers: readonly object[], spec: object = {}): ApiManifest {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, labels: { app: name } },
    spec: podSpec(containers, spec),
  };
}

/** The template of a controller's pods. */
export function template(app: string, containers: readonly object[], spec: object = {}): object {
  return { metadata: { labels: { app } }, spec: podSpec(containers, spec) };
}

/** A container that prints a word and serves it at a port named `http`, and is ready as soon as it does. */
export function servingContainer(word: string, port: number): object {
  const script = `echo "$WORD" > /tmp/index.html; echo "my word is $WORD"; exec httpd -f -p ${String(port)} -h /tmp`;
  return container("main", script, {
    env: [{ name: "WORD", value: word }],
    ports: [{ name: "http", containerPort: port }],
    readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
  });
}

/** A Deployment of pods that sleep. */
export function sleepingDeployment(name: string, replicas: number): ApiManifest {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: template(name, [container("main", sleepForever)]),
    },
  };
}

/** A Service, at port 80, of the pods of the same name. */
export function service(name: string, spec: object = {}): ApiManifest {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ name: "http", port: 80, targetPort: "http" }], ...spec },
  };
}

function podSpec(containers: readonly object[], spec: object): object {
  return { terminationGracePeriodSeconds: 0, containers, ...spec };
}
