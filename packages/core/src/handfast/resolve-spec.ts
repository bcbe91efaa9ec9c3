/**
 * From a parsed spec to what the planner takes: files are read, certificates parsed, names replaced by digests. What is
 * wrong with them is found here, before anybody is asked anything.
 */
import { readFile } from "node:fs/promises";
import type { Digest, Finding, Secret, Wanted } from "../adapter/contract.ts";
import { readCertificate } from "../certificate/read-certificate.ts";
import { readCrl } from "../certificate/read-crl.ts";
import { type PemLabel, readPem } from "../certificate/read-pem.ts";
import { HandfastError, isHandfastError } from "../errors.ts";
import type { Credential, Link } from "../plan/graph.ts";
import type { PlannedWave } from "../plan/order.ts";
import type { LinkProbe } from "../plan/plan.ts";
import type { JsonObject, PemSource, Spec, SpecEvidence, SpecLink } from "../spec/spec.ts";

/** Reads a text file; `path` is as the spec has it. */
export type ReadText = (path: string) => Promise<string>;

/** The default: from the working directory. */
export const readTextFile: ReadText = (path) => readFile(path, "utf8");

/** One endpoint of a spec. */
export interface SpecEndpoint {
  readonly key: string;
  readonly adapter: string;
  readonly target: JsonObject;
  readonly want: Wanted;
  readonly mayWeaken: boolean;
  readonly mayDropEarly: boolean;
  readonly mayMixWaves?: boolean | undefined;
  readonly evidence?: SpecEvidence | undefined;
}

/** A spec without names and files. */
export interface ResolvedSpec {
  readonly endpoints: readonly SpecEndpoint[];
  readonly links: readonly Link[];
  readonly waves: readonly PlannedWave[];
  /** DER of every certificate and CRL, by digest. */
  readonly bytes: ReadonlyMap<Digest, Uint8Array>;
  /** The private keys that presenters and probes will need. */
  readonly secrets: readonly Secret[];
  /** CA certificates that nobody may trust again. */
  readonly compromised: readonly Digest[];
  readonly findings: readonly Finding[];
}

interface Identity {
  readonly chain: readonly Digest[];
  readonly secret: Secret;
}

/** Resolves a spec. Mistakes become blocking findings, so that all of them come at once. */
export async function resolveSpec(spec: Spec, readText: ReadText): Promise<ResolvedSpec> {
  const bytes = new Map<Digest, Uint8Array>();
  const findings: Finding[] = [];
  const read = async (sources: readonly PemSource[], label: PemLabel, where: string): Promise<Digest[]> => {
    try {
      const ders = (
        await Promise.all(sources.map((source) => readSource(source, label, where, readText)))
      ).flat();
      return ders.map((der) => keep(bytes, der, label));
    } catch (error) {
      findings.push(blocker(error, where));
      return [];
    }
  };
  const trust = new Map<string, { readonly anchors: readonly Digest[]; readonly crls: readonly Digest[] }>();
  for (const [name, { anchors, crls }] of Object.entries(spec.trust)) {
    trust.set(name, {
      anchors: await read(anchors, "CERTIFICATE", `trust.${name}.anchors`),
      crls: await read(crls, "X509 CRL", `trust.${name}.crls`),
    });
    findings.push(...notCas(trust.get(name)?.anchors ?? [], bytes, `trust.${name}.anchors`));
  }
  const identities = new Map<string, Identity>();
  for (const [name, { chain, key }] of Object.entries(spec.identities)) {
    const where = `identities.${name}.chain`;
    const digests = await read([chain], "CERTIFICATE", where);
    const [leaf] = digests;
    if (leaf === undefined) continue;
    const facts = readCertificate(bytes.get(leaf) as Uint8Array);
    if (facts.ca) findings.push(caWhereLeafIsDue(facts.subject, where));
    identities.set(name, { chain: digests, secret: { key: key.secret, spki: facts.spki } });
  }
  const names: Names = { spec, trust, identities };
  const compromised = Object.entries(spec.trust).flatMap(([name, { compromised: is }]) =>
    is ? (trust.get(name)?.anchors ?? []) : [],
  );
  findings.push(...trustsCompromised(names, compromised));
  return {
    endpoints: [...verifiersOf(names), ...presentersOf(names)],
    links: spec.links.map((link) => linkOf(names, link)),
    waves: spec.waves.map(({ name, from, bakeMs, maxFailures, checks }) => ({
      name,
      members: new Set(from),
      bakeMs,
      maxFailures,
      checks,
    })),
    bytes,
    secrets: secretsOf(names),
    compromised: [...new Set(compromised)],
    findings,
  };
}

