import type { ClusterReport } from "../../contract/report.ts";
import { html } from "./markup.ts";

/** Writes a report as one page. */
export function htmlReport({ cluster }: ClusterReport): string {
  return html`<!doctype html><title>${cluster.name}</title>`.text;
}
