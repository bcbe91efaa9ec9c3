import type { Finding, Severity } from "@handfast/core";

/** A finding, with or without who must do what. */
export function finding(severity: Severity, code: string, message: string, mend?: string): Finding {
  return { code, severity, message, ...(mend === undefined ? {} : { mend }) };
}
