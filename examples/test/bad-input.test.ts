import {
  canonicalText,
  digestOf,
  fromFile,
  fromValue,
  type HandfastErrorCode,
  isHandfastError,
  type MtlsPlan,
} from "@handfast/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BadInputWorld, badInputWorld } from "./bad-input.ts";
import { writeSpec } from "./write-spec.ts";

interface BadInput {
  readonly name: string;
  readonly attempt: (world: BadInputWorld) => Promise<unknown>;
  readonly code: HandfastErrorCode;
  readonly who: "caller" | "operator" | "adapter-author";
  /** Codes of all blockers, for `PLAN_BLOCKED`. */
  readonly findings?: readonly string[];
  /** What the message says: where, why, and what to do. */
  readonly says: readonly string[];
  /** Found before any provider is asked. */
  readonly offline?: boolean;
}

const passphrase = "correct horse battery staple";
let world: BadInputWorld;
let endpointsBefore: string;

const endpoints = async (): Promise<string> => {
  const handfast = world.stack.handfast();
  return canonicalText((await handfast.status(handfast.parseSpec(writeSpec(world.stack)))).endpoints);
};

beforeAll(async () => {
  world = await badInputWorld(passphrase);
  endpointsBefore = await endpoints();
});
afterAll(() => world.stack.close());

/** A copy of the good plan, changed, with a digest that hides it: what is wrong with it must be found all the same. */
function edited({ good }: BadInputWorld, change: (plan: MtlsPlan) => void): MtlsPlan {
  const plan = structuredClone(good);
  change(plan);
  const { digest: _, ...rest } = plan;
  return { ...rest, digest: digestOf(rest) };
}

const blocked = { code: "PLAN_BLOCKED", who: "operator" } as const;
const unauthorized = { code: "REMOTE_UNAUTHORIZED", who: "operator" } as const;
const invalidPlan = { code: "PLAN_INVALID", who: "caller", offline: true } as const;
const unknownRun = { code: "RUN_UNKNOWN", who: "caller", offline: true } as const;

