import * as z from "zod";
import { exhibit, type FactProbe, inconclusive, measured } from "./fact-probe.ts";

const schema = z.object({
  /** `unimplemented`: the system call is unknown (ENOSYS), which runc puts up with. */
  join: z.enum(["works", "unimplemented", "refused"]),
  message: z.string(),
});

/** keyctl(KEYCTL_JOIN_SESSION_KEYRING, name), as runc's init calls it; the keyring ends with the process. */
const script = `
my %numbers = (x86_64 => 250, aarch64 => 219);
my $machine = shift;
my $number = $numbers{$machine} or die "no number of keyctl is known for $machine\\n";
my $name = "_ses.sandkube-probe";
my $result = syscall($number, 1, $name);
print $result >= 0 ? "works" : $!{ENOSYS} ? "unimplemented" : "refused", "\\n", $result >= 0 ? "" : "$!", "\\n";
`;

/** Whether a process can join a session keyring of its own, which runc does for every container. */
export const sessionKeyring: FactProbe<z.infer<typeof schema>> = {
  id: "session-keyring",
  title: "Joining a session keyring, really tried",
  schema,
  async measure(host, signal) {
    const perl = await host.commands.find("perl");
    if (perl === undefined) return inconclusive("there is no perl to make the system call with");
    const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
    const { stdout, stderr } = await host.commands.run([perl, "-e", script, machine], {
      signal,
      acceptedExitCodes: "any",
    });
    const exhibits = [exhibit('keyctl(KEYCTL_JOIN_SESSION_KEYRING, "_ses.sandkube-probe")', stdout + stderr)];
    const [answer = "", message = ""] = stdout.split("\n");
    const join = schema.shape.join.safeParse(answer);
    if (!join.success) return inconclusive(stderr.trim() || "perl gave no answer", exhibits);
    return measured({ join: join.data, message }, exhibits);
  },
};
