/** Text that others wrote, made fit for one line: plans and reports in text need it too. */
export { countOf, oneLine } from "../plan/plain-text.ts";
