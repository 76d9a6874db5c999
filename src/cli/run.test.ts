import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SandkubeError } from "../contract/sandkube-error.ts";
import { silent } from "../contract/progress.ts";
import { localHost } from "../host/local-host.ts";
import { run } from "./run.ts";

let directory = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "sandkube-run-"));
});

afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function sandkube(
  argv: readonly string[],
  change: { colour?: boolean; signal?: AbortSignal } = {},
): Promise<Ran> {
  let stdout = "";
  let stderr = "";
  const colour = change.colour ?? false;
  const code = await run(argv, {
    host: localHost(),
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
    colour: { stdout: colour, stderr: colour },
    progress: silent,
    signal: change.signal ?? new AbortController().signal,
  });
  return { code, stdout, stderr };
}

/** The one line of JSON that an error is with `--output json`. */
function errorIn({ stdout, stderr }: Ran): Record<string, unknown> {
  expect(stdout).toBe("");
  expect(stderr.endsWith("\n")).toBe(true);
  expect(stderr.trimEnd()).not.toContain("\n");
  const error = JSON.parse(stderr) as Record<string, unknown>;
  expect(Object.keys(error).sort()).toEqual(["exit", "hint", "message", "schema", "title"]);
  expect(error["schema"]).toBe("sandkube.dev/error/v1");
  return error;
}

