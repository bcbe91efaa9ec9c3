import { z } from "zod";
import type { PresenterFacts, VerifierFacts } from "../adapter/adapter-facts.ts";
import type { Adapter } from "../adapter/define-adapter.ts";
import { bakeMs, bakePattern, longestBakeMs, longestSinceMs } from "./bake.ts";
import type { Accepted } from "./make-spec.ts";
import { quoteName, suggestName } from "./suggest-name.ts";

/** An object that refuses unknown fields, one line of message for each. */
function strict<S extends z.core.$ZodLooseShape>(shape: S): z.ZodObject<S, z.core.$strict> {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? issue.keys
            .map((key) => `no field is named ${quoteName(key)}${suggestName(key, known, "known")}`)
            .join("\n")
        : undefined,
  });
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const name = z.string().regex(namePattern, {
  error: "is no name: letters, digits, dot, underscore and hyphen, a letter or digit first, at most 128",
});
const freeName = name.regex(/^(?!(?:nothing|inherited)$)/, {
  error: '"nothing" and "inherited" are reserved; give it another name',
});
const reference = z.string();
const references = z.array(reference);
const agreed = z
  .literal("agreed", { error: 'the only value is "agreed"; leave it out otherwise' })
  .optional();

/** The text of a union's issue, which zod has none for. */
const expected =
  (what: string) =>
  ({ input }: { readonly input?: unknown }): string =>
    `${input === undefined ? "is missing: " : ""}expected ${what}`;

const pem = z.union(
  [
    z.string().regex(/^-----BEGIN/, {
      error: 'is no PEM text ("-----BEGIN…"); a file is written { "file": "…" }',
    }),
    strict({ file: z.string().min(1) }),
  ],
  { error: expected('PEM text ("-----BEGIN…") or { "file": "…" }') },
);
const pems = z.union([pem, z.array(pem)], {
  error: expected('PEM text ("-----BEGIN…"), { "file": "…" }, or a list of these'),
});
const anchors = z.union([pem, z.array(pem).min(1, "is empty: a trust needs an anchor")], {
  error: expected('PEM text ("-----BEGIN…"), { "file": "…" }, or a list of these'),
});

const expect = z.int().min(100).max(599).optional().describe("HTTP status; any below 400 without it");
const unreachable = z.literal("unreachable");

const direct = strict({
  url: z.string().describe("at the verifier itself, past the presenter"),
  servername: z.string().min(1).optional().describe("for SNI and Host"),
  show: reference.optional().describe("identity that stands for the presenter's"),
  expect,
});

const probe = strict({
  url: z.string().optional().describe("over the link; {hostname} stands for the member"),
  show: reference.optional().describe("identity that the probe shows at the first hop"),
  echo: z
    .string()
    .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "is no header name")
    .optional()
    .describe("response header that repeats the certificate seen"),
  expect,
  direct: z
    .union([unreachable, direct], { error: expected('{ "url": "https://…" } or "unreachable"') })
    .optional()
    .describe("a request to the verifier itself"),
})
  // only editors read this condition; `checkNames` has the same one with a better message
  .meta({
    anyOf: [
      { required: ["url"], properties: { url: {} } },
      { required: ["direct"], properties: { direct: {} } },
    ],
  });

const link = strict({
  from: reference,
  to: reference,
  mayRefuse: references.optional(),
  probe: z
    .union([unreachable, probe], { error: expected('{ "url": "https://…" } or "unreachable"') })
    .optional(),
});

const duration = (longest: number) =>
  z
    .string()
    .regex(bakePattern, "expected a whole number and a unit: 90s, 30m, 1h or 2d")
    .refine((text) => (bakeMs(text) ?? 0) <= longest, `is longer than ${longest / 86_400_000}d`);

const evidence = strict({
  logs: reference.describe("a reader of connection logs, by its name"),
  since: duration(longestSinceMs).refine((text) => bakeMs(text) !== 0, "is no time at all"),
  atLeast: z.int().min(0).optional().describe("fewer connections tell nothing; 1 without it"),
  mayRefuse: z.int().min(0).optional().describe("connections that will be refused; 0 without it"),
  unknown: z
    .enum(["hold", "pass"])
    .optional()
    .describe("certificates whose issuer is not logged; hold without it"),
  wait: duration(longestBakeMs)
    .optional()
    .describe("how long to wait for logs that tell enough; 30m without it"),
});

const wave = strict({
  name,
  from: references.min(1, "is empty; the last wave takes the rest without `from`").optional(),
  bake: duration(longestBakeMs).optional(),
  maxFailures: z.int().min(0).optional(),
  checks: references.min(1, "is empty; leave it out").optional().describe("checks of your own, by name"),
});

