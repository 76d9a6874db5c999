import type { ApiManifest } from "./cluster-view.ts";

/** The image that is on every node without a registry. */
export const busybox = "docker.io/library/busybox:latest";

/** Sleeps until it is told to end. */
export const sleepForever = "trap 'exit 0' TERM; while :; do sleep 1; done";

/** Serves a file of /tmp as a page: what is in the variable WORD, or else the pod's name. */
export const serveWord =
  'echo "${WORD:-$(hostname)}" > /tmp/index.html; echo "my word is ${WORD:-$(hostname)}"; exec httpd -f -p 8080 -h /tmp';

/** What makes a pod that serves Ready as soon as it does. */
export const servesWord = {
  ports: [{ name: "http", containerPort: 8080 }],
  readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
} as const;

/** A container of the image that needs no registry. */
export function container(name: string, script: string, more: object = {}): object {
  return { name, image: busybox, imagePullPolicy: "Never", command: ["sh", "-c", script], ...more };
}

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

/** A Deployment of pods that serve their own name. */
export function servingDeployment(name: string, replicas: number, more: object = {}): ApiManifest {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: template(name, [container("main", serveWord, { ...servesWord, ...more })]),
    },
  };
}

/** A Service of the pods of the same name. */
export function service(name: string, spec: object = {}): ApiManifest {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name },
    spec: { selector: { app: name }, ports: [{ name: "http", port: 80, targetPort: 8080 }], ...spec },
  };
}

function podSpec(containers: readonly object[], spec: object): object {
  return { terminationGracePeriodSeconds: 0, containers, ...spec };
}
