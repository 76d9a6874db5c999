import { describe, expect, it } from "vitest";
import { exampleReport, hostile, hostileReport } from "../../../test/fixtures/cluster-report.ts";
import { rungOf } from "../../plan/ladder.ts";
import { escapeHtml, html, Markup } from "./markup.ts";
import { htmlReport } from "./html.ts";

/** What is to be seen while nothing is unfolded, with runs of blanks as one. */
function visible(page: string): string {
  return page.replace(/<details>[\s\S]*?<\/details>/g, "").replace(/\s+/g, " ");
}

describe("markup", () => {
  it("escapes what is put in, in text and in attributes", () => {
    expect(html`<a title="${`"'<>&`}">${"<b>"}</a>`.text).toBe('<a title="&quot;&#39;&lt;&gt;&amp;">&lt;b&gt;</a>');
  });

  it("takes markup, lists, numbers and nothing as they are", () => {
    expect(html`${new Markup("<i>")}${[html`<b />`, "<", [1]]}${undefined}${0}`.text).toBe("<i><b />&lt;10");
  });
});

describe("the page", () => {
  const page = htmlReport(exampleReport());

  it("says fidelity, disclosure and proof of every remedy in force without unfolding anything", () => {
    const seen = visible(page);
    for (const { title, disclosure, fidelity, proved } of exampleReport().remedies) {
      expect(seen).toContain(escapeHtml(disclosure));
      expect(seen).toContain(escapeHtml(proved.because));
      const after = seen.slice(seen.indexOf(`Remedy: ${escapeHtml(title)}`));
      expect(after.slice(0, 400)).toContain(`>${fidelity}</span>`);
    }
  });

  it("says loudly that a rung is stubbed", () => {
    const rung = rungOf("simulated");
    const seen = visible(htmlReport(exampleReport({ rung })));
    const section = seen.slice(seen.indexOf('id="faithfulness"'), seen.indexOf('id="environment"'));
    expect(section).toContain('<span class="badge bad">stubbed</span>');
    expect(section).toContain(escapeHtml(rung.disclosure));
  });

  it("has every check with its exhibits, refuted ones first", () => {
    const { checks = [] } = exampleReport().verification ?? {};
    const section = page.slice(page.indexOf('id="checks"'), page.indexOf('id="resources"'));
    for (const { claim, because, exhibits } of checks) {
      expect(section).toContain(claim);
      expect(section).toContain(because);
      for (const { content } of exhibits) expect(section).toContain(escapeHtml(content));
    }
    const order = [...section.matchAll(/<summary>[\s\S]*?badge (\w*)/g)].map(([, look]) => look);
    expect(order[0]).toBe("bad");
  });

  it("says what is not known", () => {
    const bare = htmlReport(
      exampleReport({
        boot: null,
        verification: null,
        resources: null,
        components: [],
        logs: [],
        remedies: [],
        notes: [],
      }),
    );
    expect(bare).toContain("Not verified yet: run <code>sandkube verify</code>.");
    expect(bare).toContain("Nothing was written down of it.");
    expect(bare).toContain("Nothing was sampled.");
    expect(bare).toContain("Everything is as it seems");
  });

  it("needs nothing from anywhere: no address but links to sources", () => {
    expect(page).not.toMatch(/<script|<iframe|<object|<img|@import|url\(/);
    for (const [, address] of page.matchAll(/(?:src|href)="([^"]*)"/g)) {
      expect(address).toMatch(/^(#[a-z]+|data:,|https:\/\/[\w.-]+\/.*)$/);
    }
    expect(page).toContain("default-src &#39;none&#39;");
  });

  it("holds hostile texts as text", () => {
    const nasty = htmlReport(hostileReport());
    expect(nasty).not.toContain("<script");
    expect(nasty).not.toContain("<img");
    expect(nasty).not.toMatch(/href="javascript/);
    expect(nasty).toContain(escapeHtml(hostile));
    const tags = (text: string): number => (text.match(/<\/?[a-z]/g) ?? []).length;
    const links = exampleReport().blockers.filter(({ verdict }) => verdict !== "clear").length;
    expect(tags(nasty), "no tag more").toBeLessThanOrEqual(tags(page) + links);
  });
});
