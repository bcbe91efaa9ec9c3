import type { Evidence } from "../accept/evidence.ts";
import type { Face, Finding } from "../adapter/contract.ts";
import { isHandfastError } from "../errors.ts";
import { observe } from "../observation/observe.ts";
import type { Spec } from "../spec/spec.ts";
import type { PastRun } from "./history.ts";
import { planSpec } from "./plan-apply.ts";
import { resolveSpec } from "./resolve-spec.ts";
import type { Workshop } from "./workshop.ts";

/** What is in effect now, held against a spec. JSON. */
export interface Status {
  readonly format: 1;
  /** ISO 8601. */
  readonly at: string;
  /** Whether nothing is left to do, and nothing under way. */
  readonly inEffect: boolean;
  readonly endpoints: readonly {
    readonly key: string;
    readonly adapter: string;
    /** What its provider says that it does or shows. */
    readonly face: Face;
    /** False while a change is on its way to the nodes. */
    readonly settled: boolean;
  }[];
  /** What a plan would do: one line for each write. */
  readonly drift: readonly string[];
  readonly findings: readonly Finding[];
  /** Certificates and lists in use or wanted, soonest first. */
  readonly expiring: readonly { readonly what: string; readonly at: string }[];
}

/** Reads the world and plans, without keeping the plan. */
export async function statusOf(
  workshop: Workshop,
  spec: Spec,
  signal: AbortSignal,
  ignoreRuns: readonly string[],
): Promise<Status> {
  const resolved = await resolveSpec(spec, workshop.readText);
  const asked = resolved.endpoints.map((endpoint) => ({
    ...endpoint,
    adapter: workshop.adapter(endpoint.adapter),
  }));
  const { seen, bytes } = await observe(asked, { clock: workshop.clock, signal });
  const endpoints = asked.map(({ key, adapter, target }) => {
    const one = seen.get(key);
    return {
      key,
      adapter: adapter.facts.name,
      face: adapter.definition.face(target, one?.now),
      settled: one?.settled ?? false,
    };
  });
  const read = asked.flatMap(({ key, adapter, target }) => {
    const one = seen.get(key);
    return one === undefined ? [] : [{ adapter, target, seen: one }];
  });
  const facts = await workshop.evidenceFor(read, new Map([...bytes, ...resolved.bytes]));
  const past = await workshop.pastRuns(ignoreRuns);
  const { drift, findings } = await driftOf(workshop, spec, signal, past);
  const settled = endpoints.every((endpoint) => endpoint.settled);
  return {
    format: 1,
    at: new Date(workshop.clock.now()).toISOString(),
    inEffect: settled && drift.length === 0 && !findings.some(({ severity }) => severity === "blocker"),
    endpoints,
    drift,
    findings: findings,
    expiring: expiringIn(
      endpoints.map(({ face }) => face),
      facts,
    ),
  };
}

async function driftOf(
  workshop: Workshop,
  spec: Spec,
  signal: AbortSignal,
  past: readonly PastRun[],
): Promise<Pick<Status, "drift" | "findings">> {
  try {
    const { plan } = await planSpec(workshop, spec, signal, past);
    const drift = plan.steps.filter(({ kind }) => kind !== "prove").map(({ summary }) => summary);
    return { drift, findings: plan.findings as readonly Finding[] };
  } catch (error) {
    if (!isHandfastError(error) || (error.code !== "PLAN_BLOCKED" && error.code !== "PLAN_NO_PATH"))
      throw error;
    const issues = error.details.issues ?? [{ path: [error.code], message: error.message }];
    const findings = issues.map(({ path, message }) => ({
      code: String(path.at(-1)),
      severity: "blocker" as const,
      ...(path.length > 1 ? { target: String(path[0]) } : {}),
      message,
    }));
    return { drift: [], findings };
  }
}

function expiringIn(faces: readonly Face[], facts: Evidence): Status["expiring"] {
  const found = new Map<string, { what: string; at: number }>();
  const note = (what: string, at: number | undefined): void => {
    if (at !== undefined) found.set(what, { what, at });
  };
  for (const face of faces) {
    if (face.role === "presenter") {
      if (typeof face.shows === "object" && "certificate" in face.shows) {
        const { subject, sha256, notAfter } = facts.certificate(face.shows.certificate);
        note(`${subject} (${sha256.slice(0, 12)})`, notAfter);
      }
      continue;
    }
    for (const anchor of "known" in face.anchors ? face.anchors.known : []) {
      const { subject, sha256, notAfter } = facts.certificate(anchor);
      note(`${subject} (${sha256.slice(0, 12)})`, notAfter);
    }
    for (const crl of "known" in face.crls ? face.crls.known : [])
      note(`revocation list ${crl.slice(0, 12)}`, facts.crl(crl).nextUpdate);
  }
  return [...found.values()]
    .toSorted((a, b) => a.at - b.at)
    .map(({ what, at }) => ({ what, at: new Date(at).toISOString() }));
}
