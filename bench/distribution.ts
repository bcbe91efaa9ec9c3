/**
 * A verifier in the shape of a content network's distribution: a wide configuration of which two fields matter here, and
 * trust stores beside it. It can be planned for, and neither read nor written.
 */
import { defineAdapter, digestOf, type Finding, type Step, type VerifierAdapter } from "@handfast/core";
import { z } from "zod";

const known = z.union([
  z.strictObject({ known: z.array(z.string()) }),
  z.strictObject({ unknown: z.string(), count: z.int().optional() }),
]);

const viewerAuthentication = z.strictObject({
  mode: z.enum(["request", "optional", "required"]),
  store: z.string(),
  ignoreExpiry: z.boolean(),
  advertiseNames: z.boolean(),
});

const behaviour = z.strictObject({
  pathPattern: z.string(),
  origin: z.string(),
  viewerProtocolPolicy: z.enum(["allow-all", "https-only", "redirect-to-https"]),
  allowedMethods: z.array(z.string()),
  cachePolicy: z.string(),
  originRequestPolicy: z.string(),
  compress: z.boolean(),
});

const state = z.strictObject({
  id: z.string(),
  etag: z.string(),
  status: z.enum(["InProgress", "Deployed"]),
  enabled: z.boolean(),
  aliases: z.array(z.string()),
  comment: z.string(),
  priceClass: z.string(),
  httpVersion: z.string(),
  ipv6: z.boolean(),
  webAcl: z.string(),
  certificate: z.strictObject({ arn: z.string(), support: z.string(), minimum: z.string() }),
  logging: z.strictObject({ bucket: z.string(), prefix: z.string(), cookies: z.boolean() }),
  origins: z.array(
    z.strictObject({
      id: z.string(),
      domain: z.string(),
      path: z.string(),
      protocolPolicy: z.string(),
      readTimeout: z.int(),
      keepaliveTimeout: z.int(),
    }),
  ),
  behaviours: z.array(behaviour),
  viewerAuthentication: viewerAuthentication.nullable(),
  stores: z.record(
    z.string(),
    z.strictObject({
      anchors: known,
      /** Digest of the bundle that it was made from. */
      bundle: z.string(),
      status: z.enum(["pending", "active", "failed"]),
      count: z.int(),
      ours: z.boolean(),
    }),
  ),
});

const action = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("create-store"), store: z.string(), anchors: z.array(z.string()) }),
  z.strictObject({
    kind: z.literal("set-distribution"),
    id: z.string(),
    from: viewerAuthentication.nullable(),
    to: viewerAuthentication.nullable(),
  }),
]);

const target = z.strictObject({ distribution: z.string() });

type Target = z.infer<typeof target>;
type Action = z.infer<typeof action>;
/** The state of a distribution. */
export type DistributionState = z.infer<typeof state>;

/** Name of the store with these anchors. */
export function distributionStore(anchors: readonly string[]): string {
  return `hf-${digestOf(anchors.toSorted()).slice(0, 28)}`;
}

/** The store with these anchors, as it is once it was made. */
export function madeStore(anchors: readonly string[]): DistributionState["stores"][string] {
  const sorted = anchors.toSorted();
  return {
    anchors: { known: sorted },
    bundle: digestOf(sorted),
    status: "active",
    count: sorted.length,
    ours: true,
  };
}

/** The adapter. */
export function distribution(): VerifierAdapter<"bench.distribution", Target> {
  const offline = (): never => {
    throw new TypeError("a bench plans from observations that it has");
  };
  return defineAdapter<
    "bench.distribution",
    "off" | "request" | "optional" | "required",
    "none",
    Target,
    DistributionState,
    Action
  >(
    {
      name: "bench.distribution",
      version: "1",
      role: "verifier",
      modes: ["off", "request", "optional", "required"],
      revocation: "none",
      anchorRoom: 25,
      maxIntermediates: 2,
      partialChain: true,
      crlRule: "covered",
    },
    {
      schema: { target, state, action },
      identify: (one) => one.distribution,
      read: offline,
      perform: offline,
      face: (_target, { viewerAuthentication: now, stores }) => ({
        role: "verifier",
        mode: now?.mode ?? "off",
        anchors:
          now === null
            ? { known: [] }
            : (stores[now.store]?.anchors ?? { unknown: "the store was not seen" }),
        crls: { known: [] },
        ignoreExpiry: now?.ignoreExpiry ?? false,
        advertiseNames: now?.advertiseNames ?? false,
      }),
      realise: (_target, wanted, base) => {
        if (wanted.role !== "verifier") return { findings: [noPresenter] };
        if (wanted.mode === "off") return { state: { ...base, viewerAuthentication: null } };
        const store = distributionStore(wanted.anchors);
        const viewer = {
          mode: wanted.mode,
          store,
          ignoreExpiry: wanted.ignoreExpiry ?? false,
          advertiseNames: wanted.advertiseNames ?? false,
        };
        const stores = { ...base.stores, [store]: base.stores[store] ?? madeStore(wanted.anchors) };
        return { state: { ...base, viewerAuthentication: viewer, stores } };
      },
      steps: (one, from, to) => {
        const [before, after] = [from.viewerAuthentication, to.viewerAuthentication];
        const steps: Step<Action>[] = [];
        const common = { back: "exact", cost: { budget: "bench", calls: 1 } } as const;
        const wanted = after === null ? undefined : to.stores[after.store];
        if (after !== null && wanted !== undefined && from.stores[after.store] === undefined) {
          const anchors = "known" in wanted.anchors ? wanted.anchors.known : [];
          steps.push({
            ...common,
            key: `create-store ${after.store}`,
            object: `trust-store/${after.store}`,
            action: { kind: "create-store", store: after.store, anchors },
            effect: "none",
            settles: { by: "status", typicalMs: 20_000, atMostMs: 300_000 },
            summary: `create trust store ${after.store.slice(0, 12)}`,
          });
        }
        if (digestOf(before) === digestOf(after)) return { steps, findings: [] };
        steps.push({
          ...common,
          key: `set-distribution ${after?.mode ?? "off"} ${after?.store ?? ""}`,
          object: `distribution/${one.distribution}`,
          after: steps.map(({ key }) => key),
          action: { kind: "set-distribution", id: one.distribution, from: before, to: after },
          effect: "switch",
          settles: { by: "status", typicalMs: 240_000, atMostMs: 1_800_000 },
          summary: `set distribution ${one.distribution} to ${after?.mode ?? "off"}`,
        });
        return { steps, findings: [] };
      },
      after: (one, now, { action: done }) => {
        if (done.kind === "set-distribution")
          return done.id === one.distribution ? { ...now, viewerAuthentication: done.to } : now;
        return { ...now, stores: { ...now.stores, [done.store]: madeStore(done.anchors) } };
      },
      check: offline,
      removals: () => ({ steps: [], findings: [] }),
    },
  );
}

const noPresenter: Finding = {
  code: "not-a-verifier",
  severity: "blocker",
  message: "a distribution checks certificates here",
};
