import type { Mode } from "../adapter/contract.ts";
import { bakeMs } from "./bake.ts";
import { hostnamePlaceholder } from "./check-links.ts";
import type { Member, Targets } from "./read-targets.ts";
import type {
  PemSource,
  Spec,
  SpecDirectProbe,
  SpecEvidence,
  SpecLink,
  SpecProbe,
  SpecVerifier,
  SpecWave,
} from "./spec.ts";

/** An input that its schema and all checks have passed; `inputSchema` says the same in zod. */
export interface Accepted {
  readonly trust: Readonly<
    Record<string, { anchors: Some<Pem>; crls?: Some<Pem>; compromised?: boolean | undefined }>
  >;
  readonly identities?: Readonly<Record<string, { chain: Pem; key: { secret: string } }>>;
  readonly verifiers: Readonly<Record<string, AcceptedVerifier>>;
  readonly presenters?: Readonly<Record<string, { adapter: string; shows: string }>>;
  readonly populations?: Readonly<Record<string, AcceptedPopulation>>;
  readonly links: readonly AcceptedLink[];
  readonly waves?: readonly AcceptedWave[];
}

interface AcceptedWave {
  readonly name: string;
  readonly from?: readonly string[];
  readonly bake?: string;
  readonly maxFailures?: number;
  readonly checks?: readonly string[];
}

interface AcceptedVerifier {
  readonly adapter: string;
  readonly mode: Mode;
  readonly trust?: Some<string>;
  readonly withoutCrls?: "agreed";
  readonly mayWeaken?: "agreed";
  readonly mayDropEarly?: "agreed";
  readonly mayMixWaves?: "agreed";
  readonly evidence?: AcceptedEvidence;
}

interface AcceptedEvidence {
  readonly logs: string;
  readonly since: string;
  readonly atLeast?: number;
  readonly mayRefuse?: number;
  readonly unknown?: "hold" | "pass";
  readonly wait?: string;
}

interface AcceptedPopulation {
  readonly mayShow: {
    readonly issuedBy?: readonly string[];
    readonly identities?: readonly string[];
    readonly nothing: boolean;
  };
}

/** A link as it was written. */
export interface AcceptedLink {
  readonly from: string;
  readonly to: string;
  readonly mayRefuse?: readonly string[];
  readonly probe?: SpecProbe | "unreachable";
}

type Pem = string | { readonly file: string };
type Some<T> = T | readonly T[];

/** Makes the value that the planner reads of an input that all checks have passed. */
export function makeSpec(input: Accepted, targets: Targets): Spec {
  const { presenters = {}, populations = {} } = input;
  const membersOf = new Map<string, Member[]>();
  for (const member of targets.presenters) {
    membersOf.set(member.entry, [...(membersOf.get(member.entry) ?? []), member]);
  }
  return {
    format: 1,
    trust: mapValues(input.trust, ({ anchors, crls, compromised = false }) => ({
      anchors: listOf(anchors).map(pemSource),
      crls: listOf(crls).map(pemSource),
      compromised,
    })),
    identities: mapValues(input.identities ?? {}, ({ chain, key }) => ({ chain: pemSource(chain), key })),
    verifiers: Object.fromEntries(
      targets.verifiers.flatMap(({ key, entry, target }) => {
        const written = input.verifiers[entry];
        return written === undefined ? [] : [[key, { ...verifierOf(written), target }]];
      }),
    ),
    presenters: Object.fromEntries(
      targets.presenters.flatMap(({ key, entry, target }) => {
        const written = presenters[entry];
        return written === undefined
          ? []
          : [[key, { adapter: written.adapter, entry, shows: written.shows, target }]];
      }),
    ),
    populations: mapValues(populations, ({ mayShow: { issuedBy = [], identities = [], nothing } }) => ({
      mayShow: { issuedBy, identities, nothing },
    })),
    links: input.links.flatMap((link) => linksOf(link, membersOf.get(link.from))),
    waves: wavesOf(input, membersOf),
  };
}

