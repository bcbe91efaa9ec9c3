import { canonicalText, type Facts, type Finding, type Wanted, type WantedVerifier } from "@handfast/core";
import { sortDigests } from "../digest-sets.ts";
import { checkCrls } from "./check-crls.ts";
import { chooseList } from "./choose-list.ts";
import { chooseStore, type StorePolicy } from "./choose-store.ts";
import { undoneBy } from "./managers.ts";
import { blocker, distributionFinding, obstacleFindings } from "./obstacles.ts";
import { type CloudFrontState, type Front, listInUse, type Viewer } from "./state.ts";
import type { CloudFrontTarget } from "./target.ts";

type Realised =
  | { readonly state: CloudFrontState; readonly findings?: readonly Finding[] }
  | { readonly findings: readonly Finding[] };

/** Neutral to native: prefers the store and the list in use, then those that handfast made, when the content is the same. */
export function realiseCloudFront(
  target: CloudFrontTarget,
  wanted: Wanted,
  base: CloudFrontState,
  facts: Facts,
  policy: StorePolicy,
): Realised {
  const { distribution: arn } = target;
  if (wanted.role !== "verifier") {
    const message = "viewers are shown no client certificate";
    return { findings: [blocker("not-a-verifier", message, "use a presenter's adapter")] };
  }
  const { distribution } = base;
  if (wanted.mode === "off" && (distribution?.viewer.mode ?? "off") === "off") return { state: base };
  const absent = distributionFinding(arn, base);
  if (absent !== undefined || distribution === null)
    return { findings: absent === undefined ? [] : [absent] };
  const others = functionOfOthers(base);
  const set = (
    viewer: Viewer,
    connectionFunction: string | null,
    made: Partial<CloudFrontState> = {},
    findings: readonly Finding[] = [],
  ): Realised => {
    const front: Front = { viewer, connectionFunction };
    const state = { ...base, ...made, distribution: { ...distribution, ...front } };
    const before = { viewer: distribution.viewer, connectionFunction: distribution.connectionFunction };
    const told = canonicalText(front) === canonicalText(before) ? [] : aboutChange(target, base, front);
    return { state, findings: [...findings, ...told] };
  };
  if (wanted.mode === "off") return set({ mode: "off" }, null);
  const mode = wanted.mode === "request" ? "passthrough" : wanted.mode;
  const inTheWay = obstacleFindings(arn, distribution.obstacles, mode);
  if (inTheWay.length > 0) return { findings: inTheWay };
  if (mode === "passthrough") return set({ mode }, others ?? null);

  const anchors = sortDigests(wanted.anchors);
  const crls = sortDigests(wanted.crls);
  const findings = checkCrls(crls, facts);
  if (findings.length > 0) return { findings };
  if (crls.length > 0 && others !== undefined) return { findings: [functionTaken(arn, others)] };
  const { ocsp, ...flags } = flagsOf(target, wanted);
  const chosen = chooseStore(arn, { anchors, ocsp }, base, policy);
  if ("code" in chosen) return { findings: [chosen] };
  const { store, made } = chosen;
  const viewer: Viewer = { mode, store, ...flags };
  const stores = made === undefined ? base.stores : { ...base.stores, [store]: made };
  const warnings = ocsp ? [aboutOcsp(arn)] : [];
  if (crls.length === 0) return set(viewer, others ?? null, { stores }, warnings);
  const { list, connectionFunction } = chooseList(arn, { crls, viewer, ocsp }, base);
  const filled = { ready: true, crls: { known: crls }, halfway: false };
  const lists = { ...base.lists, [list]: filled };
  const functions = { ...base.functions, [connectionFunction]: "live" } as const;
  return set(viewer, connectionFunction, { stores, lists, functions }, warnings);
}

/** The associated connection function, if it is not one that handfast made for this distribution. */
export function functionOfOthers(state: CloudFrontState): string | undefined {
  const name = state.distribution?.connectionFunction ?? undefined;
  return name === undefined || state.functions[name] !== undefined || listInUse(state) !== undefined
    ? undefined
    : name;
}

function flagsOf(
  target: CloudFrontTarget,
  wanted: WantedVerifier,
): { ignoreExpiry: boolean; advertiseNames: boolean; ocsp: boolean } {
  return {
    ignoreExpiry: wanted.ignoreExpiry ?? target.ignoreExpiry ?? false,
    advertiseNames: wanted.advertiseNames ?? target.advertiseNames ?? false,
    ocsp: wanted.ocsp ?? target.ocsp ?? false,
  };
}

function functionTaken(distribution: string, name: string): Finding {
  return blocker(
    "connection-function-taken",
    `connection function ${name} is associated with ${distribution}, which takes one; the CRLs need one of their own`,
    `take ${name} off the distribution, or leave the CRLs out and have ${name} refuse what is revoked`,
  );
}

function aboutOcsp(distribution: string): Finding {
  return {
    code: "ocsp-lag",
    severity: "warning",
    message: `${distribution} asks OCSP responders: what they revoke is let in for up to half an hour more, and while a responder does not answer, its CA's clients are refused`,
    mend: "revoke by a CRL what must be refused at once",
  };
}

/** What people should know of a change: who will undo it, and what goes with it. */
function aboutChange(target: CloudFrontTarget, base: CloudFrontState, front: Front): Finding[] {
  const found: Finding[] = [];
  const others = functionOfOthers(base);
  if (others !== undefined && front.connectionFunction === null) {
    found.push({
      code: "connection-function-taken-off",
      severity: "warning",
      message: `connection function ${others} is taken off ${target.distribution} with viewer mTLS: it has nothing to look at then`,
      mend: "a rollback puts it back",
    });
  } else if (others !== undefined) {
    found.push({
      code: "connection-function-of-others",
      severity: "warning",
      message: `connection function ${others} stays at ${target.distribution}: what it refuses is not known here`,
    });
  }
  if (base.manager !== undefined) found.push(undoneBy(base.manager, target.distribution, front));
  return found;
}
