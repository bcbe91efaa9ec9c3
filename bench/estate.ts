/** A large estate as it was observed: hostnames of ten zones, listeners of ten regions, distributions beside them. */
import { alb } from "@handfast/aws";
import { cloudflareHostname } from "@handfast/cloudflare";
import { type Adapter, digestOf, type Seen } from "@handfast/core";
import { createAuthority, createCsr, generateKey } from "@handfast/pki";
import { Evidence } from "../packages/core/src/accept/evidence.ts";
import type { Wanted } from "../packages/core/src/adapter/contract.ts";
import { sha256 } from "../packages/core/src/certificate/digest.ts";
import type { Link } from "../packages/core/src/plan/graph.ts";
import type { PlanInput, WantedEndpoint } from "../packages/core/src/plan/make-plan.ts";
import { type DistributionState, distribution, distributionStore, madeStore } from "./distribution.ts";

const zones = 10;
const hostnamesOfZone = 100;
const listenersOfRegion = 20;
const distributionsOfZone = 5;
/** CAs of other teams, of which every listener trusts one. */
const teams = 20;

/** One endpoint of the estate, with what was seen of it as JSON text: each round reads it anew. */
interface Kept {
  readonly key: string;
  readonly adapter: Adapter;
  readonly target: unknown;
  readonly want: Wanted;
  readonly seen: string;
}

/** What is known of an estate before it is planned for. */
export interface Estate {
  readonly endpoints: readonly Kept[];
  readonly links: readonly Link[];
  readonly bytes: ReadonlyMap<string, Uint8Array>;
}

interface Certificates {
  readonly bytes: Map<string, Uint8Array>;
  readonly teams: readonly string[];
  /** Of each zone: the CA and leaf that it has, and those that it is to have. */
  readonly zones: readonly (readonly Pair[])[];
}

interface Pair {
  readonly ca: string;
  readonly leaf: string;
}

/** @param rotates whether one CA takes the place of another; else nothing is on yet */
export async function makeEstate(rotates: boolean): Promise<Estate> {
  const certificates = await makeCertificates();
  const made = certificates.zones.map((_, zone) => makeZone(certificates, zone, rotates));
  return {
    endpoints: made.flatMap(({ endpoints }) => endpoints),
    links: made.flatMap(({ links }) => links),
    bytes: certificates.bytes,
  };
}

/** The input of one plan. Nothing in it was parsed, judged or planned before. */
export function inputOf({ endpoints, links, bytes }: Estate): PlanInput {
  return {
    kind: "apply",
    now: Date.now(),
    endpoints: endpoints.map(
      ({ key, adapter, target, want, seen }): WantedEndpoint => ({
        key,
        adapter,
        target: structuredClone(target),
        seen: JSON.parse(seen),
        want: { face: want },
        mayWeaken: false,
        mayDropEarly: false,
      }),
    ),
    links: structuredClone(links),
    waves: [],
    proof: { times: 3, atMostMs: 120_000 },
    facts: new Evidence(bytes),
    findings: [],
  };
}

async function makeCertificates(): Promise<Certificates> {
  const key = await generateKey({ type: "ec", curve: "P-256" });
  const bytes = new Map<string, Uint8Array>();
  const keep = ({ der }: { readonly der: Uint8Array }): string => {
    const digest = sha256(der);
    bytes.set(digest, der);
    return digest;
  };
  const makePair = async (name: string): Promise<Pair> => {
    const ca = await createAuthority({ subject: `CN=${name}`, key });
    const leaf = await ca.issue(await createCsr({ subject: `CN=edge of ${name}`, key }));
    return { ca: keep(ca.certificate), leaf: keep(leaf) };
  };
  const made: Pair[][] = [];
  for (let zone = 0; zone < zones; zone += 1)
    made.push([await makePair(`Zone ${zone} CA 1`), await makePair(`Zone ${zone} CA 2`)]);
  const others: string[] = [];
  for (let team = 0; team < teams; team += 1) others.push((await makePair(`Team ${team} CA`)).ca);
  return { bytes, teams: others, zones: made };
}

