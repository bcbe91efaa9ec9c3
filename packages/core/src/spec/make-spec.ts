import type { Mode } from "../adapter/contract.ts";
import { bakeMs } from "./bake.ts";
import { hostnamePlaceholder } from "./check-links.ts";
import type { Member, Targets } from "./read-targets.ts";
import type { PemSource, Spec, SpecLink, SpecProbe, SpecVerifier, SpecWave } from "./spec.ts";

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
  readonly waves?: readonly { name: string; from?: readonly string[]; bake?: string; maxFailures?: number }[];
}

interface AcceptedVerifier {
  readonly adapter: string;
  readonly mode: Mode;
  readonly trust?: Some<string>;
  readonly withoutCrls?: "agreed";
  readonly mayWeaken?: "agreed";
  readonly mayDropEarly?: "agreed";
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
  readonly probe?: SpecProbe;
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
  };
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

function probeOf(probe: SpecProbe, value: string | undefined): SpecProbe {
  const { url, show, echo, expect } = probe;
  return {
    // The replacement is a function, so that no `$` in a value means anything.
    url: value === undefined ? url : url.replaceAll(hostnamePlaceholder, () => value),
    ...(show === undefined ? {} : { show }),
    ...(echo === undefined ? {} : { echo: echo.toLowerCase() }),
    ...(expect === undefined ? {} : { expect }),
  };
}

function wavesOf(input: Accepted, membersOf: ReadonlyMap<string, readonly Member[]>): readonly SpecWave[] {
  const waves = input.waves ?? [{ name: "all" }];
  const named = new Set(waves.flatMap(({ from = [] }) => from));
  const sources = [...Object.keys(input.presenters ?? {}), ...Object.keys(input.populations ?? {})];
  const rest = sources.filter((source) => !named.has(source));
  return waves.map(({ name, from = rest, bake = "0s", maxFailures = 0 }) => ({
    name,
    from: from.flatMap((source) => membersOf.get(source)?.map(({ key }) => key) ?? [source]),
    bakeMs: bakeMs(bake) ?? 0,
    maxFailures,
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
