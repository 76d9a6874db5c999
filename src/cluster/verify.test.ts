import { describe, expect, it } from "vitest";
import { testSpec } from "../../test/fixtures/cluster-spec.ts";
import { scriptedHost } from "../../test/fixtures/scripted-host.ts";
import type { CheckOutcome } from "../contract/check.ts";
import { silent } from "../contract/progress.ts";
import { verdictOf, verify, verifyList } from "./verify.ts";

describe("verdictOf", () => {
  it.each([
    [["proved", "not-applicable"], "proved"],
    [["proved", "inconclusive"], "inconclusive"],
    [["proved", "inconclusive", "refuted"], "refuted"],
    // Where nothing applies, nothing has been proved.
    [["not-applicable"], "inconclusive"],
    [[], "inconclusive"],
  ] as [CheckOutcome[], string][])("of %j is %s", (outcomes, verdict) => {
    expect(verdictOf(outcomes.map((outcome) => ({ outcome })))).toBe(verdict);
  });
});

describe("verifyList", () => {
  it("names the checks, what they claim and of which clusters", () => {
    const { checks } = verifyList();
    expect(checks).toContainEqual({
      id: "pod-log",
      claim: "kubectl logs shows what a container printed",
      modes: ["node", "host-network"],
      needs: "pod-runs",
    });
    expect(checks.filter(({ modes }) => modes.length === 4).length).toBeGreaterThan(20);
  });
});

describe("verify", () => {
  const record = JSON.stringify({ schemaVersion: 1, createdAt: 1, spec: testSpec("/state"), remedies: [] });
  const session = (files: Readonly<Record<string, string>>): Parameters<typeof verify>[1] => ({
    host: scriptedHost({ files }),
    progress: silent,
    signal: new AbortController().signal,
  });
  const request = { name: "test", stateDirectory: "/state", only: undefined, skip: [] };

  it("says that there is no cluster, or that it does not run", async () => {
    await expect(verify(request, session({}))).rejects.toMatchObject({ exit: "notFound" });
    const stopped = session({ "/state/cluster.json": record, "/state/kubeconfig": "" });
    await expect(verify(request, stopped)).rejects.toMatchObject({
      title: 'The cluster "test" does not run',
      exit: "notFound",
    });
  });

  it("names the nearest of an unknown check before it does anything", async () => {
    const files = { "/state/cluster.json": record };
    await expect(verify({ ...request, only: ["pod-logs"] }, session(files))).rejects.toMatchObject({
      exit: "usage",
      hint: 'Did you mean "pod-log"?',
    });
  });
});