interface Zone {
  readonly endpoints: readonly Kept[];
  readonly links: readonly Link[];
}

/** A zone with its hostnames, the listeners of a region behind it, and some distributions that partners call. */
function makeZone({ zones: pairs, teams: others }: Certificates, index: number, rotates: boolean): Zone {
  const [before, after] = pairs[index] as readonly [Pair, Pair];
  const [now, next] = rotates ? [before, after] : [undefined, before];
  const endpoints: Kept[] = [];
  const links: Link[] = [];
  const listeners = addListeners(endpoints, index, others, now, next);
  const hostnames = addHostnames(endpoints, index, now, next);
  for (const [place, hostname] of hostnames.entries()) {
    const listener = listeners[place % listeners.length] as string;
    links.push({
      key: `${hostname} -> ${listener}`,
      from: { endpoint: hostname },
      to: { endpoint: listener },
      mayRefuse: [],
      probe: { url: `https://${hostname}/health`, echo: "x-client-certificate" },
      named: true,
    });
  }
  for (const name of addDistributions(endpoints, index, now, next, others)) {
    const population = `partners of ${name}`;
    const credentials = [now, next].flatMap((pair) =>
      pair === undefined ? [] : [{ key: pair.ca, name: "partners", issuedBy: pair.ca }],
    );
    links.push({
      key: `${population} -> ${name}`,
      from: { population, credentials },
      to: { endpoint: name },
      mayRefuse: rotates ? ["partners"] : [],
      named: true,
    });
  }
  return { endpoints, links };
}

/** A trust store each; all of a region are seen with every listener. */
function addListeners(
  endpoints: Kept[],
  index: number,
  others: readonly string[],
  now: Pair | undefined,
  next: Pair,
): readonly string[] {
  const region = `eu-test-${index}`;
  const arn = `arn:aws:elasticloadbalancing:${region}:111122223333`;
  const adapter = alb({ region, bucket: { name: "trust" }, as: `aws.alb-${index}` });
  const storeOf = (place: number): string[] => [now?.ca ?? "", others[place] as string].toSorted();
  const nameOf = (place: number): string =>
    `hf-${digestOf({ anchors: storeOf(place), crls: [] }).slice(0, 28)}`;
  return Array.from({ length: listenersOfRegion }, (_, place) => {
    const listener = `${arn}:listener/app/shop-${place}/${hex(index * 100 + place, 16)}/${hex(place, 16)}`;
    const stores = Array.from({ length: now === undefined ? 0 : listenersOfRegion }, (_, other) => [
      nameOf(other),
      {
        ready: true,
        ours: true,
        taken: other !== place,
        anchors: { known: storeOf(other) },
        crls: { known: [] },
      },
    ]);
    const verify = {
      mode: "verify",
      store: nameOf(place),
      ignoreExpiry: false,
      advertiseNames: false,
      cut: false,
    };
    const key = `listener-${index}-${place}`;
    endpoints.push({
      key,
      adapter,
      target: { listener },
      want: {
        role: "verifier",
        mode: "required",
        anchors: [next.ca, others[place] as string],
        crls: [],
      },
      seen: seen([listener, ...(now === undefined ? [] : [`${arn}:truststore/${nameOf(place)}`])], {
        listener: { protocol: "HTTPS", authentication: now === undefined ? { mode: "off" } : verify },
        stores: Object.fromEntries(stores),
      }),
    });
    return key;
  });
}

