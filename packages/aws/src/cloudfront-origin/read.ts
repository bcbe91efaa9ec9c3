import {
  type CertificateFacts,
  type Finding,
  type ReadContext,
  readCertificate,
  type Seen,
  type Target,
} from "@handfast/core";
import type { Certificates } from "../acm/port.ts";
import { parseArn } from "../arn.ts";
import type { DistributionRecord, Distributions, OriginRecord } from "../distribution/port.ts";
import { toolBy } from "../iac-tools.ts";
import { inParallel } from "../in-parallel.ts";
import { orNothing } from "../leave-out-missing.ts";
import { bundleIn, dissectText, whyUnreadable } from "./certificates.ts";
import { missingFinding, shownFindings } from "./findings.ts";
import type { Imports } from "./imports.ts";
import type { FindOwn, Own } from "./own.ts";
import {
  acmRegion,
  type Ban,
  bundleName,
  type OriginFields,
  type OriginState,
  type Showing,
  type StoredCertificate,
  shownArn,
} from "./state.ts";
import { type OriginTarget, originObject, originOf } from "./target.ts";

/** What the reader is given beside the targets. */
export interface OriginReaders {
  readonly distributions: Distributions;
  readonly certificates: Certificates;
  readonly imports: Imports;
  readonly findOwn: FindOwn;
  /** Tags of a distribution, perhaps a few minutes old. */
  tagsOn(distribution: string): ReturnType<Distributions["tags"]>;
}

/** How many calls are under way at once: ACM is throttled by account, and operation. */
const lanes = 4;

/** Reads all targets at once: each distribution and each certificate is asked for once, whoever is shown it. */
export async function readOrigins(
  targets: readonly Target<OriginTarget>[],
  readers: OriginReaders,
  context: ReadContext,
): Promise<readonly Seen<OriginState>[]> {
  const arns = [...new Set(targets.map(({ target }) => target.distribution))];
  const [records, own, tags] = await Promise.all([
    readers.distributions.read(arns, context.signal),
    readOwn(readers, context),
    inParallel(arns, lanes, (arn) => readers.tagsOn(arn)),
  ]);
  const managers = new Map(arns.map((arn, index) => [arn, toolBy(tags[index])]));
  const byArn = new Map(records.map((record) => [record.arn, record]));
  const found = targets.map(({ target }) => {
    const record = byArn.get(target.distribution);
    return { target, record, origin: record?.origins.find(({ id }) => id === originOf(target)) };
  });
  const inUse = [...new Set(found.flatMap(({ origin }) => origin?.clientCertificateArn ?? []))];
  const shown = await inParallel(inUse, lanes, (arn) => readShown(arn, own, readers, context));
  const shownBy = new Map(inUse.map((arn, index) => [arn, shown[index] as Shown]));

  return found.map(({ target, record, origin }, index) => {
    const at = origin?.clientCertificateArn;
    const seen = at === undefined ? undefined : shownBy.get(at);
    const manager = managers.get(target.distribution);
    const state: OriginState = {
      distribution: record !== undefined,
      origin: origin === undefined ? null : fieldsOf(record, origin, seen?.shows ?? "nothing"),
      certificates: storedFor(target, records, own),
      ...(manager === undefined ? {} : { manager }),
    };
    const missing = missingFinding(target, state);
    const findings: Finding[] = [
      ...(missing === undefined ? [] : [missing]),
      ...shownFindings(target, state, seen?.leaf, context.clock.now()),
    ].map((one) => ({ ...one, target: targets[index]?.key }));
    return {
      // A certificate is in no object of its own: what handfast imports is never changed, and nothing here writes others.
      objects: [originObject(target), target.distribution],
      now: state,
      may: [],
      settled: record?.deployed ?? true,
      owner: ownerOf(state),
      findings,
    };
  });
}

function ownerOf({ manager, origin }: OriginState): Seen<OriginState>["owner"] {
  if (manager !== undefined || shownArn(origin?.shows) !== undefined) return "other";
  return (origin?.shows ?? "nothing") === "nothing" ? "unknown" : "us";
}

