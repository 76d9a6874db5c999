import type { Rung } from "../../contract/rung.ts";
import { style } from "./style.ts";

/** Says what kind of cluster it is where that is less than a node; a stub is said loudly. */
export function renderRung({ mode, title, fidelity, disclosure }: Rung, colour: boolean): string {
  if (mode === "node") return "";
  const how = fidelity === "stubbed" ? "bad" : "warn";
  return `${style(`This is ${title} [${fidelity}].`, how, colour)} ${disclosure}\n`;
}
