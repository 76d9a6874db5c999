import { SandkubeError } from "../contract/sandkube-error.ts";
import { unknownName } from "../contract/unknown-name.ts";
import type { Check } from "./check.ts";

/** Which checks are wanted. */
export interface Choice {
  /** Only these and what they stand on; undefined: all. */
  readonly only: readonly string[] | undefined;
  readonly skip: readonly string[];
}

/**
 * The wanted checks, in the catalogue's order.
 *
 * @throws SandkubeError (usage) for an unknown id, with the nearest, and where none is left
 */
export function chooseChecks(catalogue: readonly Check[], { only, skip }: Choice): readonly Check[] {
  const ids = catalogue.map(({ id }) => id);
  for (const id of [...(only ?? []), ...skip]) {
    if (ids.includes(id)) continue;
    throw unknownName({ kind: "check", name: id, known: ids, message: "`sandkube verify --list` names them all." });
  }
  const wanted = new Set<string>(only ?? ids);
  // From the end, as a check comes after what it stands on.
  for (const { id, needs } of catalogue.toReversed()) if (needs !== undefined && wanted.has(id)) wanted.add(needs);
  const chosen = catalogue.filter(({ id }) => wanted.has(id) && !skip.includes(id));
  if (chosen.length > 0) return chosen;
  throw new SandkubeError({
    title: "No check is left",
    message: "--only and --skip leave none.",
    hint: "`sandkube verify --list` names them all.",
    exit: "usage",
  });
}
