import { isMap, isScalar, LineCounter, parseDocument, type Document } from "yaml";
import * as z from "zod";
import type { Host } from "../contract/host.ts";
import { nearest } from "../contract/nearest.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { clusterConfigSchema, type ClusterConfig } from "./cluster-options.ts";

/** What the flags say; undefined where one was not given. */
export type ConfigFlags = { readonly [K in keyof ClusterConfig]?: Flag<ClusterConfig[K]> };
type Flag<T> = T extends object | undefined
  ? T extends readonly unknown[] | undefined
    ? T | undefined
    : { readonly [K in keyof NonNullable<T>]?: NonNullable<T>[K] | undefined } | undefined
  : T | undefined;

/**
 * What the config file and the flags say together; flags win.
 *
 * @throws SandkubeError (usage) for a wrong file or a wrong flag
 */
export async function readConfig(path: string | undefined, flags: ConfigFlags, host: Host): Promise<ClusterConfig> {
  const file = path === undefined ? {} : await readConfigFile(path, host);
  const merged: Record<string, unknown> = { ...file };
  for (const [key, value] of Object.entries(flags)) {
    if (value === undefined) continue;
    const before = merged[key];
    merged[key] = isPlain(value) ? { ...(isPlain(before) ? before : {}), ...withoutUndefined(value) } : value;
  }
  const result = clusterConfigSchema.safeParse(merged);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new SandkubeError({
    title: "A setting is not valid",
    message: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`,
    exit: "usage",
  });
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function withoutUndefined(value: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined));
}

/**
 * Reads and checks a config file.
 *
 * @throws SandkubeError (usage) that names file, line, key and the nearest known key
 */
export async function readConfigFile(path: string, host: Host): Promise<ClusterConfig> {
  const text = await host.files.readTextIfPresent(path).catch((error: unknown) => {
    const because = error instanceof Error ? error.message : String(error);
    throw new SandkubeError({ title: "The config file cannot be read", message: `${path}: ${because}`, exit: "usage" });
  });
  if (text === undefined) {
    throw new SandkubeError({ title: "No such config file", message: path, exit: "usage" });
  }
  return parseConfig(text, path);
}

/** Checks the text of a config file; see {@link readConfigFile}. */
export function parseConfig(text: string, path: string): ClusterConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [syntaxError] = document.errors;
  if (syntaxError !== undefined) {
    throw invalid(path, syntaxError.linePos?.[0].line, syntaxError.message.split("\n")[0] ?? "not YAML", undefined);
  }
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    throw invalid(path, undefined, error instanceof Error ? error.message : String(error), undefined); // an alias to nothing
  }
  const result = clusterConfigSchema.safeParse(value ?? {});
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue === undefined) throw result.error;
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    const known = knownKeys(issue.path);
    const closest = nearest(key, known);
    throw invalid(
      path,
      lineOf(document, lines, [...issue.path, key]),
      `Unknown key "${[...issue.path, key].join(".")}".`,
      closest === undefined ? `Known keys here: ${known.join(", ")}` : `Did you mean "${closest}"?`,
    );
  }
  throw invalid(path, lineOf(document, lines, issue.path), `${issue.path.join(".")}: ${messageOf(issue)}`, undefined);
}

/** Of a name that is not as names have to be, what is wrong with it. */
function messageOf(issue: z.core.$ZodIssue): string {
  return (issue.code === "invalid_key" ? issue.issues[0]?.message : undefined) ?? issue.message;
}

function invalid(path: string, line: number | undefined, message: string, hint: string | undefined): SandkubeError {
  return new SandkubeError({
    title: "The config file is not valid",
    message: `${path}${line === undefined ? "" : `:${String(line)}`}: ${message}`,
    ...(hint === undefined ? {} : { hint }),
    exit: "usage",
  });
}

/** The keys that the schema knows below a path. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  let schema: z.core.$ZodType = clusterConfigSchema;
  for (const part of path) {
    const inner: z.core.$ZodType = unwrap(schema);
    if (inner instanceof z.ZodRecord) {
      schema = inner.valueType;
      continue;
    }
    if (!("shape" in inner)) return [];
    const next = (inner.shape as Record<PropertyKey, z.core.$ZodType | undefined>)[part];
    if (next === undefined) return [];
    schema = next;
  }
  const inner = unwrap(schema);
  return "shape" in inner ? Object.keys(inner.shape as object) : [];
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional ? schema.unwrap() : schema;
}

/** The line of a key, or of what holds it. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = document.contents;
  let line: number | undefined;
  for (const part of path) {
    if (!isMap(node)) break;
    const pair = node.items.find(({ key }) => isScalar(key) && key.value === part);
    if (pair === undefined) break;
    if (isScalar(pair.key) && pair.key.range) line = lines.linePos(pair.key.range[0]).line;
    node = pair.value;
  }
  return line;
}
