/** `@handfast/core/reporters`: a run as it goes, and what became of it, for terminals, pipelines, pages and pictures. */
export { githubSummary } from "./github-summary.ts";
export { type HtmlReportInput, htmlReport } from "./html/html-report.ts";
export { type JsonLinesOptions, jsonLinesReporter } from "./json-lines-reporter.ts";
export { mermaidOfPlan, mermaidOfReport } from "./mermaid.ts";
export { runEventSchema, type TimedEvent, timedEventSchema } from "./run-event-schema.ts";
export type { TerminalOutput } from "./terminal-output.ts";
export {
  type TerminalReporter,
  type TerminalReporterOptions,
  terminalReporter,
} from "./terminal-reporter.ts";
