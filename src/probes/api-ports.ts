import * as z from "zod";
import { exhibit, type FactProbe, measured } from "./fact-probe.ts";

/** Kubernetes' own port, and those tried next. */
const candidates = [6443, 6444, 6445, 7443, 8443, 16443];

const schema = z.object({
  free: z.array(z.int()),
  taken: z.array(z.int()),
});

/** Which ports an API server could listen on. */
export const apiPorts: FactProbe<z.infer<typeof schema>> = {
  id: "api-ports",
  title: "Ports for the API server",
  schema,
  async measure({ sockets }) {
    const answers = await Promise.all(candidates.map((port) => sockets.canListen("0.0.0.0", port)));
    const free = candidates.filter((_, index) => answers[index]?.ok === true);
    const lines = candidates.map((port, index) => {
      const answer = answers[index];
      return `${String(port)}: ${answer?.ok === true ? "free" : (answer?.code ?? "unknown")}`;
    });
    return measured({ free, taken: candidates.filter((port) => !free.includes(port)) }, [
      exhibit("listen on 0.0.0.0", lines.join("\n")),
    ]);
  },
};
