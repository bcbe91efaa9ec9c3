import { z } from "zod";

/**
 * The steps from what was observed to what is wanted: plain data, no client, no function, no secret, no id that is not
 * known yet. It survives JSON, and applies the same after it.
 */

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const json = z.json();

const finding = z.strictObject({
  code: z.string(),
  severity: z.enum(["info", "warning", "consent", "blocker"]),
  target: z.string().optional(),
  message: z.string(),
  mend: z.string().optional(),
});

const settling = z.discriminatedUnion("by", [
  z.strictObject({ by: z.literal("call") }),
  z.strictObject({ by: z.literal("status"), typicalMs: z.number(), atMostMs: z.number() }),
  z.strictObject({ by: z.literal("time"), typicalMs: z.number(), atMostMs: z.number() }),
]);

const wayBack = z.union([
  z.literal("exact"),
  z.literal("until-retire"),
  z.strictObject({ never: z.string() }),
]);

const adapterStep = z.strictObject({
  key: z.string(),
  object: z.string(),
  after: z.array(z.string()).optional(),
  action: json,
  effect: z.enum(["none", "switch", "remove"]),
  back: wayBack,
  settles: settling,
  cost: z.strictObject({ budget: z.string(), calls: z.number() }),
  summary: z.string(),
  batch: z.strictObject({ key: z.string(), most: z.int().min(1) }).optional(),
  rehearses: z.strictObject({ port: z.number() }).optional(),
  late: z.literal(true).optional(),
});

const shown = z.union([
  z.literal("nothing"),
  z.strictObject({ unknown: z.string() }),
  z.strictObject({ certificate: digest, chain: z.array(digest) }),
]);

const knownDigests = z.union([
  z.strictObject({ known: z.array(digest) }),
  z.strictObject({ unknown: z.string(), count: z.number().optional() }),
]);

const verifierFace = z.strictObject({
  role: z.literal("verifier"),
  mode: z.enum(["off", "request", "optional", "required"]),
  anchors: knownDigests,
  crls: knownDigests,
  ignoreExpiry: z.boolean(),
  advertiseNames: z.boolean(),
  ocsp: z.boolean().optional(),
});

const presenterFace = z.strictObject({ role: z.literal("presenter"), shows: shown });
const face = z.discriminatedUnion("role", [verifierFace, presenterFace]);

const seen = z.strictObject({
  objects: z.array(z.string()),
  now: json,
  may: z.array(json),
  settled: z.boolean(),
  owner: z.enum(["us", "other", "unknown"]),
  also: z.array(z.strictObject({ name: z.string(), face: face.optional() })).optional(),
  findings: z.array(finding),
});

const credential = z.strictObject({
  key: z.string(),
  name: z.string(),
  shown: shown.optional(),
  issuedBy: digest.optional(),
});

const identity = z.strictObject({
  chain: z.array(digest),
  secret: z.strictObject({ key: z.string(), spki: digest }),
});

const probe = z.strictObject({
  /** Over the link, as its traffic goes; absent where that can't be asked. */
  url: z.string().optional(),
  /** What the probe itself shows at the first hop. */
  show: identity.optional(),
  /** Response header in which the app repeats the certificate that it saw. */
  echo: z.string().optional(),
  /** HTTP status that counts as served; any below 400 when absent. */
  expect: z.number().optional(),
  /** At the verifier itself, past the presenter. */
  direct: z
    .strictObject({
      url: z.string(),
      servername: z.string().optional(),
      /** What stands for the presenter: what it will show, or a leaf of the same CA; absent when it will show nothing. */
      show: identity.optional(),
      expect: z.number().optional(),
    })
    .optional(),
  /** What the spec says can't be asked from where handfast runs. */
  unreachable: z.enum(["all", "direct"]).optional(),
});

const link = z.strictObject({
  key: z.string(),
  from: z.union([
    z.strictObject({ endpoint: z.string() }),
    z.strictObject({ population: z.string(), credentials: z.array(credential) }),
  ]),
  to: z.union([
    z.strictObject({ endpoint: z.string() }),
    z.strictObject({ verifier: z.string(), face: verifierFace }),
  ]),
  mayRefuse: z.array(z.string()),
  probe: probe.optional(),
  named: z.boolean(),
});

const endpoint = z.strictObject({
  adapter: z.string(),
  version: z.string(),
  role: z.enum(["verifier", "presenter"]),
  target: json,
  /** The image taken before: what a rollback goes back to. */
  before: seen,
  /** The state that is wanted; absent for an endpoint that is only looked at. */
  goal: json.optional(),
  mayWeaken: z.boolean(),
  mayDropEarly: z.boolean(),
  /** What its connection logs must tell before it is narrowed, be it on the way back. Milliseconds. */
  evidence: z
    .strictObject({
      logs: z.string(),
      sinceMs: z.number(),
      atLeast: z.number(),
      mayRefuse: z.number(),
      unknown: z.enum(["hold", "pass"]),
      waitMs: z.number(),
    })
    .optional(),
  /** ISO 8601: until then, a change of an earlier run that the provider can't tell of may be on its way. */
  unsettledUntil: z.string().optional(),
});

const common = {
  id: z.string(),
  /** Ids of steps that must be in effect before. */
  after: z.array(z.string()),
  phase: z.enum(["settle", "prepare", "widen", "present", "prove", "narrow", "wave", "retire"]),
  summary: z.string(),
};

