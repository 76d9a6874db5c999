import * as z from "zod";
import { exhibit, type FactProbe, measured } from "./fact-probe.ts";

/** Where distributions of Kubernetes put the stock plugins. */
const directories = ["/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni"];

const names = ["bridge", "host-local", "loopback", "portmap"] as const;

const schema = z.object({ present: z.array(z.string()), absent: z.array(z.string()) });

/** Which of the stock CNI plugins are on this machine. */
export const cniPlugins: FactProbe<z.infer<typeof schema>> = {
  id: "cni-plugins",
  title: "Stock CNI plugins",
  schema,
  async measure({ commands, files }) {
    const there = await Promise.all(
      names.map(async (name) => {
        // Plain reads of status: `bridge` on the PATH is another program, iproute2's.
        const found = await Promise.all(directories.map((directory) => files.status(`${directory}/${name}`)));
        return (
          found.some((status) => status !== undefined) ||
          (name === "host-local" && (await commands.find(name)) !== undefined)
        );
      }),
    );
    const present = names.filter((_, index) => there[index]);
    const absent = names.filter((_, index) => !there[index]);
    return measured({ present, absent }, [
      exhibit(
        directories.join(" "),
        names.map((name, index) => `${name}: ${there[index] ? "there" : "absent"}`).join("\n"),
      ),
    ]);
  },
};