function verifierOf(written: AcceptedVerifier): Omit<SpecVerifier, "target"> {
  return {
    adapter: written.adapter,
    mode: written.mode,
    trust: listOf(written.trust),
    withoutCrls: written.withoutCrls === "agreed",
    mayWeaken: written.mayWeaken === "agreed",
    mayDropEarly: written.mayDropEarly === "agreed",
    ...(written.mayMixWaves === "agreed" ? { mayMixWaves: true } : {}),
    ...(written.evidence === undefined ? {} : { evidence: evidenceOf(written.evidence) }),
  };
}

function evidenceOf({
  logs,
  since,
  atLeast = 1,
  mayRefuse = 0,
  unknown = "hold",
  wait = "30m",
}: AcceptedEvidence): SpecEvidence {
  return { logs, sinceMs: bakeMs(since) ?? 0, atLeast, mayRefuse, unknown, waitMs: bakeMs(wait) ?? 0 };
}

/** One link for each member; a population, which has none, is its own. */
function linksOf(link: AcceptedLink, members: readonly Member[] | undefined): readonly SpecLink[] {
  return (members ?? [{ key: link.from, value: undefined }]).map(({ key, value }) => ({
    key: `${key} -> ${link.to}`,
    from: key,
    to: link.to,
    mayRefuse: link.mayRefuse ?? [],
    ...(link.probe === undefined ? {} : { probe: probeOf(link.probe, value) }),
  }));
}

function probeOf(probe: SpecProbe | "unreachable", value: string | undefined): SpecProbe | "unreachable" {
  if (probe === "unreachable") return probe;
  const { url, show, echo, expect, direct } = probe;
  return {
    ...(url === undefined ? {} : { url: placed(url, value) }),
    ...(show === undefined ? {} : { show }),
    ...(echo === undefined ? {} : { echo: echo.toLowerCase() }),
    ...(expect === undefined ? {} : { expect }),
    ...(direct === undefined ? {} : { direct: directOf(direct, value) }),
  };
}

function directOf(
  direct: SpecDirectProbe | "unreachable",
  value: string | undefined,
): SpecDirectProbe | "unreachable" {
  if (direct === "unreachable") return direct;
  const { url, servername, show, expect } = direct;
  return {
    url: placed(url, value),
    ...(servername === undefined ? {} : { servername: placed(servername, value) }),
    ...(show === undefined ? {} : { show }),
    ...(expect === undefined ? {} : { expect }),
  };
}

/** The member in the place that is held for it. The replacement is a function, so that no `$` in it means anything. */
function placed(text: string, value: string | undefined): string {
  return value === undefined ? text : text.replaceAll(hostnamePlaceholder, () => value);
}

function wavesOf(input: Accepted, membersOf: ReadonlyMap<string, readonly Member[]>): readonly SpecWave[] {
  const waves = input.waves ?? [{ name: "all" }];
  const named = new Set(waves.flatMap(({ from = [] }) => from));
  const sources = [...Object.keys(input.presenters ?? {}), ...Object.keys(input.populations ?? {})];
  const rest = sources.filter((source) => !named.has(source));
  return waves.map(({ name, from = rest, bake = "0s", maxFailures = 0, checks }) => ({
    name,
    from: from.flatMap((source) => membersOf.get(source)?.map(({ key }) => key) ?? [source]),
    bakeMs: bakeMs(bake) ?? 0,
    maxFailures,
    ...(checks === undefined ? {} : { checks }),
  }));
}

function pemSource(written: Pem): PemSource {
  return typeof written === "string" ? { pem: written } : { file: written.file };
}

function listOf<T extends string | object>(some: Some<T> | undefined): readonly T[] {
  if (some === undefined) return [];
  return isList(some) ? some : [some];
}

function isList<T>(some: Some<T>): some is readonly T[] {
  return Array.isArray(some);
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