const badInputs: readonly BadInput[] = [
  {
    name: "a listener that isn't HTTPS",
    attempt: ({ plan, httpListener }) => plan({ verifier: { listener: httpListener } }),
    ...blocked,
    findings: ["listener-not-https"],
    says: ["listener/app/plain", "speaks HTTP", "gives the listener protocol HTTPS"],
  },
  {
    name: "a listener that isn't there",
    attempt: ({ plan, stack }) => plan({ verifier: { listener: stack.listener.replace(/.{4}$/, "0000") } }),
    ...blocked,
    findings: ["listener-not-found"],
    says: ["there is no listener arn:", "correct the ARN in the spec"],
  },
  {
    name: "a hostname that isn't in the zone",
    attempt: ({ plan }) => plan({ presenter: { hostnames: ["shop.example.org"] } }),
    ...blocked,
    findings: ["hostname-not-in-zone"],
    says: ["shop.example.org is not in the zone example.com", "correct the hostname or the zone's id"],
  },
  {
    name: "SSL mode flexible by the zone's setting",
    attempt: ({ plan, flexibleZone, tokens }) =>
      plan({ presenter: { zone: flexibleZone, hostnames: ["www.weak.example"] } }, { token: tokens.all }),
    ...blocked,
    findings: ["ssl-mode-too-weak"],
    says: ['www.weak.example is "flexible"', "zone's owner sets SSL/TLS encryption", '"full (strict)"'],
  },
  {
    name: "SSL mode flexible by a Configuration Rule for the hostname",
    attempt: ({ plan, ruledZone, tokens }) =>
      plan({ presenter: { zone: ruledZone, hostnames: ["www.ruled.example"] } }, { token: tokens.all }),
    ...blocked,
    findings: ["ssl-mode-too-weak"],
    says: ['www.ruled.example is "flexible"', "or a Configuration Rule for www.ruled.example"],
  },
  {
    name: "an encrypted key without its passphrase",
    attempt: ({ plan, encryptedKey }) => plan({}, { key: fromValue(encryptedKey) }),
    ...blocked,
    findings: ["KEY_ENCRYPTED"],
    says: ["edge-key", "encrypted", "give its passphrase"],
    offline: true,
  },
  {
    name: "an encrypted key with a wrong passphrase",
    attempt: ({ plan, encryptedKey }) => plan({}, { key: fromValue(encryptedKey, { passphrase: "wrong" }) }),
    ...blocked,
    findings: ["KEY_UNREADABLE"],
    says: ["edge-key", "the passphrase is wrong"],
    offline: true,
  },
  {
    name: "another key than the leaf's",
    attempt: ({ plan, other }) => plan({}, { key: fromValue(other.key) }),
    ...blocked,
    findings: ["KEY_MISMATCH"],
    says: [
      "edge-key",
      "another key than the certificate's",
      "give the key that the certificate was issued for",
    ],
    offline: true,
  },
  {
    name: "a key file that isn't there",
    attempt: ({ plan }) => plan({}, { key: fromFile("nowhere/edge.key") }),
    ...blocked,
    findings: ["SECRET_MISSING"],
    says: ["edge-key", "nowhere/edge.key", "put the key there"],
    offline: true,
  },
  {
    name: "a CA where a leaf belongs",
    attempt: ({ plan, stack }) => {
      const chain = stack.pki.root.certificate.pem;
      return plan({ identities: { edge: { chain, key: { secret: "edge-key" } } } });
    },
    ...blocked,
    // it has another key too: both are said
    findings: ["ca-where-leaf-is-due", "KEY_MISMATCH"],
    says: ["identities.edge.chain (CN=example.com) is a CA", "put the leaf first"],
    offline: true,
  },
  {
    name: "a leaf where a CA belongs",
    attempt: ({ plan, stack }) => plan({ trust: { edge: { anchors: stack.pki.leaf.pem } } }),
    ...blocked,
    findings: ["leaf-where-ca-is-due"],
    says: ["trust.edge.anchors[0] (CN=shop.example.com) is no CA", "put the certificate of the CA"],
    offline: true,
  },
  {
    name: "a leaf that has expired",
    attempt: ({ plan, other }) =>
      plan(
        { trust: { edge: other.ca.trust }, identities: { edge: other.expired.identity("edge-key") } },
        { key: fromValue(other.key) },
      ),
    ...blocked,
    findings: ["link-refused"],
    says: ["CN=expired has expired", "renew it"],
  },
  {
    name: "a spec whose end would refuse the link, for it trusts another CA",
    attempt: ({ plan, other }) => plan({ trust: { edge: other.ca.trust } }),
    ...blocked,
    findings: ["link-refused"],
    says: [
      "shop would be refused at the end",
      "no trusted CA issued",
      "trust the CA that issued what is shown",
    ],
  },
  {
    name: "a spec whose end would refuse the link, for it shows nothing",
    attempt: ({ plan }) => plan({ presenter: { shows: "nothing" } }),
    ...blocked,
    findings: ["link-refused"],
    says: ["a certificate is required and none is shown", "agree to the loss with mayRefuse"],
  },
  {
    name: "a file of certificates that isn't there, and a text that holds none",
    attempt: ({ plan, stack }) =>
      plan({
        trust: { edge: { anchors: { file: "nowhere/ca.pem" } } },
        identities: { edge: { chain: stack.pki.leaf.pem.slice(0, 99), key: { secret: "edge-key" } } },
      }),
    ...blocked,
    findings: ["FILE_UNREADABLE", "CERTIFICATE_UNREADABLE"],
    says: ["[trust.edge.anchors, nowhere/ca.pem]", "give the path", "[identities.edge.chain]", "give PEM"],
    offline: true,
  },
  {
    name: "a bucket that isn't there",
    attempt: ({ plan }) => plan({}, { bucket: "nowhere" }),
    ...blocked,
    findings: ["bucket-not-found"],
    says: [
      "bucket nowhere is not there",
      "create it in the region that the adapter names for it, or name another",
    ],
  },
  {
    name: "a bucket of another account",
    attempt: ({ plan, foreignBucket }) => plan({}, { bucket: foreignBucket }),
    ...blocked,
    findings: ["bucket-not-found"],
    says: [
      "bucket of-others may not be used with these credentials",
      "the account that `expectedOwner` names",
    ],
  },
  {
    name: "a wrong token",
    attempt: ({ plan }) => plan({}, { token: "x".repeat(40) }),
    ...unauthorized,
    says: ["read zone failed [zone=", "HTTP 401", "Authentication error", "check that token and zone id"],
  },
  {
    name: "a token of another zone",
    attempt: ({ plan, tokens }) => plan({}, { token: tokens.otherZone }),
    ...unauthorized,
    says: ["HTTP 403", 'give the token the permission "Zone Read" on this zone'],
  },
  {
    name: "a wrong secret access key",
    attempt: ({ planWithKeys, stack }) =>
      planWithKeys({ ...stack.credentials, secretAccessKey: "y".repeat(40) }),
    ...unauthorized,
    says: ["SignatureDoesNotMatch", "check the credentials"],
  },
  {
    name: "an access key that nobody has",
    attempt: ({ planWithKeys }) =>
      planWithKeys({ accessKeyId: "AKIA0000000000000000", secretAccessKey: "y".repeat(40) }),
    ...unauthorized,
    says: ["InvalidClientTokenId", "check the credentials"],
  },
  ...([null, [1], "plan", {}] as const).map(
    (rubbish): BadInput => ({
      name: `rubbish as a plan: ${JSON.stringify(rubbish)}`,
      attempt: ({ stack }) => stack.handfast().apply(rubbish as never),
      ...invalidPlan,
      says: ["read plan failed", "plan again, nothing was changed"],
    }),
  ),
  {
    name: "a plan of another format",
    attempt: (world) => {
      const plan = edited(world, (copy) => Object.assign(copy, { format: 2 }));
      return world.stack.handfast().apply(plan);
    },
    ...invalidPlan,
    says: ["format", "plan again, nothing was changed"],
  },
  {
    name: "an edited plan: another certificate under a digest",
    attempt: (world) => {
      const plan = edited(world, ({ blobs }) => {
        for (const digest of Object.keys(blobs)) blobs[digest] = Buffer.from("other").toString("base64");
      });
      return world.stack.handfast().apply(plan);
    },
    ...invalidPlan,
    says: ["is not what its digest says", "the plan was edited, so plan again"],
  },
  {
    name: "an edited plan: a step that the adapter does not have",
    attempt: (world) => {
      const plan = edited(world, ({ steps }) => {
        for (const step of steps) if (step.kind === "write") step.step.action = { kind: "format-disk" };
      });
      return world.stack.handfast().apply(plan);
    },
    ...invalidPlan,
    says: ["read action of", "the plan was edited or made by another version"],
  },
  {
    name: "an edited plan: a shorter wait",
    attempt: ({ good, stack }) =>
      stack.handfast().apply({ ...good, estimate: { ...good.estimate, atMostMs: 0 } }),
    code: "PLAN_EDITED",
    who: "caller",
    offline: true,
    says: ["somebody changed it since it was made", "plan again"],
  },
  {
    name: "an edited plan: nothing waits for anything",
    attempt: (world) => {
      const plan = edited(world, ({ steps }) => {
        for (const step of steps) step.after = [];
      });
      return world.stack.handfast().apply(plan);
    },
    code: "PLAN_UNSAFE",
    who: "adapter-author",
    says: ["check plan failed", "nothing was changed"],
    offline: true,
  },
  {
    name: "an edited plan: another listener",
    attempt: (world) => {
      const plan = edited(world, ({ endpoints }) => {
        if (endpoints.shop !== undefined) endpoints.shop.target = { listener: world.httpListener };
      });
      return world.stack.handfast().apply(plan);
    },
    code: "PLAN_UNSAFE",
    who: "adapter-author",
    says: ["check plan failed", "nothing was changed"],
    offline: true,
  },
  {
    name: "an edited plan: an adapter that nobody passed",
    attempt: (world) => {
      const plan = edited(world, ({ endpoints }) => {
        if (endpoints.shop !== undefined) endpoints.shop.adapter = "aws.nlb";
      });
      return world.stack.handfast().apply(plan);
    },
    code: "PLAN_UNKNOWN_ADAPTER",
    who: "caller",
    says: ["no adapter is named aws.nlb", "pass it to createHandfast"],
    offline: true,
  },
  {
    name: "a plan whose certificates are gone",
    attempt: (world) => {
      const plan = edited(world, (copy) => Object.assign(copy, { blobs: {} }));
      return world.stack.handfast().apply(plan);
    },
    code: "BLOB_MISSING",
    who: "caller",
    says: ["neither in the plan nor in the blob store", "apply the plan with the journal"],
    offline: true,
  },
  {
    name: "a stale plan",
    attempt: async ({ stack: { flare, zone, handfast }, good }) => {
      flare.setZoneSetting(zone, "tls_client_auth", "on");
      try {
        return await handfast().apply(good);
      } finally {
        flare.setZoneSetting(zone, "tls_client_auth", "off");
      }
    },
    code: "PLAN_STALE",
    who: "caller",
    says: ["shop-edge/shop.example.com changed since the plan was made", "plan again, nothing was changed"],
  },
  ...(["rollback", "resume", "retire", "report"] as const).flatMap((call): BadInput[] => [
    {
      name: `${call} of a run that nobody knows`,
      attempt: ({ stack }) => stack.handfast()[call]("20260101T000000000Z-aaaaaa"),
      ...unknownRun,
      says: ["[run=20260101T000000000Z-aaaaaa]", "runs() lists those it has"],
    },
    {
      name: `${call} of what can be no run`,
      attempt: ({ stack }) => stack.handfast()[call]("../../etc/passwd"),
      ...unknownRun,
      says: ["that is no run id", "give one that runs() lists"],
    },
  ]),
];

