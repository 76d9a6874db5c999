import * as z from "zod";
import { clusterModes } from "../contract/cluster-spec.ts";

/** A cluster's name becomes part of file, link and cgroup names. */
const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/, "lower-case letters, digits and dashes, at most 40, not at the ends");
const port = z.int().min(1).max(65_535);
const cidr = z.cidrv4();
const aRegistry = "a registry as names of images begin with it, such as registry.k8s.io or registry.example:5000";
const aMirror = "the address of a mirror, such as https://mirror.example/k8s, without a user, a query or a fragment";
const anAbsolutePath = "an absolute path";
const aProxy = "true, false, or the address of a proxy";

/** A password would be in the record, and in what is printed; the docker config is the place for it. */
function isMirror(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  const { username, password, search, hash } = new URL(text);
  return username + password + search + hash === "";
}

/** The config file of `sandkube up --config FILE` (docs/config.md). Every key may be left out. */
export const clusterConfigSchema = z.strictObject({
  apiVersion: z.literal("sandkube.dev/v1").optional(),
  kind: z.literal("Cluster").optional(),
  name: name.optional(),
  mode: z.enum(clusterModes).optional(),
  /** Ids of remedies that are not to be applied, whatever is lost without them. */
  avoidRemedies: z.array(z.string().min(1)).optional(),
  /** Where the state lives. */
  stateDirectory: z.string().startsWith("/", anAbsolutePath).optional(),
  /** Seconds that `up` may take. */
  timeout: z.number().positive().optional(),
  api: z
    .strictObject({
      /** What the API server listens on. Default: the node's address, which only this machine and pods reach. */
      address: z.ipv4().optional(),
      port: port.optional(),
      subjectAltNames: z.array(z.string().min(1)).optional(),
    })
    .optional(),
  network: z
    .strictObject({
      podCidr: cidr.optional(),
      serviceCidr: cidr.optional(),
      /** Whether new pods are told of the proxy that this process's environment names, or of which. */
      podProxy: z.union([z.boolean(), z.string().min(1, aProxy)], aProxy).optional(),
    })
    .optional(),
  /** How registries are reached from here, by their names. */
  registries: z
    .record(
      z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/, aRegistry),
      z.strictObject({
        /** Where images are looked for first, in this order. */
        mirrors: z.array(z.string().refine(isMirror, aMirror)).optional(),
        /** A file with certificates of authorities that registry and mirrors are trusted by, too. */
        authority: z.string().startsWith("/", anAbsolutePath).optional(),
        /** Whether the registry itself is asked by http:. */
        plainHttp: z.boolean().optional(),
      }),
    )
    .optional(),
  /** The names of what is to run besides the cluster itself (sandkube addon list). */
  addons: z.array(z.string().min(1)).optional(),
  /** Image archives to import. */
  images: z.array(z.string().min(1)).optional(),
});

/** What a user may say of a cluster, from the config file and the flags. */
export type ClusterConfig = z.infer<typeof clusterConfigSchema>;

/** The cluster that is meant when none is named. */
export const defaultClusterName = "default";