/** The same certificate may stand in two trusts, under two names. */
function trustsCompromised(names: Names, compromised: readonly Digest[]): Finding[] {
  const bad = new Set(compromised);
  return verifiersOf(names).flatMap(({ key, want }): Finding[] => {
    if (want.role !== "verifier" || !want.anchors.some((anchor) => bad.has(anchor))) return [];
    return [
      {
        code: "trusts-compromised",
        severity: "blocker",
        target: key,
        message: `verifiers.${key} is to trust a CA that the spec calls compromised`,
        mend: "take it out of the trusts of this verifier, or take `compromised` off",
      },
    ];
  });
}

interface Names {
  readonly spec: Spec;
  readonly trust: ReadonlyMap<
    string,
    { readonly anchors: readonly Digest[]; readonly crls: readonly Digest[] }
  >;
  readonly identities: ReadonlyMap<string, Identity>;
}

function verifiersOf({ spec, trust }: Names): SpecEndpoint[] {
  return Object.entries(spec.verifiers).map(
    ([key, { adapter, mode, trust: names, withoutCrls, target, ...consent }]) => {
      const trusted = names.map((name) => trust.get(name));
      const anchors = [...new Set(trusted.flatMap((one) => one?.anchors ?? []))];
      const crls = withoutCrls ? [] : [...new Set(trusted.flatMap((one) => one?.crls ?? []))];
      return { key, adapter, target, want: { role: "verifier", mode, anchors, crls }, ...consent };
    },
  );
}

function presentersOf({ spec, identities }: Names): SpecEndpoint[] {
  return Object.entries(spec.presenters).map(([key, { adapter, shows, target }]) => {
    const identity = identities.get(shows);
    const want: Wanted =
      identity === undefined
        ? { role: "presenter", shows: shows === "inherited" ? "inherited" : "nothing" }
        : { role: "presenter", shows: { ...shownOf(identity), secret: identity.secret } };
    return { key, adapter, target, want, mayWeaken: false, mayDropEarly: false };
  });
}

function linkOf(names: Names, link: SpecLink): Link {
  const { spec, trust, identities } = names;
  const population = spec.populations[link.from];
  const refusable = link.mayRefuse.flatMap((name) => [
    name,
    ...(identities.get(name)?.chain.slice(0, 1) ?? []),
  ]);
  return {
    key: link.key,
    from:
      population === undefined
        ? { endpoint: link.from }
        : { population: link.from, credentials: credentialsOf(population.mayShow, trust, identities) },
    to: { endpoint: link.to },
    mayRefuse: refusable,
    probe: probeOf(names, link),
    named: true,
  };
}

/** What proves a link. Past a presenter stands, where the spec names nobody else, the identity that it will show. */
function probeOf({ spec, identities }: Names, { from, probe }: SpecLink): LinkProbe | undefined {
  if (probe === undefined) return undefined;
  if (probe === "unreachable") return { unreachable: "all" };
  const { direct, show, ...over } = probe;
  const identityOf = (name: string | undefined): LinkProbe["show"] => {
    const identity = identities.get(name ?? "");
    return identity === undefined ? undefined : { chain: [...identity.chain], secret: identity.secret };
  };
  return {
    ...over,
    show: identityOf(show),
    ...(direct === "unreachable" ? { unreachable: "direct" } : {}),
    ...(typeof direct === "object"
      ? { direct: { ...direct, show: identityOf(direct.show ?? spec.presenters[from]?.shows) } }
      : {}),
  };
}

