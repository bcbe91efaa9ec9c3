import { canonicalText, type Move, type Settling, type Step } from "@handfast/core";
import { holdsExactly, shortenName, sortDigests } from "../digest-sets.ts";
import { rehearsalSteps, switchKey } from "../rehearsal/rehearsal.ts";
import type { AlbAction } from "./actions.ts";
import { describe } from "./describe.ts";
import { bundleKey, crlKey } from "./keys.ts";
import {
  type AlbState,
  type Authentication,
  referredTo,
  type StoreContent,
  type StoreState,
  sameContent,
  storeName,
  storeObject,
} from "./state.ts";
import type { AlbTarget } from "./target.ts";

/** What the pure functions must know of the adapter's options. */
export interface StepOptions {
  readonly region: string;
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
  /** How long until every node of a load balancer has a listener's change, in milliseconds. */
  readonly settleMs: number;
}

type AlbStep = Step<AlbAction>;

/** A store becomes ACTIVE within seconds as a rule; Terraform gives it 2 minutes (terraform-provider-aws, elbv2/trust_store.go). */
const creation: Settling = { by: "status", typicalMs: 20_000, atMostMs: 300_000 };

/** The steps of a move: what the wanted store lacks, then the switch. */
export function albSteps(
  target: AlbTarget,
  from: AlbState,
  to: AlbState,
  options: StepOptions,
): Move<AlbAction> {
  const before = from.listener?.authentication;
  const after = to.listener?.authentication;
  if (after === undefined) return { steps: [], findings: [] };
  if (before === undefined)
    return blocked("listener-not-found", `listener ${target.listener} is gone`, "restore it first");
  const prepared =
    after.mode === "verify"
      ? prepareStore(target, after.store, from, to.stores[after.store], options)
      : { steps: [] };
  if ("findings" in prepared) return prepared;
  const { region, settleMs } = options;
  const settles: Settling = { by: "time", typicalMs: settleMs, atMostMs: settleMs };
  const rehearsal = rehearsalSteps(target, from, to, prepared.steps, { settles, region });
  if (canonicalText(before) === canonicalText(after))
    return { steps: [...prepared.steps, ...rehearsal.behind], findings: [] };
  if (after.mode === "verify" && after.cut) {
    return blocked(
      "store-cut-away",
      `the owner of ${after.store} has cut it away from the listener`,
      "ask for it again",
    );
  }
  const first = [...prepared.steps, ...rehearsal.before];
  const [, , balancer, , id = ""] = target.listener.split("/");
  const flip: AlbStep = {
    key: switchKey(after),
    object: target.listener,
    ...(first.length === 0 ? {} : { after: first.map(({ key }) => key) }),
    action: {
      kind: "set-listener",
      from: before,
      to: after,
      ...(prepared.expects === undefined ? {} : { expects: prepared.expects }),
    },
    effect: "switch",
    back: "exact",
    settles,
    cost: { budget: `aws.elbv2/${region}`, calls: callsToSet(after, prepared.expects) },
    summary: `set listener ${balancer}/${id.slice(0, 8)} to ${describe(after)} (now ${describe(before)})`,
  };
  return { steps: [...first, flip, ...rehearsal.behind], findings: [] };
}

/** The look and the write; for a store its ARN, and a look at what it holds where that is expected of it. */
function callsToSet({ mode }: Authentication, expects: StoreContent | undefined): number {
  if (mode !== "verify") return 2;
  if (expects === undefined) return 3;
  return 5 + ("known" in expects.crls ? expects.crls.known.length : 0);
}

/** What must be done to a store before a listener may refer to it; or what it must hold, where nothing is done to it. */
interface Preparation {
  readonly steps: readonly AlbStep[];
  readonly expects?: StoreContent | undefined;
}

function prepareStore(
  { listener }: AlbTarget,
  store: string,
  from: AlbState,
  wanted: StoreState | undefined,
  options: StepOptions,
): Preparation | Move<AlbAction> {
  const now = from.stores[store];
  const inUse = referredTo(from.listener?.authentication).includes(store);
  if (wanted === undefined) return { steps: [] };
  // What nothing here makes may be changed by others until it is switched to; the store in use is part of the plan.
  const expects = inUse ? undefined : { anchors: wanted.anchors, crls: wanted.crls };
  if (now?.ready === true && sameContent(now, wanted)) return { steps: [], expects };
  if (
    "unknown" in wanted.anchors ||
    "unknown" in wanted.crls ||
    store !== storeName(wanted.anchors.known, wanted.crls.known)
  ) {
    // Stores of others are looked at only while a listener refers to them.
    if (now === undefined && !inUse) return { steps: [], expects };
    return blocked(
      "store-changed",
      `trust store ${store} does not hold what it held, and it is not handfast's to write`,
      "have its owner undo that, or ask for the trust by a spec: it gets a store of its own",
    );
  }
  const [anchors, crls] = [sortDigests(wanted.anchors.known), sortDigests(wanted.crls.known)] as const;
  if (now?.ready === true && !holdsExactly(now.anchors, anchors)) {
    return blocked(
      "store-name-taken",
      `trust store ${store} does not hold what its name says`,
      `delete ${store}`,
    );
  }
  if (now?.taken === true || inUse) {
    return blocked(
      "store-in-use",
      `trust store ${store} lacks some of its CRLs, and a listener uses it`,
      "move that listener first",
    );
  }
  const steps: AlbStep[] = [];
  const budget = `aws.elbv2/${options.region}`;
  const base = { object: storeObject(store, listener), effect: "none", back: "until-retire" } as const;
  const creates = now?.ready !== true;
  if (creates) {
    const bundle = bundleKey(anchors, options.prefix);
    const count = anchors.length === 1 ? "1 CA" : `${anchors.length} CAs`;
    steps.push({
      ...base,
      key: `create-store ${store}`,
      action: { kind: "create-store", store, anchors, bundle },
      settles: creation,
      cost: { budget, calls: 2 },
      summary: `create trust store ${shortenName(store)} with ${count}, through s3://${options.bucket}`,
    });
  }
  const held = !creates && "known" in now.crls ? now.crls.known : [];
  for (const crl of crls.filter((digest) => !held.includes(digest))) {
    steps.push({
      ...base,
      key: `add-crl ${store} ${crl}`,
      ...(creates ? { after: [`create-store ${store}`] } : {}),
      action: { kind: "add-crl", store, crl, file: crlKey(crl, options.prefix) },
      settles: { by: "call" },
      cost: { budget, calls: 3 },
      summary: `attach CRL ${crl.slice(0, 12)} to trust store ${shortenName(store)}`,
    });
  }
  return { steps };
}

function blocked(code: string, message: string, mend: string): Move<AlbAction> {
  return { steps: [], findings: [{ code, severity: "blocker", message, mend }] };
}
