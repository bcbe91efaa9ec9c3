/** Puts telemetry around all that reaches outside: adapters, the prober, checks, readers of logs. */
import type { Adapter } from "../adapter/define-adapter.ts";
import type { Check } from "../prove/check.ts";
import type { ConnectionLog } from "../prove/connection-log.ts";
import type { Prober, ProofResult } from "../prove/prober.ts";
import type { CallWork, Telemetry } from "./telemetry.ts";

/** The same adapter, with its calls watched. */
export function watchAdapter(adapter: Adapter, telemetry: Telemetry): Adapter {
  const { definition, facts } = adapter;
  const call = <T>(
    operation: CallWork["operation"],
    about: readonly string[],
    work: () => Promise<T>,
  ): Promise<T> => telemetry.call({ operation, adapter: facts.name, count: about.length, about }, work);
  return {
    ...adapter,
    definition: {
      ...definition,
      read: (targets, context) =>
        call(
          "read",
          targets.map(({ key }) => key),
          () => definition.read(targets, context),
        ),
      perform: (steps, context) =>
        call(
          "perform",
          steps.map(({ target }) => target.key),
          () => definition.perform(steps, context),
        ),
      checkPermissions: (permissions, context) =>
        call("permissions", [], () => definition.checkPermissions(permissions, context)),
    },
  } as Adapter;
}

/** The same prober, watched. */
export function watchProber(prober: Prober, telemetry: Telemetry): Prober {
  return (request) =>
    telemetry.call({ operation: "prove", count: 1, about: [request.link] }, async (tell) => {
      const result = await prober(request);
      tell({ outcome: verdictIn(result) });
      return result;
    });
}

/** The same check, watched. */
export function watchCheck(check: Check, telemetry: Telemetry): Check {
  return (request) =>
    telemetry.call({ operation: "check", count: 1, about: [request.check] }, async (tell) => {
      const result = await check(request);
      tell({ outcome: verdictIn(result) });
      return result;
    });
}

/** Somebody else's answer may be anything. */
function verdictIn(result: Partial<ProofResult> | undefined | null): string {
  const verdict = result?.verdict;
  return verdict === "passed" || verdict === "failed" ? verdict : "inconclusive";
}

/** The same reader, watched. */
export function watchLog(log: ConnectionLog, telemetry: Telemetry): ConnectionLog {
  return (query) =>
    telemetry.call({ operation: "logs", count: 1, about: [query.verifier] }, () => log(query));
}
