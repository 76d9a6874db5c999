import { nearest } from "../contract/nearest.ts";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { remedies } from "../remedies/catalogue.ts";

/**
 * Checks the ids of remedies that are to be avoided: one that is not known would avoid nothing.
 *
 * @throws SandkubeError (usage) for an unknown id, with the nearest
 */
export function requireRemedies(ids: readonly string[]): void {
  const known = remedies.map(({ id }) => id);
  for (const id of ids) {
    if (known.includes(id)) continue;
    const closest = nearest(id, known);
    throw new SandkubeError({
      title: `There is no remedy "${id}"`,
      message: "`sandkube explain --list` names them all.",
      ...(closest === undefined ? {} : { hint: `Did you mean "${closest}"?` }),
      exit: "usage",
    });
  }
}
