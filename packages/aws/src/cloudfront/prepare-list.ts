import type { Digest, Settling } from "@handfast/core";
import { digestOf } from "@handfast/core";
import { type KnownDigests, sortDigests } from "../digest-sets.ts";
import { cloudfrontBudget } from "../distribution/deployment.ts";
import { functionObject, listObject } from "../revocation/names.ts";
import { chooseList, isFilled } from "./choose-list.ts";
import { crlKey, idOf, listPlace } from "./names.ts";
import { type CloudFrontState, listInUse, storeOf } from "./state.ts";
import { type CloudFrontStep, listSettling, type Prepared, type StepOptions } from "./step.ts";
import type { CloudFrontTarget } from "./target.ts";

/** A store without an import is ready within seconds (terraform-provider-aws, cloudfront/key_value_store.go, waits for it). */
const provisioning: Settling = { by: "status", typicalMs: 10_000, atMostMs: 300_000 };
const valuesBudget = "aws.cloudfront-keyvaluestore";

/** What must be done to the wanted revocation list, and the connection function to associate. */
export function prepareList(
  { distribution }: CloudFrontTarget,
  from: CloudFrontState,
  to: CloudFrontState,
  options: StepOptions,
): Prepared<{ readonly connectionFunction: string | null }> {
  const wanted = to.distribution;
  const named = listInUse(to);
  const crls = named === undefined ? undefined : to.lists[named]?.crls;
  const asWanted = { steps: [], connectionFunction: wanted?.connectionFunction ?? null };
  // What was in a list that nobody could read can't be put there again, but the list may still be there.
  if (wanted === null || crls === undefined || "unknown" in crls) return asWanted;
  const ocsp = to.stores[storeOf(wanted.viewer) ?? ""]?.ocsp ?? false;
  const wish = { crls: crls.known, viewer: wanted.viewer, ocsp };
  const { list, connectionFunction, inPlace } = chooseList(distribution, wish, from);
  const place = listPlace(distribution, list);
  const now = from.lists[list];
  const steps: CloudFrontStep[] = [];
  const base = { effect: "none", back: "until-retire" } as const;
  if (now?.ready !== true) {
    steps.push({
      ...base,
      key: `create-list ${list}`,
      object: listObject(place),
      action: { kind: "create-list", list },
      settles: provisioning,
      cost: { budget: cloudfrontBudget, calls: 2 },
      summary: `create key value store ${list} for what is revoked at ${idOf(distribution)}`,
    });
  }
  if (!isFilled(now, crls.known)) {
    const before: KnownDigests = now?.ready === true ? now.crls : { known: [] };
    const to = sortDigests(crls.known);
    steps.push({
      ...base,
      key: `write-list ${list} ${digestOf(to).slice(0, 8)}`,
      object: listObject(place),
      ...afterAll(steps),
      action: {
        kind: "write-list",
        list,
        from: before,
        to,
        files: to.map((crl) => crlKey(crl, list, options.prefix)),
      },
      ...(inPlace ? { effect: "switch", back: "exact" } : {}),
      settles: listSettling(options),
      cost: { budget: valuesBudget, calls: 4 + to.length },
      summary: `write ${counted(to)} into revocation list ${list} (now ${describeLists(before)})`,
    });
  }
  if (!inPlace && from.functions[connectionFunction] !== "live") {
    const made = steps.filter(({ action }) => action.kind === "create-list");
    steps.push({
      ...base,
      key: `create-function ${connectionFunction}`,
      object: functionObject(connectionFunction, distribution),
      ...afterAll(made),
      action: { kind: "create-function", name: connectionFunction, list, ocsp },
      settles: { by: "call" },
      cost: { budget: cloudfrontBudget, calls: 5 },
      summary: `create connection function ${connectionFunction}, which refuses what is on list ${list}`,
    });
  }
  return { steps, connectionFunction };
}

function afterAll(steps: readonly CloudFrontStep[]): { readonly after?: readonly string[] } {
  return steps.length === 0 ? {} : { after: steps.map(({ key }) => key) };
}

function describeLists(crls: KnownDigests): string {
  return "unknown" in crls ? "not known" : counted(crls.known);
}

function counted(crls: readonly Digest[]): string {
  return crls.length === 1 ? "1 CRL" : `${crls.length} CRLs`;
}
