import type { MtlsPlan } from "../plan/plan.ts";

/** What changes at one verifier for those who connect to it, as far as the plan tells. */
export interface AccessChange {
  readonly verifier: string;
  readonly adapter: string;
  readonly loses: readonly string[];
  readonly gains: readonly string[];
  /** What else it is to know: who is asked for the first time, what could not be read. */
  readonly notes: readonly string[];
  /** Who connects to it by the links of the plan. */
  readonly links: readonly string[];
  /** What the run writes, in the adapter's own words: path in the state, and both values as JSON. */
  readonly changes: readonly StateChange[];
}

interface StateChange {
  readonly path: string;
  readonly before: string;
  readonly goal: string;
}

const mostLinks = 20;
const mostChanges = 40;

/** The verifiers that a plan changes, with who gains and loses access at each. */
export function accessChanges(plan: MtlsPlan): readonly AccessChange[] {
  const findings = Map.groupBy(plan.findings, ({ target }) => target ?? "");
  const links = Map.groupBy(plan.links, ({ to }) => ("endpoint" in to ? to.endpoint : to.verifier));
  return Object.entries(plan.endpoints).flatMap(
    ([verifier, { role, adapter, before, goal }]): AccessChange[] => {
      if (role !== "verifier" || goal === undefined) return [];
      const about = findings.get(verifier) ?? [];
      const changes = changesOf(before.now, goal, "");
      if (about.length === 0 && changes.length === 0) return [];
      const say = (code: string, verb: string): readonly string[] =>
        about.flatMap((finding) =>
          finding.code === code ? [withoutPrefix(finding.message, `${verifier} ${verb}: `)] : [],
        );
      const own = links.get(verifier) ?? [];
      return [
        {
          verifier,
          adapter,
          loses: say("access-lost", "will refuse"),
          gains: say("access-gained", "will accept"),
          notes: about.flatMap(({ code, message }) =>
            code === "access-lost" || code === "access-gained" ? [] : [message],
          ),
          links: [
            ...own
              .slice(0, mostLinks)
              .map(({ from }) => ("endpoint" in from ? from.endpoint : from.population)),
            ...(own.length > mostLinks ? [`and ${own.length - mostLinks} more`] : []),
          ],
          changes: changes.slice(0, mostChanges),
        },
      ];
    },
  );
}

function withoutPrefix(text: string, prefix: string): string {
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

/** The leaves in which two states differ. */
function changesOf(before: unknown, goal: unknown, path: string): readonly StateChange[] {
  if (isRecord(before) && isRecord(goal)) {
    return [...new Set([...Object.keys(before), ...Object.keys(goal)])].flatMap((key) =>
      changesOf(before[key], goal[key], path === "" ? key : `${path}.${key}`),
    );
  }
  const [first, last] = [before, goal].map((value) =>
    value === undefined ? "absent" : JSON.stringify(value),
  );
  return first === last ? [] : [{ path, before: first ?? "", goal: last ?? "" }];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
