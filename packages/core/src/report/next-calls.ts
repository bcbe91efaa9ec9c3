import type { Report } from "./report.ts";

/** What can be done next: in words, and as a call. */
export function nextOf({ runId, kind, status, retired, takenBack = [] }: Report): readonly {
  readonly what: string;
  readonly call: string;
}[] {
  const call = (method: "resume" | "rollback" | "retire", run = runId): string =>
    `handfast.${method}(${JSON.stringify(run)})`;
  const back = takenBack.at(-1);
  if (back?.status === "done") return [{ what: "let go of what it left", call: call("retire", back.runId) }];
  if (back !== undefined) return [{ what: "go on with the way back", call: call("resume", back.runId) }];
  if (kind === "retire") return status === "done" ? [] : [{ what: "go on", call: call("resume") }];
  if (status !== "done")
    return [
      { what: "go on", call: call("resume") },
      { what: "or take it back", call: call("rollback") },
    ];
  if (retired) return [];
  return [
    { what: "take it back", call: call("rollback") },
    { what: "or let go of the way back", call: call("retire") },
  ];
}
