import type { ExitCodeName } from "./exit-code.ts";
import { nearest } from "./nearest.ts";
import { SandkubeError } from "./sandkube-error.ts";

/** What {@link unknownName} says. */
export interface UnknownName {
  /** What has such names: "component", "check". */
  readonly kind: string;
  readonly name: string;
  readonly known: readonly string[];
  /** Where the known ones are listed. Default: here, all of them. */
  readonly message?: string;
  /** Default: usage. */
  readonly exit?: ExitCodeName;
}

/** The error for a name that is none of those known, with the nearest of them as the hint. */
export function unknownName({ kind, name, known, message, exit = "usage" }: UnknownName): SandkubeError {
  const closest = nearest(name, known);
  return new SandkubeError({
    title: `There is no ${kind} "${name}"`,
    message: message ?? `Known: ${known.join(", ")}.`,
    ...(closest === undefined ? {} : { hint: `Did you mean "${closest}"?` }),
    exit,
  });
}
