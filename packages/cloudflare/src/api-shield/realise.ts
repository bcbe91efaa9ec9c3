import {
  type AdapterDefinition,
  type CertificateFacts,
  type Digest,
  type Facts,
  type Finding,
  isHandfastError,
  type Wanted,
  type WantedVerifier,
} from "@handfast/core";
import { subjectDer } from "@handfast/core/certificates";
import { cloudflareApiShieldCa, judge, limitOf } from "@handfast/core/rules";
import { expressionRoom, type RuleContent, writeRule, writeSerial } from "./expression.ts";
import {
  type ApiShieldState,
  type Authority,
  type AuthorityName,
  authorityName,
  issuersOf,
  managedAuthority,
  managedName,
  type OwnRule,
  sorted,
} from "./state.ts";
import type { ApiShieldTarget } from "./target.ts";

type Realised = ReturnType<AdapterDefinition<ApiShieldTarget, ApiShieldState, never>["realise"]>;

/** CAs that an account's store has room for, unless Cloudflare gave it more. */
export const authorityRoom = limitOf(cloudflareApiShieldCa, "too-many-anchors");

/** The state in which the wanted is in effect, or why there is none. */
export function realiseState(
  target: ApiShieldTarget,
  wanted: Wanted,
  base: ApiShieldState,
  facts: Facts,
): Realised {
  if (wanted.role !== "verifier") {
    return refuse(
      "not-a-presenter",
      "API Shield checks what clients show, it shows nothing",
      "link it as a verifier",
    );
  }
  if (base.others.kind === "unknown") return { findings: [ruleNotUnderstood(target, base.others.rule)] };
  switch (wanted.mode) {
    case "off":
      return withoutRule(target, base, { ...base, associated: [], rule: null });
    case "request":
      return realiseRequest(target, wanted, base, facts);
    case "required":
      return realiseRequired(target, wanted, base, facts);
    default:
      return refuse(
        "mode-unsupported",
        "API Shield has no mode here that accepts a missing certificate and refuses a bad one",
        `choose "request" or "required"`,
      );
  }
}

/** That a rule of somebody else can't be judged, so that nobody may build on what it does. */
export function ruleNotUnderstood({ hostname }: ApiShieldTarget, rule: string): Finding {
  return {
    code: "rule-not-understood",
    severity: "blocker",
    message: `the WAF custom rule "${rule}" looks at client certificates, and whom it refuses at ${hostname} can't be told from here`,
    mend: "have its owner name the hostname in it, or write it with cert_verified, cert_revoked and cert_issuer_ski alone, or take it away",
  };
}

function realiseRequest(
  target: ApiShieldTarget,
  { anchors }: WantedVerifier,
  base: ApiShieldState,
  facts: Facts,
): Realised {
  if (anchors.length === 0) {
    // any CA makes Cloudflare ask, and the managed one is always there
    const associated = base.associated.length > 0 ? base.associated : [managedName];
    return withoutRule(target, base, { ...base, associated, rule: null });
  }
  const chosen = chooseAuthorities(target, anchors, base, facts);
  if ("findings" in chosen) return chosen;
  // core holds anchors to the provider's rules only where they are checked, and these are uploaded all the same
  const missing = chosen.missing.map(({ facts: one }, index) => ({ facts: one, index: index + 1 }));
  const refused = judge(cloudflareApiShieldCa, { certificates: missing }).filter(
    ({ severity }) => severity === "blocker",
  );
  if (missing.length > 0 && refused.length > 0) {
    return {
      findings: refused.map(({ code, severity, message, mend }) => ({ code, severity, message, mend })),
    };
  }
  return withoutRule(target, base, { ...base, store: chosen.store, associated: chosen.names, rule: null });
}

