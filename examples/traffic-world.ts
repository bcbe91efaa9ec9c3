/** A stack that visitors come to all the time, whose data plane can be made deaf to what the APIs say. */
import { connect } from "node:net";
import { alb } from "@handfast/aws";
import { cloudflareHostname } from "@handfast/cloudflare";
import { canonicalText, createHandfast, fromValue, memoryJournal, type Prober } from "@handfast/core";
import {
  createAuthority,
  createCsr,
  generateKey,
  type Leaf,
  type ProbeResult,
  probe,
  prober,
} from "@handfast/pki";
import type { Source } from "@handfast/testing";
import { countAtApplication, countVisitors, readConnections } from "./second-witnesses.ts";
import { hostname, makePki, type Pki, startStack } from "./stack.ts";

/** How much faster than real time the providers, their lags and handfast's waits run. */
const speed = 50;
/** Where the load balancer itself is asked, past the edge. */
export const balancerUrl = new URL("https://shop-1.eu-central-1.elb.amazonaws.com/");

/** Client certificates before and after a rotation, and one of a partner who comes to the load balancer by itself. */
export interface Generations {
  readonly pki: Pki;
  readonly trusts: readonly [{ readonly anchors: string }, { readonly anchors: string }];
  readonly leaves: readonly [Leaf, Leaf];
  readonly keys: readonly [string, string];
  readonly partner: { readonly chain: string; readonly key: string };
  /** A list of the second CA that revokes the partner's certificate. */
  readonly crl: string;
}

/** Makes them all. */
export async function makeGenerations(): Promise<Generations> {
  const pki = await makePki("ec");
  const make = () => generateKey({ type: "ec", curve: "P-256" });
  const root = await createAuthority({ subject: "CN=example.com 2", key: await make() });
  const [key, partnerKey] = [await make(), await make()];
  const leaf = await root.issue(await createCsr({ subject: `CN=${hostname}`, key }));
  const partner = await root.issue(await createCsr({ subject: "CN=partner.example.com", key: partnerKey }));
  const revoked = [{ serial: partner.facts.serial, at: Date.now(), reason: "keyCompromise" } as const];
  return {
    pki,
    trusts: [pki.root.trust, root.trust],
    leaves: [pki.leaf, leaf],
    keys: [pki.leafKey, key.export()],
    partner: { chain: partner.chain, key: partnerKey.export() },
    crl: (await root.createCrl({ revoked, number: 1 })).pem,
  };
}

/** What is wanted, and who looks beside the prober over the link. */
export interface Wanted {
  readonly generation: 0 | 1;
  readonly crls?: string;
  readonly check?: "application" | "visitors";
  readonly logs?: { readonly mayRefuse: number };
  /** Whether the load balancer itself is asked too. */
  readonly direct?: boolean;
}

export type World = Awaited<ReturnType<typeof startWorld>>;

/** Starts one. `every` is the time between two visitors, in real milliseconds. */
export async function startWorld(made: Generations, every: number) {
  const { pki, trusts, leaves, keys } = made;
  const [edge, balancer] = [new Wire(), new Wire()];
  const stack = await startStack(pki, {
    speed,
    // well before handfast's own patience ends: which of the two speaks first is not to hang on the machine
    timing: { timeOutMs: 120_000 },
    wires: { edge: (said) => edge.between(said), balancer: (said) => balancer.between(said) },
  });
  const { clock, cloud, flare, zone, listener } = stack;
  const inventory = () => text({ cloud: cloud.inventory(), flare: flare.inventory(zone) });
  const visitors = stack.visitors(every);
  // time flies on this clock, and so would the time of a lease
  const journal = memoryJournal({ clock, leaseMs: 60 * 60_000 });
  const honest = prober({
    ca: pki.site.certificate.pem,
    connect: ({ host }) => {
      const { front } = host === balancerUrl.host ? stack.balancer : stack.edge;
      return connect(front.port, front.host);
    },
  });
  const instance = (witness: Prober = honest) =>
    createHandfast({
      adapters: [
        alb({ region: stack.region, bucket: { name: stack.bucket }, ...stack.awsClients }),
        cloudflareHostname({ token: stack.token, baseUrl: stack.endpoints.cloudflare }),
      ],
      journal,
      secrets: { "edge-0": fromValue(keys[0]), "edge-1": fromValue(keys[1]) },
      prober: witness,
      checks: {
        "application-0": countAtApplication(stack.application.requests, leaves[0].pem.trim()),
        "application-1": countAtApplication(stack.application.requests, leaves[1].pem.trim()),
        visitors: countVisitors(visitors.counts),
      },
      logs: { connections: readConnections(stack.balancer.connections) },
      // handshakes take real time, of which two minutes pass in one second here
      proof: { atMostMs: 900_000 },
      clock,
    });
  const handfast = instance();
  const spec = ({ generation, crls, check, logs, direct }: Wanted) =>
    handfast.spec({
      trust: { edge: { ...trusts[generation], crls } },
      identities: { edge: leaves[generation].identity(`edge-${generation}`) },
      verifiers: {
        shop: {
          adapter: "aws.alb",
          listener,
          mode: "required",
          trust: "edge",
          evidence: logs && { logs: "connections", since: "1m", unknown: "pass", ...logs },
        },
      },
      presenters: {
        "shop-edge": { adapter: "cloudflare.hostname", zone, hostnames: [hostname], shows: "edge" },
      },
      links: [
        {
          from: "shop-edge",
          to: "shop",
          probe: {
            url: "https://{hostname}/",
            echo: "x-seen-client-cert",
            direct: direct === true ? { url: balancerUrl.href, servername: hostname } : undefined,
          },
        },
      ],
      waves: [
        { name: "all", from: ["shop-edge"], bake: "1m", checks: check && [checkOf(check, generation)] },
      ],
    });
  return {
    stack,
    visitors,
    honest,
    instance,
    spec,
    /** Ends what the data plane hears: it goes on with what it has. */
    deafen: (part: "edge" | "balancer") => (part === "edge" ? edge : balancer).cut(),
    /** What the endpoints do, by their APIs, as text to compare. */
    effect: async () => text((await handfast.status(spec({ generation: 0 }))).endpoints),
    /** A handshake with the load balancer itself. */
    shake: async (
      identity: { readonly chain: string; readonly key: string } | undefined,
    ): Promise<ProbeResult> =>
      await probe({
        ...stack.balancer.front,
        servername: hostname,
        ca: pki.site.certificate.pem,
        identity,
        request: { method: "GET" },
      }),
    /** All that the providers hold, as text to compare. */
    inventory,
    /** Retires all runs: deletes what nothing refers to. */
    clearUp: async () => {
      for (const { runId, kind } of await handfast.runs())
        if (kind !== "retire") await handfast.retire(runId);
    },
    [Symbol.asyncDispose]: async () => {
      await visitors.stop();
      await stack.close();
    },
  };
}

function checkOf(check: "application" | "visitors", generation: 0 | 1) {
  return check === "visitors" ? check : (`application-${generation}` as const);
}

/** Between what an API says and what its servers do. */
class Wire {
  #isCut = false;
  #hold: () => void = () => {};

  between<T>(said: Source<T>): Source<T> {
    let last: T | undefined;
    this.#hold = () => {
      last = said.current();
    };
    return { subscribe: said.subscribe, current: () => (this.#isCut ? (last as T) : said.current()) };
  }

  cut(): void {
    this.#hold();
    this.#isCut = true;
  }
}

function text(value: unknown): string {
  return canonicalText(JSON.parse(JSON.stringify(value)));
}
