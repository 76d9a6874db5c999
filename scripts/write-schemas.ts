import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { reportSchemas } from "./report-schemas.ts";

// `npm run schemas`: docs/schemas/ anew from the types; a test says when that is due.
const directory = fileURLToPath(new URL("../docs/schemas/", import.meta.url));
mkdirSync(directory, { recursive: true });
for (const [name, content] of reportSchemas()) writeFileSync(`${directory}${name}`, content);
