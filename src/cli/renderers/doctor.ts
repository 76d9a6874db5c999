import type { DoctorReport } from "../../cluster/doctor.ts";

/** placeholder */
export function renderDoctor(report: DoctorReport, _colour: boolean): string {
  return JSON.stringify(report);
}
