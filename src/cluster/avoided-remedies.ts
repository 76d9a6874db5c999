import { unknownName } from "../contract/unknown-name.ts";
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
    throw unknownName({ kind: "remedy", name: id, known, message: "`sandkube explain --list` names them all." });
  }
}