function realiseRequired(
  target: ApiShieldTarget,
  wanted: WantedVerifier,
  base: ApiShieldState,
  facts: Facts,
): Realised {
  const { anchors, crls } = wanted;
  const unable = judgeFlags(wanted);
  if (unable.length > 0) return { findings: unable };
  if (anchors.length === 0) {
    return refuse("no-anchors", "nobody would be let in: there is no CA to trust", "give trust anchors");
  }
  const chosen = chooseAuthorities(target, anchors, base, facts);
  if ("findings" in chosen) return chosen;
  const certificates = anchors.map((anchor) => facts.certificate(anchor));
  const nameless = certificates.filter(({ ski }) => ski === undefined);
  if (nameless.length > 0) return { findings: nameless.map(withoutIdentifier) };
  const issuers = sorted(issuersOf(certificates));
  const outside = judgeOthers(base, issuers);
  if (outside !== undefined) return { findings: [outside] };
  const warnings = sharedPins(anchors, issuers, chosen.store);
  const state = { ...base, store: chosen.store, associated: chosen.names };
  if (base.rule === null && crls.length === 0 && isEnforcedByOthers(base, issuers)) {
    return { state: { ...state, rule: null }, findings: warnings };
  }
  const content: RuleContent = { issuers, revoked: revokedBy(crls, certificates, facts) };
  const expression = writeRule(target.hostname, content);
  if (expression.length > expressionRoom) {
    return { findings: [tooManySerials(target, content, expression.length)] };
  }
  const rule: OwnRule = { expression, enabled: true, crls: sorted(crls), crlsRead: true, shadowed: false };
  return { state: { ...state, rule }, findings: warnings };
}

function sameLists(one: readonly Digest[], other: readonly Digest[]): boolean {
  return sorted(one).join() === sorted(other).join();
}

/** Off and request need that no rule of somebody else refuses anybody. */
function withoutRule({ hostname }: ApiShieldTarget, base: ApiShieldState, state: ApiShieldState): Realised {
  if (base.others.kind === "nothing") return { state };
  return refuse(
    "other-rule-enforces",
    `a WAF custom rule that handfast did not write refuses clients without a certificate at ${hostname}`,
    "have its owner take the hostname out of it",
  );
}

/** The CAs to be asked for, by name, and the store with those that it lacks. */
function chooseAuthorities(
  target: ApiShieldTarget,
  anchors: readonly Digest[],
  base: ApiShieldState,
  facts: Facts,
):
  | {
      readonly names: readonly AuthorityName[];
      readonly store: Readonly<Record<AuthorityName, Authority>>;
      readonly missing: readonly { readonly facts: CertificateFacts }[];
    }
  | { readonly findings: readonly Finding[] } {
  const managed = managedAuthority(target)?.anchors[0];
  const names = sorted(anchors.map((anchor) => (anchor === managed ? managedName : authorityName([anchor]))));
  const missing = names.filter((name) => name !== managedName && base.store[name] === undefined);
  const taken = Object.keys(base.store).length;
  if (missing.length > 0 && taken + missing.length > authorityRoom) {
    return {
      findings: [
        {
          code: "authority-slots-full",
          severity: "blocker",
          message: `the account holds ${taken} CAs, ${missing.length} more are needed, and it takes ${authorityRoom}`,
          mend: "retire earlier runs, delete CAs that nothing uses, or have Cloudflare raise the quota",
        },
      ],
    };
  }
  const added = missing.map((name): { readonly name: string; readonly facts: CertificateFacts } => ({
    name,
    facts: facts.certificate(name),
  }));
  const store = {
    ...base.store,
    ...Object.fromEntries(
      added.map(({ name, facts: one }) => [
        name,
        { anchors: [one.sha256], issuers: issuersOf([one]), used: false },
      ]),
    ),
  };
  return { names, store, missing: added };
}

