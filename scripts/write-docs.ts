import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { blockerPages } from "./blocker-pages.ts";

// `npm run docs`: docs/blockers/ anew from the catalogue; a test says when that is due.
const directory = fileURLToPath(new URL("../docs/blockers/", import.meta.url));
mkdirSync(directory, { recursive: true });
const pages = blockerPages();
for (const name of readdirSync(directory)) if (!pages.has(name)) rmSync(`${directory}${name}`);
for (const [name, content] of pages) writeFileSync(`${directory}${name}`, content);
