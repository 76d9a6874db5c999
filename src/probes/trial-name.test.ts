import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { localHost } from "../host/local-host.ts";
import { removeLeftTrials, trialName } from "./trial-name.ts";

it("what a killed probe left is removed; what a running one uses, and what has another name, stays", async () => {
  const host = localHost();
  const directory = await mkdtemp(join(tmpdir(), "sandkube-trials-"));
  try {
    const self = await host.processes.self();
    const mine = trialName(self);
    const earlier = trialName({ ...self, startTicks: self.startTicks - 1 });
    const names = [mine, `.${mine}`, earlier, `.${earlier}`, `${earlier}.old`, "sandkube-probe-x"];
    for (const name of names) await mkdir(join(directory, name));
    await removeLeftTrials(directory, host, (path) => host.files.removeDirectory(path));
    expect((await readdir(directory)).sort()).toEqual([mine, `.${mine}`, `${earlier}.old`, "sandkube-probe-x"].sort());
    await removeLeftTrials(join(directory, "none"), host, (path) => host.files.removeDirectory(path));
  } finally {
    await rm(directory, { recursive: true });
  }
});