const population = strict({
  mayShow: strict({
    issuedBy: references.optional(),
    identities: references.optional(),
    nothing: z
      .boolean({ error: "expected true or false: whether some of them show no certificate" })
      .describe("whether some of them show no certificate"),
  }),
});

/**
 * The schema of what `handfast.parseSpec` takes, made of the adapters at hand. It checks shapes; names are held
 * against each other by `checkNames`, since a schema can't.
 *
 * @throws TypeError when two adapters have one name, or a target has a field that core uses itself
 */
export function inputSchema(adapters: readonly Adapter[]): z.ZodType<Accepted> {
  const seen = new Set<string>();
  for (const { facts } of adapters) {
    if (seen.has(facts.name)) throw new TypeError(`adapters: two are named ${facts.name}`);
    seen.add(facts.name);
  }
  const verifiers = adapters.flatMap(({ facts, definition }) =>
    facts.role === "verifier" ? [verifierEntry(facts, definition.schema.target.shape)] : [],
  );
  const presenters = adapters.flatMap(({ facts, definition }) =>
    facts.role === "presenter" ? [presenterEntry(facts, definition.schema.target.shape)] : [],
  );
  const schema: z.ZodType = strict({
    $schema: z.string().optional(),
    trust: z.record(
      freeName,
      strict({ anchors, crls: pems.optional(), compromised: z.boolean().optional() }),
    ),
    identities: z.record(freeName, strict({ chain: pem, key: strict({ secret: reference }) })).optional(),
    verifiers: z.record(name, entryOf(verifiers, "verifier")),
    presenters: z.record(name, entryOf(presenters, "presenter")).optional(),
    populations: z.record(name, population).optional(),
    links: z.array(link),
    waves: z.array(wave).min(1, "is empty; leave it out for one wave of all").optional(),
  });
  // What an adapter's fields are can't be said here; `readTargets` parses them by the adapter's own schema.
  return schema as z.ZodType<Accepted>;
}

type Entry = z.ZodObject<{ adapter: z.ZodLiteral<string> }, z.core.$strict>;

function entryOf(options: readonly Entry[], role: string): z.ZodType {
  const [first, ...rest] = options;
  if (first === undefined) return z.never({ error: `no ${role} adapter was given to createHandfast` });
  return z.discriminatedUnion("adapter", [first, ...rest]);
}

function verifierEntry(facts: VerifierFacts, target: z.core.$ZodLooseShape): Entry {
  const own = {
    adapter: z.literal(facts.name),
    mode: z.enum(facts.modes, {
      error: ({ input }) =>
        input === false ? "write 'off' in quotes: YAML reads a bare off as false" : undefined,
    }),
    trust: z
      .union([reference, references.min(1)], { error: expected("the name of a trust, or a list") })
      .optional(),
    ...(facts.revocation === "none" ? { withoutCrls: agreed } : {}),
    mayWeaken: agreed,
    mayDropEarly: agreed,
    mayMixWaves: agreed,
    evidence: evidence.optional(),
  };
  refuseClash(facts.name, { ...own, withoutCrls: agreed }, target);
  const entry = strict({ ...own, ...target });
  const checking = facts.modes.filter(checksCertificates);
  if (checking.length === 0) return entry;
  // Only editors read this condition; `checkNames` has the same one with a better message.
  return entry.meta({
    if: { required: ["mode"], properties: { mode: { enum: checking } } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema (draft 2020-12, core, 10.2.2.2)
    then: { required: ["trust"], properties: { trust: {} } },
  });
}

function presenterEntry(facts: PresenterFacts, target: z.core.$ZodLooseShape): Entry {
  const own = { adapter: z.literal(facts.name), shows: reference };
  refuseClash(facts.name, own, target);
  if (facts.each !== undefined && !Object.hasOwn(target, facts.each)) {
    throw new TypeError(
      `adapters: ${facts.name} fans out over ${facts.each}, which its target does not have`,
    );
  }
  return strict({ ...own, ...target });
}

function refuseClash(adapter: string, own: object, target: object): void {
  const clash = Object.keys(target).find((field) => Object.hasOwn(own, field));
  if (clash !== undefined) {
    throw new TypeError(
      `adapters: the target of ${adapter} has a field ${clash}, which the spec uses itself`,
    );
  }
}

/** Whether a verifier in this mode needs to know whom to trust. */
export function checksCertificates(mode: unknown): boolean {
  return mode === "optional" || mode === "required";
}
