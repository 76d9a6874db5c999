import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { blockerPages } from "./blocker-pages.ts";
import { verifyPage } from "./verify-page.ts";

// `npm run docs`: docs/blockers/ and docs/verify.md anew from the catalogues; tests say when that is due.
const directory = fileURLToPath(new URL("../docs/blockers/", import.meta.url));
mkdirSync(directory, { recursive: true });
const pages = blockerPages();
for (const name of readdirSync(directory)) if (!pages.has(name)) rmSync(`${directory}${name}`);
for (const [name, content] of pages) writeFileSync(`${directory}${name}`, content);
writeFileSync(fileURLToPath(new URL("../docs/verify.md", import.meta.url)), verifyPage());
