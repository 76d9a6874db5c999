import { ensureArtifacts } from "../artifacts/ensure-artifacts.ts";
import { runAgainst } from "./kubectl.ts";
import type { Session } from "./session.ts";

/**
 * Runs helm against a cluster, with this process's own standard streams: the user's own where there is one on the PATH,
 * else upstream's of the cache, which is built at the first use.
 *
 * @returns helm's exit code
 * @throws SandkubeError (notFound) where there is no cluster, and what ensureArtifacts throws
 */
export async function helm(
  name: string,
  stateDirectory: string,
  words: readonly string[],
  session: Session,
): Promise<number> {
  const own = await session.host.commands.find("helm");
  const program = own ?? (await ensureArtifacts(["helm"], session)).get("helm") ?? "";
  return runAgainst(name, stateDirectory, () => [program, ...words], session);
}