function credentialsOf(
  mayShow: Spec["populations"][string]["mayShow"],
  trust: Names["trust"],
  identities: Names["identities"],
): Credential[] {
  const nothing: Credential[] = mayShow.nothing
    ? [{ key: "nothing", name: "nothing", shown: "nothing" }]
    : [];
  const issued = mayShow.issuedBy.flatMap((name) =>
    (trust.get(name)?.anchors ?? []).map(
      (issuedBy): Credential => ({ key: `${name} ${issuedBy}`, name, issuedBy }),
    ),
  );
  const shown = mayShow.identities.flatMap((name): Credential[] => {
    const identity = identities.get(name);
    return identity === undefined ? [] : [{ key: `identity ${name}`, name, shown: shownOf(identity) }];
  });
  return [...nothing, ...issued, ...shown];
}

function shownOf({ chain }: Identity): { certificate: Digest; chain: readonly Digest[] } {
  const [certificate, ...rest] = chain;
  return { certificate: certificate as Digest, chain: rest };
}

function secretsOf({ spec, identities }: Names): Secret[] {
  const shown = Object.values(spec.presenters).map(({ shows }) => shows);
  const probing = spec.links.flatMap(({ probe }) => {
    if (typeof probe !== "object") return [];
    return [probe.show, typeof probe.direct === "object" ? probe.direct.show : undefined];
  });
  return [...new Set([...shown, ...probing])].flatMap((name) => identities.get(name ?? "")?.secret ?? []);
}

async function readSource(
  source: PemSource,
  label: PemLabel,
  where: string,
  readText: ReadText,
): Promise<Uint8Array[]> {
  if ("pem" in source) return readPem(source.pem, label, where);
  let text: string;
  try {
    text = await readText(source.file);
  } catch (cause) {
    // A reader of another place than the disk knows better why.
    if (isHandfastError(cause)) throw cause;
    throw new HandfastError(
      "FILE_UNREADABLE",
      `read file failed [${where}, ${source.file}]: it is not there or may not be read; give the path as seen from the working directory`,
      { file: source.file },
      { cause },
    );
  }
  return readPem(text, label, `${where}, ${source.file}`);
}

function keep(bytes: Map<Digest, Uint8Array>, der: Uint8Array, label: PemLabel): Digest {
  const { sha256 } = label === "CERTIFICATE" ? readCertificate(der) : readCrl(der);
  bytes.set(sha256, der);
  return sha256;
}

function notCas(
  anchors: readonly Digest[],
  bytes: ReadonlyMap<Digest, Uint8Array>,
  where: string,
): Finding[] {
  return anchors.flatMap((digest, index) => {
    const { ca, subject } = readCertificate(bytes.get(digest) as Uint8Array);
    if (ca) return [];
    return [
      {
        code: "leaf-where-ca-is-due",
        severity: "blocker" as const,
        message: `${where}[${index}] (${subject}) is no CA certificate`,
        mend: "put the certificate of the CA that issued it there",
      },
    ];
  });
}

function caWhereLeafIsDue(subject: string, where: string): Finding {
  return {
    code: "ca-where-leaf-is-due",
    severity: "blocker",
    message: `the first certificate of ${where} (${subject}) is a CA`,
    mend: "put the leaf first, the certificate that the key belongs to, then its intermediates",
  };
}

/** An error as a finding, so that it can stand beside others. */
export function blocker(error: unknown, where: string): Finding {
  if (!isHandfastError(error)) throw error;
  return {
    code: error.code,
    severity: "blocker",
    message: error.message,
    ...(error.message.includes(where) ? {} : { target: where }),
  };
}
