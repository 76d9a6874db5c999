import { expect, it } from "vitest";
import { recordedFacts } from "../../../test/fixtures/recorded-facts.ts";
import { doctorReport } from "../../cluster/doctor.ts";
import { planOf } from "../../cluster/choose-plan.ts";
import { renderDoctor } from "./doctor.ts";

const facts = recordedFacts("plain-linux");
const report = doctorReport(facts, planOf(facts, "node"));

it("says nothing of registries that were not asked", () => {
  expect(renderDoctor(report, false)).not.toContain("registry");
});

it("says of each registry whether it answers, and by what", () => {
  const common = { registry: "docker.io", proxy: "http://proxy.test:3128", milliseconds: 12 };
  const registries = [
    { ...common, kind: "mirror", address: "https://m.test/v2/", verdict: "answers", because: "it answers 200" },
    { ...common, kind: "registry", address: "https://d.test/v2/", verdict: "proxy-refused", because: "it refused" },
  ] as const;
  const text = renderDoctor({ ...report, registries }, false);
  expect(text).toContain(
    "✓ a mirror of docker.io, https://m.test/v2/: it answers 200 by the proxy http://proxy.test:3128\n",
  );
  expect(text).toContain("✗ docker.io, https://d.test/v2/: it refused\n");
});
