import { describe, expect, it } from "vitest";
import { recordedFacts } from "../../test/fixtures/recorded-facts.ts";
import { silent } from "../contract/progress.ts";
import { localHost } from "../host/local-host.ts";
import { explain, explainList, explanationOf } from "./explain.ts";
import { history, wants } from "./history.ts";

const session = { host: localHost(), progress: silent, signal: new AbortController().signal };
const { blockers, remedies } = explainList();
const ids = [...blockers, ...remedies].map(({ id }) => id);

describe("sandkube explain", () => {
  it("says of every blocker what Kubernetes wants, and of nothing else", () => {
    expect(Object.keys(wants).toSorted()).toEqual(blockers.map(({ id }) => id).toSorted());
    for (const id of Object.keys(history)) expect(ids).toContain(id);
  });

  it("lists remedies in the order in which they are tried, and whether they can be applied", () => {
    const explanation = explanationOf("no-masquerade", recordedFacts("agent-2026-07"));
    if (explanation.kind !== "blocker") throw new Error("it is a blocker");
    expect(explanation.here?.verdict).toBe("blocked");
    expect(explanation.remedies.map(({ id, feasible }) => [id, feasible?.verdict])).toEqual([
      ["other-iptables", "blocked"],
      ["source-nat", "clear"],
      ["no-egress", "clear"],
    ]);
  });

  it("says of a remedy what it clears and fakes", () => {
    expect(explanationOf("empty-kernel-log", recordedFacts("plain-linux"))).toMatchObject({
      kind: "remedy",
      fidelity: "stubbed",
      clears: [{ id: "no-kmsg", here: { verdict: "clear" } }],
    });
  });

  it("answers an unknown id with the nearest, before it measures anything", async () => {
    const asked = explain({ id: "no-kmgs", stateDirectory: "/x", facts: undefined }, session);
    await expect(asked).rejects.toMatchObject({ exit: "notFound", hint: 'Did you mean "no-kmsg"?' });
  });
});
