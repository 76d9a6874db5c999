/** Whether the signal is aborted by now. A function, since TypeScript takes an earlier look at the property for granted after an await. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
