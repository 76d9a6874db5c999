import * as z from "zod";
import type { Files } from "../contract/host.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import type { SandboxLocation } from "./sandbox-location.ts";

const schemaVersion = 1;

const sandboxStateSchema = z.object({
  schemaVersion: z.literal(schemaVersion),
  name: z.string(),
  /** `creating` until everything is made; a sandbox left in it is broken. */
  phase: z.enum(["creating", "ready"]),
  gvisor: z.string(),
  runscPath: z.string(),
  platform: z.enum(["systrap", "ptrace", "kvm"]),
  profile: z.enum(["agent", "open"]),
  overlay: z.enum(["none", "default"]),
  networkStack: z.enum(["sandbox", "host"]).default("sandbox"),
  /** The iptables that holds this sandbox's rules. */
  iptables: z.string(),
  memoryBytes: z.number().int().positive(),
  createdAt: z.iso.datetime(),
  mounts: z.array(z.object({ source: z.string(), target: z.string() })),
  environment: z.record(z.string(), z.string()),
  published: z
    .array(z.object({ address: z.string(), hostPort: z.number().int(), sandboxPort: z.number().int() }))
    .default([]),
  network: z
    .object({
      cidr: z.string(),
      hostAddress: z.string(),
      sandboxAddress: z.string(),
      nameservers: z.array(z.string()),
    })
    .optional(),
  /** The sentry's process, told apart from a later one with the same number. */
  process: z.object({ pid: z.number().int(), startTicks: z.number().int() }).optional(),
  /** What the user was told about this sandbox. */
  notes: z.array(z.string()),
});

/** What sandbox.json holds. */
export type SandboxState = Readonly<z.infer<typeof sandboxStateSchema>>;

/** Reads a state file's text; says why where it is none of ours. */
export function parseSandboxState(
  text: string,
): { readonly ok: true; readonly state: SandboxState } | { readonly ok: false; readonly because: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, because: "it is not JSON (half written?)" };
  }
  const version = z.object({ schemaVersion: z.number() }).safeParse(value);
  if (version.success && version.data.schemaVersion > schemaVersion) {
    return {
      ok: false,
      because: `it was written by a newer sandkube (schema ${String(version.data.schemaVersion)}, this one knows ${String(schemaVersion)})`,
    };
  }
  const parsed = sandboxStateSchema.safeParse(value);
  return parsed.success
    ? { ok: true, state: parsed.data }
    : { ok: false, because: z.prettifyError(parsed.error).replaceAll("\n", " ") };
}

/** Replaces the state file. It may hold a proxy's password in `environment`: 0600. */
export async function writeSandboxState(files: Files, location: SandboxLocation, state: SandboxState): Promise<void> {
  await files.write(location.stateFile, `${JSON.stringify(state, undefined, 2)}\n`, { mode: 0o600 });
}

/**
 * Reads the state of a sandbox that must exist.
 *
 * @throws SandkubeError (notFound, storage)
 */
export async function readSandboxState(files: Files, location: SandboxLocation): Promise<SandboxState> {
  const text = await files.readTextIfPresent(location.stateFile);
  if (text === undefined) {
    throw new SandkubeError({
      title: "No such sandbox",
      message: `There is no sandbox "${location.name}" in ${location.stateRoot}.`,
      hint: "sandkube sandbox list shows those that exist.",
      exit: "notFound",
    });
  }
  const parsed = parseSandboxState(text);
  if (parsed.ok) return parsed.state;
  throw new SandkubeError({
    title: "Damaged sandbox",
    message: `${location.stateFile} cannot be read: ${parsed.because}.`,
    hint: `sandkube sandbox delete ${location.name} removes what is left of it.`,
    exit: "storage",
  });
}
