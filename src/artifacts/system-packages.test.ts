import { describe, expect, it } from "vitest";
import type { ArtifactContext } from "../contract/artifact.ts";
import type { CommandResult, Host } from "../contract/host.ts";
import { silent } from "../contract/progress.ts";
import { ensureSystemPackages, missingPackages } from "./system-packages.ts";

interface Machine {
  readonly programs: readonly string[];
  readonly installed: Set<string>;
  /** What apt knows; `apt-get update` fills it. */
  readonly known: Set<string>;
}

/** A context whose commands answer as the machine would, and a record of what was run. */
function on(machine: Machine): { readonly context: ArtifactContext; readonly ran: string[] } {
  const ran: string[] = [];
  const answer = (argv: readonly string[]): { exitCode: number; stdout: string } => {
    const [program, verb] = argv;
    if (program === "dpkg-query") {
      return machine.installed.has(argv.at(-1) ?? "")
        ? { exitCode: 0, stdout: "installed\n" }
        : { exitCode: 1, stdout: "" };
    }
    if (program === "apt-cache") {
      const lines = argv.slice(2).filter((name) => machine.known.has(name));
      return { exitCode: 0, stdout: lines.map((name) => `${name}:\n  Candidate: 1.0\n`).join("") };
    }
    ran.push(argv.join(" "));
    if (argv.includes("update")) for (const name of ["late", "early"]) machine.known.add(name);
    if (argv.includes("install")) for (const name of argv.slice(argv.indexOf("install"))) machine.installed.add(name);
    return { exitCode: 0, stdout: verb ?? "" };
  };
  const commands: Host["commands"] = {
    run: (argv) => Promise.resolve<CommandResult>({ argv, stderr: "", milliseconds: 1, ...answer(argv) }),
    find: (name) => Promise.resolve(machine.programs.includes(name) ? `/usr/bin/${name}` : undefined),
  };
  const host = { commands } as Partial<Host> as Host;
  return { context: { host, progress: silent, signal: new AbortController().signal }, ran };
}

const debian = ["apt-get", "dpkg-query", "apt-cache"];

describe("missingPackages", () => {
  it("believes a program on the PATH before dpkg", async () => {
    const { context } = on({ programs: [...debian, "ip"], installed: new Set(["libc6-dev"]), known: new Set() });
    expect(await missingPackages(["iproute2", "libc6-dev", "iptables", "iptables"], context)).toEqual(["iptables"]);
  });
});

describe.runIf(process.getuid?.() === 0)("ensureSystemPackages as root", () => {
  it("does nothing where all is there", async () => {
    const { context, ran } = on({ programs: debian, installed: new Set(["early"]), known: new Set() });
    await ensureSystemPackages(["early"], context);
    expect(ran).toEqual([]);
  });

  it("installs without update what apt knows", async () => {
    const { context, ran } = on({ programs: debian, installed: new Set(), known: new Set(["early"]) });
    await ensureSystemPackages(["early"], context);
    expect(ran).toEqual([expect.stringMatching(/^apt-get --yes -o DPkg::Lock::Timeout=\d+ install .* early$/)]);
  });

  it("updates first where the candidate is unknown", async () => {
    const { context, ran } = on({ programs: debian, installed: new Set(), known: new Set(["early"]) });
    await ensureSystemPackages(["early", "late"], context);
    expect(ran).toEqual([expect.stringMatching(/ update$/), expect.stringMatching(/ install .* early late$/)]);
  });
});

describe("ensureSystemPackages where nothing can be installed", () => {
  it("names the packages", async () => {
    const { context } = on({ programs: [], installed: new Set(), known: new Set() });
    await expect(ensureSystemPackages(["libseccomp-dev"], context)).rejects.toMatchObject({
      exit: "unsupported",
      hint: expect.stringContaining("libseccomp-dev") as string,
    });
  });
});