it("--version is the package's, on stdout", async () => {
  const { version } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  expect(await sandkube(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});

describe("wrong usage", () => {
  it.each([
    ["an unknown command", ["stauts"], /unknown command 'stauts'[^]*Did you mean status\?/],
    ["an unknown command below another", ["sandbox", "lst"], /unknown command 'lst'[^]*Did you mean list\?/],
    ["an unknown flag", ["up", "--mod", "node"], /unknown option '--mod'[^]*Did you mean .*--mode/],
    [
      "a wrong value",
      ["up", "--mode", "cluster"],
      /'cluster' is invalid[^]*node, host-network, simulated, control-plane/,
    ],
    ["a value that is none", ["up", "--timeout", "soon"], /'soon' is invalid[^]*Not a duration/],
    ["a port that is none", ["up", "--api-port", "70000"], /'70000' is invalid[^]*Not a port/],
    [
      "a published port that is none",
      ["sandbox", "create", "a", "--publish", "8080"],
      /'8080' is invalid[^]*Not \[ADDRESS:/,
    ],
    ["a published port too high", ["demo", "--publish", "8080:70000"], /'8080:70000' is invalid[^]*Not a port/],
    ["a missing argument", ["logs"], /missing required argument 'component'/],
    ["a missing value", ["up", "--name"], /argument missing/],
    ["one argument too many", ["version", "more"], /too many arguments/],
    ["settings without a use", ["doctor", "--config", "c.yaml"], /--config goes with --registries/],
  ])("exits with 2 and says why on stderr: %s", async (_, argv, why) => {
    const ran = await sandkube(argv);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toMatch(why);
    expect(ran.stdout).toBe("");
  });

  it("refuses a password on the command line, and does not repeat it", async () => {
    const { code, stderr } = await sandkube(["up", "--pod-proxy=http://user:hunter2@proxy:3128"]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/No password on a command line[^]*HTTPS_PROXY/);
    expect(stderr).not.toContain("hunter2");
  });

  it("wants the address of a proxy before anything is done", async () => {
    const state = join(directory, "none");
    const ran = await sandkube(["up", "--pod-proxy=socks5://proxy:1080", "--state-dir", state]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("http://PROXY:PORT");
    await expect(stat(state)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("no command at all exits with 2 and shows the help on stderr", async () => {
    const { code, stdout, stderr } = await sandkube([]);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("Usage: sandkube");
  });

  it.each([
    ["after the command", ["up", "--output", "json", "--mod", "x"], "unknown option '--mod'"],
    ["as one word", ["up", "--output=json", "--mod", "x"], "unknown option '--mod'"],
    ["short", ["status", "-o", "json", "--frobnicate"], "unknown option '--frobnicate'"],
    ["short, as one word", ["status", "-ojson", "--frobnicate"], "unknown option '--frobnicate'"],
    ["for a command that there is not", ["stauts", "--output", "json"], "unknown command 'stauts'"],
    [
      "beside another form",
      ["report", "--output=json", "--format", "html"],
      "--output json and --format ask for two forms of one output.",
    ],
  ])("is one line of JSON where that was asked for: %s", async (_, argv, message) => {
    const ran = await sandkube(argv);
    expect(ran.code).toBe(2);
    expect(errorIn(ran)).toMatchObject({ title: "Wrong usage", message, exit: "usage" });
  });

  it("suggests in JSON, too", async () => {
    expect(errorIn(await sandkube(["stauts", "-o", "json"]))["hint"]).toBe("Did you mean status?");
    expect(errorIn(await sandkube(["version", "-o", "json", "more"]))["hint"]).toContain("--help");
  });
});

describe("errors of a command", () => {
  it("have title, message and hint as text", async () => {
    const { code, stdout, stderr } = await sandkube(["status", "--state-dir", directory]);
    expect(code).toBe(4);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^error: There is no cluster "default"\n {2}.*\nhint: .*sandkube up.*\n$/);
  });

  it("are one line of JSON with the documented keys", async () => {
    const ran = await sandkube(["status", "--state-dir", directory, "--output", "json"]);
    expect(ran.code).toBe(4);
    expect(errorIn(ran)).toMatchObject({ title: 'There is no cluster "default"', exit: "notFound" });
  });

  it("of a config file exit with 2", async () => {
    await writeFile(join(directory, "c.yaml"), "api:\n  prot: 1\n");
    const ran = await sandkube(["up", "--config", join(directory, "c.yaml"), "-o", "json"]);
    expect(ran.code).toBe(2);
    expect(errorIn(ran)).toMatchObject({
      message: expect.stringContaining("c.yaml:2:") as string,
      hint: 'Did you mean "port"?',
    });
  });

  it("are text where kubectl was asked for JSON, not we", async () => {
    const { code, stderr } = await sandkube(["kubectl", "--state-dir", directory, "get", "pods", "-o", "json"]);
    expect(code).toBe(4);
    expect(stderr).toMatch(/^error: /);
  });

  it("are the interruption where there was one, whatever it broke", async () => {
    const reason = new SandkubeError({ title: "Interrupted", message: "Ended by SIGINT.", exit: "interrupted" });
    const ran = await sandkube(["status", "--state-dir", directory, "-o", "json"], {
      signal: AbortSignal.abort(reason),
    });
    expect(ran.code).toBe(130);
    expect(errorIn(ran)).toMatchObject({ title: "Interrupted", exit: "interrupted" });
  });

  it("have no colour unless there may be", async () => {
    const plain = await sandkube(["status", "--state-dir", directory]);
    expect(plain.stderr).not.toContain("\u001b[");
    const coloured = await sandkube(["status", "--state-dir", directory], { colour: true });
    expect(coloured.stderr).toContain("\u001b[31merror: There is no cluster");
  });
});

describe("bundle", () => {
  it("writes one thing to standard output", async () => {
    const ran = await sandkube(["bundle", "create", "-", "--output", "json"]);
    expect(ran.code).toBe(2);
    expect(errorIn(ran)["hint"]).toContain("sandkube bundle create - | ");
  });

  it("says that there is no such file, or that it is a directory", async () => {
    const absent = join(directory, "absent.bundle");
    expect(await sandkube(["bundle", "load", absent])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining(`${absent} is not there.`) as string,
    });
    expect(await sandkube(["bundle", "load", directory])).toMatchObject({ code: 4 });
  });
});

describe("help", () => {
  it.each([[["--help"]], [["help"]]])("goes to stdout and exits with 0: %j", async (argv) => {
    const { code, stdout, stderr } = await sandkube(argv);
    expect(code).toBe(0);
    expect(stderr).toBe("");
    for (const command of ["up", "down", "status", "kubectl", "doctor", "sandbox", "completion"]) {
      expect(stdout).toMatch(new RegExp(`^ {2}${command}\\b`, "m"));
    }
    expect(stdout).not.toContain("supervise");
  });

  it.each([[["up", "--help"]], [["help", "up"]]])("of a command has its flags: %j", async (argv) => {
    const { code, stdout, stderr } = await sandkube(argv);
    expect(code).toBe(0);
    expect(stderr).toBe("");
    expect(stdout).toContain("Usage: sandkube up");
    expect(stdout).toContain("--api-port");
  });

  it("of a command below another", async () => {
    const { code, stdout } = await sandkube(["sandbox", "create", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("Usage: sandkube sandbox create");
  });

  it("has no colour unless there may be", async () => {
    expect((await sandkube(["--help"])).stdout).not.toContain("\u001b[");
  });
});

describe("completion", () => {
  it.each(["bash", "zsh", "fish"])("writes a script for %s that knows sandkube's commands", async (shell) => {
    const { code, stdout, stderr } = await sandkube(["completion", shell]);
    expect(code).toBe(0);
    expect(stderr).toBe("");
    for (const word of ["kubeconfig", "sandkube sandbox create", "control-plane"]) expect(stdout).toContain(word);
    expect(stdout).not.toContain("supervise");
  });

  it("knows no other shell", async () => {
    expect((await sandkube(["completion", "tcsh"])).code).toBe(2);
  });
});