/** One step of a plan. */
const planStep = z.discriminatedUnion("kind", [
  z.strictObject({ ...common, kind: z.literal("write"), target: z.string(), step: adapterStep }),
  z.strictObject({
    ...common,
    kind: z.literal("settle"),
    target: z.string(),
    /** ISO 8601: where nothing but time tells, when it is over. */
    notBefore: z.string().optional(),
    atMostMs: z.number(),
  }),
  z.strictObject({
    ...common,
    kind: z.literal("prove"),
    link: z.string(),
    /** `link`: a request over it. `direct`: one to the verifier itself, past the presenter. */
    by: z.enum(["link", "direct"]),
    /** What is due by the faces at this point: a direct request that is to be refused shows nothing. */
    due: z.enum(["served", "refused"]),
    /** Port at which the verifier rehearses what it is about to do; the probe's own when absent. */
    port: z.number().optional(),
    /** The certificate that the verifier's side must have seen; absent when only service is proved. */
    certificate: digest.optional(),
    /** Fresh successes in a row. */
    times: z.number(),
    atMostMs: z.number(),
  }),
  z.strictObject({
    ...common,
    kind: z.literal("evidence"),
    /** The verifier whose connection logs are read. */
    target: z.string(),
    /** The face that it has, and the one that it will have: nobody may have been seen whom that refuses. */
    before: verifierFace,
    face: verifierFace,
    /** Name of the reader. */
    logs: z.string(),
    /** How far back to look. Milliseconds. */
    sinceMs: z.number(),
    /** Steps that make the verifier ask, or its presenters show what they will: what was logged before tells nothing. */
    newerThan: z.array(z.string()),
    atLeast: z.number(),
    mayRefuse: z.number(),
    /** What becomes of certificates of which the log does not tell who issued them. */
    unknown: z.enum(["hold", "pass"]),
    atMostMs: z.number(),
  }),
  z.strictObject({
    ...common,
    kind: z.literal("wave"),
    wave: z.string(),
    /** Steps that belong to the wave. */
    of: z.array(z.string()),
    bakeMs: z.number(),
    maxFailures: z.number(),
    /** Names of checks that watch while it bakes, and must pass at its end. */
    checks: z.array(z.string()).optional(),
  }),
]);

/** What a run will cost and how long it will take, as far as can be known. */
const estimate = z.strictObject({
  /** Remote calls by budget. */
  calls: z.record(z.string(), z.number()),
  /** By credential whose rate is known: all calls, reads included, and how long they take at that rate. */
  rates: z.record(z.string(), z.strictObject({ calls: z.number(), ms: z.number() })).optional(),
  /** Along the longest chain of steps, or at the slowest rate, if that is longer. Milliseconds. */
  typicalMs: z.number(),
  atMostMs: z.number(),
});

const permission = z.strictObject({ allow: z.string(), on: z.string() });

/** The schema of a plan, by which one that was stored is read back. */
export const planSchema = z.strictObject({
  format: z.literal(1),
  kind: z.enum(["apply", "rollback", "retire", "break-glass"]),
  /** ISO 8601. */
  createdAt: z.iso.datetime(),
  /** ISO 8601: it can't be started later; once started it goes on as long as it takes. */
  expiresAt: z.iso.datetime(),
  /** The run that this plan takes back or retires. */
  of: z.string().optional(),
  /** What each adapter's options reach beyond its targets: where it is another, the plan does not apply. */
  scopes: z.record(z.string(), z.record(z.string(), z.string())),
  endpoints: z.record(z.string(), endpoint),
  links: z.array(link),
  steps: z.array(planStep),
  findings: z.array(finding),
  estimate,
  /** What the credential of each adapter must be allowed, in its provider's words. */
  permissions: z.record(z.string(), z.array(permission)),
  /** CA certificates that are compromised: no way back trusts them again, unless asked for in so many words. */
  compromised: z.array(digest).optional(),
  /** Of a retire plan: what was there before, and may be removed all the same. */
  adopted: z.array(z.string()).optional(),
  /** ISO 8601: of a break-glass, when it should be over. */
  comeBackBy: z.iso.datetime().optional(),
  /** When the way back closes by itself, and why: a certificate or list of the image before runs out. */
  wayBackCloses: z.strictObject({ at: z.string(), because: z.string() }).optional(),
  /** The first step that can't be taken back. */
  pointOfNoReturn: z.strictObject({ step: z.string(), because: z.string() }).optional(),
  /** Certificates and CRLs that the plan speaks of: base64 of DER by SHA-256; of a large one its size only. */
  blobs: z.record(digest, z.union([z.base64(), z.strictObject({ size: z.number() })])),
  /** SHA-256 of all the rest in its canonical form (RFC 8785): what approvals name, and what tells an edited plan. */
  digest,
});

/** A plan: plain data, without a key in it. {@link planSchema} reads one back that was stored. */
export type MtlsPlan = z.infer<typeof planSchema>;
/**
 * One step of a plan: a write, a wait until a write is in effect, a proof of a link, a look into connection logs, or the
 * end of a wave.
 */
export type PlanStep = MtlsPlan["steps"][number];
export type PlanLink = MtlsPlan["links"][number];
export type LinkProbe = NonNullable<PlanLink["probe"]>;
/** What a step is for: the part of the plan in which it stands. */
export type Phase = PlanStep["phase"];
