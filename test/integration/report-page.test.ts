import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { htmlReport } from "../../src/evidence/reports/html.ts";
import { exampleReport, hostileReport } from "../fixtures/cluster-report.ts";
import { findChromium, openPage, type Page, type View } from "./browser.ts";

const chromium = await findChromium();
if (chromium.path === undefined) {
  process.stderr.write(`report page: skipped in a real browser: ${chromium.because}\n`);
}

const phone: View = { width: 360, height: 740, scheme: "light" };
const desktop: View = { width: 1280, height: 900, scheme: "light" };

/** Elements that reach over the right edge of the window, by what they are; what scrolls by itself may hold wide things. */
const overflowing = `(() => {
  const wide = document.documentElement.clientWidth;
  const clipped = (element) => {
    for (let up = element.parentElement; up; up = up.parentElement) if (getComputedStyle(up).overflowX !== "visible") return true;
    return false;
  };
  const over = [...document.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > wide + 0.5 && !clipped(element));
  if (document.documentElement.scrollWidth > wide) over.push(document.documentElement);
  return over.map((element) => element.outerHTML.slice(0, 120));
})()`;

const colours = `(() => {
  const { backgroundColor, color } = getComputedStyle(document.body);
  return [backgroundColor, color, getComputedStyle(document.querySelector(".card")).backgroundColor];
})()`;

describe.skipIf(chromium.path === undefined)("the report's page in a real browser", () => {
  let directory = "";
  let address = "";
  let page: Page;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "sandkube-report-page-"));
    const path = join(directory, "report.html");
    await writeFile(path, htmlReport(exampleReport()));
    address = pathToFileURL(path).href;
    page = await openPage(chromium.path ?? "", address);
  });

  afterAll(async () => {
    await (page as Page | undefined)?.[Symbol.asyncDispose]();
    // For a look at them where somebody asks.
    if (process.env["SANDKUBE_KEEP_SCREENSHOTS"] === undefined) await rm(directory, { recursive: true, force: true });
    else process.stderr.write(`screenshots: ${directory}\n`);
  });

  async function picture(name: string): Promise<void> {
    const png = await page.screenshot();
    expect(png.subarray(1, 4).toString()).toBe("PNG");
    await writeFile(join(directory, `${name}.png`), png);
  }

  test("asks for nothing but itself, and complains of nothing", () => {
    expect(page.requests.filter((url) => !url.startsWith("data:"))).toEqual([address]);
    expect(page.complaints).toEqual([]);
  });

  test.each([320, 360, 412, 768, 1280])("fits a window of %i px, folded and unfolded", async (width) => {
    await page.view({ ...phone, width });
    expect(await page.evaluate(overflowing)).toEqual([]);
    await page.evaluate(`document.querySelectorAll("details").forEach((details) => { details.open = true; })`);
    expect(await page.evaluate(overflowing)).toEqual([]);
    await page.evaluate(`document.querySelectorAll("details").forEach((details) => { details.open = false; })`);
  });

  test("has other colours in the dark", async () => {
    await page.view(phone);
    const light = await page.evaluate<string[]>(colours);
    await picture("phone-light");
    await page.view({ ...phone, scheme: "dark" });
    const dark = await page.evaluate<string[]>(colours);
    await picture("phone-dark");
    for (const [index, colour] of dark.entries()) expect(colour).not.toBe(light[index]);
    expect(brightness(dark[0])).toBeLessThan(60);
    expect(brightness(light[0])).toBeGreaterThan(200);
    await page.view(desktop);
    await picture("desktop-light");
    await page.view({ ...desktop, scheme: "dark" });
    await picture("desktop-dark");
  });

  test("shows a check's exhibits when it is clicked, without a script", async () => {
    await page.view(phone);
    const visible = `document.querySelector("#checks details pre").checkVisibility()`;
    expect(await page.evaluate(visible)).toBe(false);
    await page.click("#checks details > summary");
    expect(await page.evaluate(visible)).toBe(true);
    await picture("phone-open");
  });

  test("is made for those who do not see it", async () => {
    const headings = await page.evaluate<string[]>(
      `[...document.querySelectorAll("h1,h2,h3,h4")].map(({ tagName }) => tagName)`,
    );
    expect(headings.filter((name) => name === "H1")).toHaveLength(1);
    for (const [index, name] of headings.entries()) {
      const before = Number(headings[index - 1]?.slice(1) ?? 0);
      expect(Number(name.slice(1)), "no level is left out").toBeLessThanOrEqual(before + 1);
    }
    const unnamed = `[...document.querySelectorAll("svg")].filter((svg) => !svg.getAttribute("aria-label") && !svg.closest("[aria-hidden=true]")).length`;
    expect(await page.evaluate(unnamed)).toBe(0);
    expect(await page.evaluate(`[...document.querySelectorAll("th:not([scope])")].length`)).toBe(0);
    expect(await page.evaluate(`document.documentElement.lang`)).toBe("en");
    const broken = `[...document.querySelectorAll("a[href^='#']")].filter((a) => !document.getElementById(a.hash.slice(1))).length`;
    expect(await page.evaluate(broken)).toBe(0);
  });

  test("draws the boot on one scale", async () => {
    await page.view(desktop);
    const bar = (name: string): Promise<{ left: number; right: number }> =>
      page.evaluate(
        `(({left,right}) => ({left,right}))(document.querySelector("svg[aria-label^='${name}:'] rect").getBoundingClientRect())`,
      );
    const probes = await bar("probes");
    const kine = await bar("kine");
    const server = await bar("kube-apiserver");
    expect(probes.right).toBeLessThan(kine.left);
    expect(server.right - server.left).toBeGreaterThan(10 * (kine.right - kine.left));
    expect(server.left).toBeGreaterThan(kine.left);
  });
});

test.skipIf(chromium.path === undefined)("hostile texts do nothing on the page", async () => {
  const directory = await mkdtemp(join(tmpdir(), "sandkube-report-page-"));
  try {
    const path = join(directory, "report.html");
    await writeFile(path, htmlReport(hostileReport()));
    const address = pathToFileURL(path).href;
    await using page = await openPage(chromium.path ?? "", address);
    await page.view(phone);
    expect(page.requests.filter((url) => !url.startsWith("data:"))).toEqual([address]);
    expect(page.complaints).toEqual([]);
    expect(await page.evaluate(`document.querySelectorAll("script,img,[onload]").length`)).toBe(0);
    expect(await page.evaluate(`[...document.links].filter(({ protocol }) => protocol === "javascript:").length`)).toBe(
      0,
    );
    expect(await page.evaluate(`document.querySelectorAll("section").length`)).toBe(8);
    expect(await page.evaluate(overflowing)).toEqual([]);
    await page.evaluate(`document.querySelectorAll("details").forEach((details) => { details.open = true; })`);
    expect(await page.evaluate(overflowing)).toEqual([]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

function brightness(colour = ""): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/\d+/g) ?? []).map(Number);
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}
