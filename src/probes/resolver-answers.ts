import * as z from "zod";
import { exhibit, type FactProbe, measured } from "./fact-probe.ts";
import { nameservers } from "./resolver.ts";

const schema = z.object({
  servers: z.array(z.object({ address: z.string(), answered: z.boolean(), detail: z.string() })),
});

/** Twice, because a packet may be lost and a machine may be busy; together as long as resolv.conf(5) waits for one. */
const attempts = 2;
const timeout = 2500;
const question = { name: ".", type: "NS" } as const;
/** resolv.conf(5): what stands after the third is not used. */
const mostServers = 3;

/**
 * Which name servers answer. The root's own name servers are asked for: every
 * resolver knows them, and no name of anybody's is given away. A refusal is an
 * answer, since it comes at once.
 */
export const resolverAnswers: FactProbe<z.infer<typeof schema>> = {
  id: "resolver-answers",
  title: "Name servers that answer",
  schema,
  async measure({ files, sockets }) {
    const addresses = (await nameservers(files)).slice(0, mostServers);
    const servers = await Promise.all(
      addresses.map(async (address) => {
        let answer = await sockets.askNameServer(address, question, timeout);
        for (let attempt = 1; attempt < attempts && !answer.answered; attempt++) {
          answer = await sockets.askNameServer(address, question, timeout);
        }
        const detail = answer.answered ? answer.code : answer.because;
        return { address, answered: answer.answered, detail };
      }),
    );
    const lines = servers.map(({ address, answered, detail }) => `${address} ${answered ? "" : "silent: "}${detail}`);
    return measured({ servers }, [exhibit("NS of the root", lines.join("\n") || "nobody to ask")]);
  },
};
