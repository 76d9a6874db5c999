import * as z from "zod";
import { exhibit, type FactProbe, inconclusive, measured } from "./fact-probe.ts";
import { statusField, statusLines } from "./process-status.ts";

/** In the order of their bits (linux/capability.h). */
const names = (
  "chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service " +
  "net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin " +
  "sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override " +
  "mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore"
).split(" ");

const schema = z.object({
  effective: z.array(z.string()),
  /** What a child may still get. */
  bounding: z.array(z.string()),
});

/** The capabilities of this process, by name. */
export const capabilities: FactProbe<z.infer<typeof schema>> = {
  id: "capabilities",
  title: "Capabilities of this process",
  schema,
  async measure(host) {
    const status = await host.files.readText("/proc/self/status");
    const exhibits = [exhibit("/proc/self/status", statusLines(status, ["CapEff", "CapBnd"]))];
    const effective = decode(statusField(status, "CapEff"));
    const bounding = decode(statusField(status, "CapBnd"));
    if (effective === undefined || bounding === undefined) {
      return inconclusive("/proc/self/status shows no capabilities", exhibits);
    }
    return measured({ effective, bounding }, exhibits);
  },
};

function decode(mask: string | undefined): string[] | undefined {
  if (mask === undefined || !/^[0-9a-f]+$/i.test(mask)) return undefined;
  const bits = BigInt(`0x${mask}`);
  return names.filter((_, bit) => ((bits >> BigInt(bit)) & 1n) === 1n);
}