/** Serial numbers that the lists name, by the issuer of each list. */
function revokedBy(
  crls: readonly Digest[],
  anchors: readonly CertificateFacts[],
  facts: Facts,
): ReadonlyMap<string, readonly string[]> {
  const lists = crls.map((crl) => facts.crl(crl));
  const entries = anchors.flatMap((anchor): [string, string[]][] => {
    const name = subjectDer(anchor);
    const serials = lists
      .filter(({ issuer }) => issuer === name)
      .flatMap(({ revoked }) => [...revoked].map(writeSerial));
    return issuersOf([anchor]).map((issuer) => [issuer, serials]);
  });
  const byIssuer = Map.groupBy(entries, ([issuer]) => issuer);
  return new Map(
    [...byIssuer]
      .map(([issuer, found]): [string, string[]] => [issuer, sorted(found.flatMap(([, serials]) => serials))])
      .filter(([, serials]) => serials.length > 0)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** The content of the rule that these anchors and lists make; undefined while one of them is not known. */
export function contentOf(
  anchors: readonly Digest[],
  crls: readonly Digest[],
  facts: Facts,
): RuleContent | undefined {
  try {
    const certificates = anchors.map((anchor) => facts.certificate(anchor));
    return { issuers: sorted(issuersOf(certificates)), revoked: revokedBy(crls, certificates, facts) };
  } catch (error) {
    if (isHandfastError(error) && error.code === "BLOB_MISSING") return undefined;
    throw error;
  }
}

function judgeFlags({ ignoreExpiry, advertiseNames, ocsp }: WantedVerifier): Finding[] {
  return [
    ...(ignoreExpiry === true
      ? [blocker("expiry-not-ignorable", "Cloudflare lets nobody in whose certificate has expired")]
      : []),
    ...(advertiseNames === true
      ? [
          blocker(
            "names-not-advertised",
            "whether Cloudflare names the CAs that it accepts is not documented",
          ),
        ]
      : []),
    ...(ocsp === true ? [blocker("ocsp-unsupported", "Cloudflare asks no OCSP responder of a CA")] : []),
  ];
}

/** The rules of others let in fewer issuers than are wanted. */
function judgeOthers({ others }: ApiShieldState, issuers: readonly string[]): Finding | undefined {
  if (others.kind !== "requires" || others.issuers === "any") return undefined;
  const out = issuers.filter((issuer) => !others.issuers.includes(issuer));
  if (out.length === 0) return undefined;
  return blocker(
    "other-rule-narrower",
    `a WAF custom rule that handfast did not write refuses certificates of issuer ${(out[0] as string).slice(0, 12)}…`,
    "have its owner add the issuer to it, or take the hostname out of it",
  );
}

function isEnforcedByOthers({ others }: ApiShieldState, issuers: readonly string[]): boolean {
  return (
    others.kind === "requires" &&
    others.revokedLetIn !== true &&
    others.issuers !== "any" &&
    sameLists(others.issuers, issuers)
  );
}

/** Another CA of the account with the same key identifier is let in by the same pin. */
function sharedPins(
  anchors: readonly Digest[],
  issuers: readonly string[],
  store: Readonly<Record<AuthorityName, Authority>>,
): Finding[] {
  return Object.entries(store)
    .filter(([, authority]) => !authority.anchors.some((anchor) => anchors.includes(anchor)))
    .filter(([, authority]) => authority.issuers.some((issuer) => issuers.includes(issuer)))
    .map(([name]) => ({
      code: "issuer-pin-shared",
      severity: "warning",
      message: `CA ${name.slice(0, 12)} of the account has the key identifier of one that is trusted: its certificates are let in as well, since Cloudflare verifies against every CA of the account`,
      mend: "delete that CA from the account when it is no older form of the same CA",
    }));
}

function withoutIdentifier({ subject }: CertificateFacts): Finding {
  return blocker(
    "anchor-without-key-identifier",
    `${subject} has no subject key identifier, and a rule knows issuers by nothing else: any CA of the account would be let in`,
    "issue the CA certificate again with a subject key identifier (RFC 5280, 4.2.1.2)",
  );
}

function tooManySerials({ hostname }: ApiShieldTarget, { revoked }: RuleContent, length: number): Finding {
  const count = [...revoked.values()].reduce((sum, serials) => sum + serials.length, 0);
  return blocker(
    "revocation-too-long",
    `Cloudflare looks at no CRL of a CA of yours: the ${count} serial numbers would stand in the rule for ${hostname}, which had ${length} characters then, and takes ${expressionRoom}`,
    "issue anew under another CA and trust that, or leave the CRLs out of what is trusted here and refuse revoked ones at the origin",
  );
}

function refuse(code: string, message: string, mend: string): Realised {
  return { findings: [blocker(code, message, mend)] };
}

function blocker(code: string, message: string, mend?: string): Finding {
  return { code, severity: "blocker", message, ...(mend === undefined ? {} : { mend }) };
}