test.for(badInputs)("$name: $code, before anything is changed", async (input) => {
  const from = world.stack.calls();
  const error = await input.attempt(world).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isHandfastError(error)) throw new Error("no handfast error", { cause: error });
  const { code, who, message, details } = error;
  expect({ code, who }).toEqual({ code: input.code, who: input.who });
  for (const words of input.says) expect(message).toContain(words);
  if (input.findings !== undefined) {
    expect([...message.matchAll(/^- \[([\w-]+)\] /gm)].map(([, finding]) => finding)).toEqual(input.findings);
    expect(details.issues?.map(({ path }) => path.at(-1))).toEqual(input.findings);
  }
  expect(world.writesSince(from)).toEqual([]);
  if (input.offline === true) expect(world.stack.calls()).toBe(from);
});

test("parseSpec tells all issues of a spec at once, each with its path and what to do", () => {
  const input = writeSpec(world.stack, {
    trust: { other: { anchors: "hello" } },
    identities: { b: { chain: 1, key: { secret: "no" } } },
    verifier: { mode: "requird", listener: "arn:bogus", trust: "nobody" },
    presenter: { zone: "x", hostnames: ["*.example.com"], shows: "edgy", colour: "red" },
    links: [{ from: "shop-edge", to: "shp", probe: { url: "ftp://x/" } }],
  });
  let error: unknown;
  try {
    world.stack.handfast().parseSpec(input);
  } catch (thrown) {
    error = thrown;
  }
  if (!isHandfastError(error)) throw new Error("no handfast error", { cause: error });
  expect({ code: error.code, who: error.who }).toEqual({ code: "SPEC_INVALID", who: "caller" });
  const issues = new Map(
    error.details.issues?.map(({ path, message }) => [path.join("."), message] as const),
  );
  expect([...issues.keys()].sort()).toEqual([
    "identities.b.chain",
    "identities.b.key.secret",
    "links.0.probe.url",
    "links.0.to",
    "presenters.shop-edge.colour",
    "presenters.shop-edge.hostnames.0",
    "presenters.shop-edge.shows",
    "presenters.shop-edge.zone",
    "trust.other.anchors",
    "verifiers.shop.listener",
    "verifiers.shop.mode",
    "verifiers.shop.trust",
  ]);
  expect(issues.get("verifiers.shop.mode")).toContain('did you mean "required"?');
  expect(issues.get("links.0.to")).toContain('did you mean "shop"?');
});

test("nothing of all that changed what the endpoints do", async () => {
  expect(await endpoints()).toBe(endpointsBefore);
});

// Cloudflare tells nobody what a token may do: this comes out at the first write, and nothing is switched by then
// that anybody could be refused by.
test("a token without the write permission is found at the upload: the run ends failed, all are served", async () => {
  const from = world.stack.calls();
  const visitors = world.stack.visitors();
  const handfast = world.stack.handfast({ token: world.tokens.readOnly });
  const report = await handfast.apply(await handfast.plan(handfast.parseSpec(writeSpec(world.stack))));
  const { failed, ok } = await visitors.stop();
  expect(report.status).toBe("failed");
  const errors = report.steps.flatMap(({ error }) => error ?? []);
  expect(errors).toMatchObject([{ code: "REMOTE_UNAUTHORIZED", who: "operator" }]);
  expect(errors[0]?.message).toContain('give the token the permission "SSL and Certificates Write"');
  expect(report.steps.filter(({ phase, status }) => phase === "narrow" && status !== "skipped")).toEqual([]);
  expect(world.writesSince(from).filter((operation) => operation.includes("/zones/"))).toEqual([]);
  expect(failed).toBe(0);
  expect(ok).toBeGreaterThan(0);
});