function addHostnames(
  endpoints: Kept[],
  index: number,
  now: Pair | undefined,
  next: Pair,
): readonly string[] {
  const zone = hex(index, 32);
  const adapter = cloudflares;
  return Array.from({ length: hostnamesOfZone }, (_, place) => {
    const hostname = `host-${place}.zone-${index}.example`;
    const certificate = { certificate: now?.leaf, chain: [] };
    const objects = ["zone-origin-pull", "global-origin-pull"].map((name) => `cloudflare/${zone}/${name}`);
    endpoints.push({
      key: hostname,
      adapter,
      target: { zone, hostnames: [hostname] },
      want: {
        role: "presenter",
        shows: { certificate: next.leaf, chain: [], secret: { key: "edge", spki: hex(1, 64) } },
      },
      seen: seen([`cloudflare/${zone}/hostname/${hostname}`, ...objects], {
        association: now === undefined ? null : { enabled: true, certificate },
        store: now === undefined ? [] : [{ ...certificate, others: "some" }],
        zone: { enabled: false, shows: null },
        global: false,
      }),
    });
    return hostname;
  });
}

function addDistributions(
  endpoints: Kept[],
  index: number,
  now: Pair | undefined,
  next: Pair,
  others: readonly string[],
): readonly string[] {
  return Array.from({ length: distributionsOfZone }, (_, place) => {
    const id = `E${hex(index * 100 + place, 12).toUpperCase()}`;
    const anchors = now === undefined ? [] : [now.ca, others[place] as string];
    const store = distributionStore(anchors);
    const objects = [`distribution/${id}`, ...(now === undefined ? [] : [`trust-store/${store}`])];
    const authentication = { mode: "required", store, ignoreExpiry: false, advertiseNames: false } as const;
    const state: DistributionState = {
      ...configuration(id, index),
      viewerAuthentication: now === undefined ? null : authentication,
      stores: now === undefined ? {} : { [store]: madeStore(anchors) },
    };
    const wanted = [next.ca, others[place] as string];
    endpoints.push({
      key: id,
      adapter: distributions,
      target: { distribution: id },
      want: { role: "verifier", mode: "required", anchors: wanted, crls: [] },
      seen: seen(objects, state),
    });
    return id;
  });
}

const cloudflares = cloudflareHostname({ token: "not-used" });
const distributions = distribution();

function seen(objects: readonly string[], now: unknown): string {
  const one: Seen<unknown> = { objects, now, may: [], settled: true, owner: "unknown", findings: [] };
  return JSON.stringify(one);
}

function hex(value: number, length: number): string {
  return value.toString(16).padStart(length, "0");
}

/** What a distribution has beside what matters here. */
function configuration(
  id: string,
  index: number,
): Omit<DistributionState, "viewerAuthentication" | "stores"> {
  return {
    id,
    etag: `E${hex(index, 13)}`,
    status: "Deployed",
    enabled: true,
    aliases: [`www-${id}.example.com`, `api-${id}.example.com`],
    comment: `storefront ${index}`,
    priceClass: "PriceClass_100",
    httpVersion: "http2and3",
    ipv6: true,
    webAcl: `arn:aws:wafv2:us-east-1:111122223333:global/webacl/shop/${hex(index, 32)}`,
    certificate: {
      arn: `arn:aws:acm:us-east-1:111122223333:certificate/${hex(index, 32)}`,
      support: "sni-only",
      minimum: "TLSv1.2_2021",
    },
    logging: { bucket: "logs.s3.example", prefix: `cdn/${id}`, cookies: false },
    origins: ["shop", "media"].map((name) => ({
      id: name,
      domain: `${name}-${index}.origin.example.com`,
      path: "",
      protocolPolicy: "https-only",
      readTimeout: 30,
      keepaliveTimeout: 5,
    })),
    behaviours: ["*", "/media/*", "/api/*"].map((pathPattern) => ({
      pathPattern,
      origin: pathPattern === "/media/*" ? "media" : "shop",
      viewerProtocolPolicy: "redirect-to-https",
      allowedMethods: ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
      cachePolicy: hex(7, 32),
      originRequestPolicy: hex(8, 32),
      compress: true,
    })),
  };
}