/** A certificate that handfast imported, with what refers to it. */
interface UsedOwn extends Own {
  /** ARNs of distributions and whatever else it is shown by. */
  readonly users: readonly string[];
}

async function readOwn(
  { certificates, findOwn }: OriginReaders,
  context: ReadContext,
): Promise<readonly UsedOwn[]> {
  const own = await findOwn(certificates, context);
  return inParallel(own, lanes, async (one) => {
    if (!one.inUse) return { ...one, users: [] };
    const described = await orNothing(certificates.describe(one.arn, context.signal));
    return { ...one, users: described?.users ?? [] };
  });
}

/** What one ARN shows, and the facts of its leaf where they can be told. */
interface Shown {
  readonly shows: Showing;
  readonly leaf?: CertificateFacts | undefined;
}

async function readShown(
  arn: string,
  own: readonly UsedOwn[],
  { certificates, imports }: OriginReaders,
  context: ReadContext,
): Promise<Shown> {
  const { region } = parseArn(arn);
  if (region !== acmRegion) return { shows: { unknown: `it is in ${region}`, arn } };
  try {
    const record = imports.recent(context.clock).find((one) => one.arn === arn);
    // What was not imported may be renewed under its ARN at any time.
    const ders =
      record === undefined
        ? dissectText(await certificates.read(arn, context.signal), arn)
        : await imports.content(record, certificates, context);
    for (const der of ders.values()) await context.keep(der);
    const bundle = bundleIn(ders);
    const [der = new Uint8Array()] = ders.values();
    const isOurs = own.some((one) => one.arn === arn && one.name === bundleName(bundle));
    return { shows: isOurs ? bundle : { ...bundle, arn }, leaf: readCertificate(der) };
  } catch (error) {
    const unknown = whyUnreadable(error);
    if (unknown === undefined) throw error;
    return { shows: { unknown, arn } };
  }
}

function fieldsOf(
  record: DistributionRecord | undefined,
  { id, kind, protocolPolicy }: OriginRecord,
  shows: Showing,
): OriginFields {
  return {
    kind,
    ...(protocolPolicy === undefined ? {} : { protocolPolicy }),
    bans: record === undefined ? [] : bansOf(record, id, protocolPolicy),
    shows,
  };
}

/** What the cache behaviours that lead to an origin, by itself or in a group, do not combine with a certificate. */
function bansOf(
  { behaviours, originGroups }: DistributionRecord,
  origin: string,
  protocolPolicy: OriginRecord["protocolPolicy"],
): readonly Ban[] {
  const groups = originGroups.filter(({ originIds }) => originIds.includes(origin)).map(({ id }) => id);
  const leading = behaviours.filter(({ originId }) => originId === origin || groups.includes(originId));
  const byHttp =
    protocolPolicy === "match-viewer" &&
    leading.some(({ viewerProtocolPolicy }) => viewerProtocolPolicy === "allow-all");
  return [
    ...(leading.some(({ grpc }) => grpc) ? ["grpc" as const] : []),
    ...(byHttp ? ["http-viewers" as const] : []),
    ...(leading.some(({ lambdaAtOrigin }) => lambdaAtOrigin) ? ["lambda-at-origin" as const] : []),
  ];
}

/** Certificates of ours as one origin sees them: taken when anything but itself is shown them. */
function storedFor(
  target: OriginTarget,
  records: readonly DistributionRecord[],
  own: readonly UsedOwn[],
): Readonly<Record<string, StoredCertificate>> {
  const taken = new Map<string, boolean>();
  for (const { name, arn, users } of own) {
    const elsewhere = users.some((user) => user !== target.distribution);
    const beside = records.some(({ arn: distribution, origins }) =>
      origins.some(
        ({ id, clientCertificateArn }) =>
          clientCertificateArn === arn && !(distribution === target.distribution && id === originOf(target)),
      ),
    );
    taken.set(name, taken.get(name) === true || elsewhere || beside);
  }
  return Object.fromEntries(
    [...taken].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, isTaken]) => [name, { taken: isTaken }]),
  );
}
