import { createHandfast, fromValue, MemoryWorld, memoryJournal, memoryVerifier } from "@handfast/core";
import { createAuthority, createCsr, generateKey } from "@handfast/pki";
import { cloudflare } from "@handfast/testing";
import { expect, test } from "vitest";
import { cloudflareGlobal, cloudflareHostname, cloudflareZone } from "../src/index.ts";
import { jumpingClock } from "./jumping-clock.ts";

const start = Date.UTC(2026, 0, 1);

/** A CA of its own for each level, so that a verifier tells them apart. */
async function makeLevel(name: string) {
  const newKey = () => generateKey({ type: "ec", curve: "P-256" });
  const root = await createAuthority({ subject: `CN=Root ${name}`, key: await newKey(), notBefore: start });
  const key = await newKey();
  const leaf = await root.issue(await createCsr({ subject: `CN=${name}`, key }), {
    days: 365,
    notBefore: start,
  });
  return { root: root.certificate, leaf, key: key.export() };
}

const [shared, zoneLevel, perHostname, renewedZone] = [
  await makeLevel("shared"),
  await makeLevel("zone"),
  await makeLevel("hostname"),
  await makeLevel("renewed"),
];
const hostnames = ["shop.example.com", "api.example.com"];

/** One zone before one listener; whatever is shown is held against the listener at every change and every moment. */
function setUp() {
  if (shared === undefined || zoneLevel === undefined || perHostname === undefined)
    throw new TypeError("no level");
  const ticking = jumpingClock(start);
  const refused: string[] = [];
  let watching = false;
  const clock = {
    now: ticking.now,
    sleep: async (ms: number, signal?: AbortSignal) => {
      await ticking.sleep(ms, signal);
      look();
    },
  };
  const provider = cloudflare({
    clock,
    sharedCertificate: { certificate: shared.leaf.pem, key: shared.key },
  });
  const { id: zone } = provider.addZone({ name: "example.com", sslMode: "strict" });
  const world = new MemoryWorld({ clock });
  world.set("listener/origin", { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
  const levels = { shared, zone: zoneLevel, hostname: perHostname, renewed: renewedZone };
  const shows = (hostname: string): string => {
    const { shows: shown } = provider.edgeSource(hostname).current();
    if (shown === "nothing") return "nothing";
    const level = Object.entries(levels).find(([, { leaf }]) => shown.certificate.includes(leaf.pem.trim()));
    return level?.[0] ?? "something else";
  };
  const look = (): void => {
    const listener = world.get("listener/origin");
    if (!watching || listener?.kind !== "listener" || listener.mode !== "required") return;
    const store = listener.store === null ? undefined : world.get(`store/${listener.store}`);
    const anchors = store?.kind === "store" ? store.anchors : [];
    for (const hostname of hostnames) {
      const level = shows(hostname);
      const root = Object.entries(levels).find(([name]) => name === level)?.[1].root.sha256;
      if (root === undefined || !anchors.includes(root)) refused.push(`${hostname} showed ${level}`);
    }
  };
  world.watch(look);
  const token = provider.addToken({
    permissions: [
      "SSL and Certificates Write",
      "Zone Read",
      "Zone Settings Write",
      "Config Settings Read",
      "DNS Read",
    ],
    zones: [zone],
  });
  const options = {
    token,
    sharedCa: shared.root.pem,
    fetch: async (input: string | URL | Request, init?: RequestInit) => {
      const answer = await provider.service.handle(new Request(input, init));
      look();
      return answer;
    },
  };
  const handfast = createHandfast({
    adapters: [
      cloudflareHostname(options),
      cloudflareZone(options),
      cloudflareGlobal(options),
      memoryVerifier(world, { atMostMs: 600_000 }),
    ],
    journal: memoryJournal({ clock }),
    clock,
    secrets: {
      "zone-key": fromValue(zoneLevel.key),
      "hostname-key": fromValue(perHostname.key),
      "renewed-key": fromValue(renewedZone.key),
    },
  });
  const declared = {
    trust: {
      shared: { anchors: shared.root.pem },
      zone: { anchors: zoneLevel.root.pem },
      hostname: { anchors: perHostname.root.pem },
      renewed: { anchors: renewedZone.root.pem },
    },
    identities: {
      zone: zoneLevel.leaf.identity("zone-key"),
      hostname: perHostname.leaf.identity("hostname-key"),
      renewed: renewedZone.leaf.identity("renewed-key"),
    },
  } as const;
  const verifiers = (trust: keyof typeof levels) =>
    ({ origin: { adapter: "memory.verifier", listener: "origin", mode: "required", trust } }) as const;
  const specs = {
    shared: () =>
      handfast.spec({
        ...declared,
        verifiers: verifiers("shared"),
        presenters: {
          edge: { adapter: "cloudflare.hostname", zone, hostnames, shows: "inherited" },
          shared: { adapter: "cloudflare.global", zone, shows: "inherited" },
        },
        links: [{ from: "edge", to: "origin" }],
      }),
    zone: () =>
      handfast.spec({
        ...declared,
        verifiers: verifiers("zone"),
        presenters: {
          edge: { adapter: "cloudflare.hostname", zone, hostnames, shows: "inherited" },
          zone: { adapter: "cloudflare.zone", zone, shows: "zone" },
        },
        links: [{ from: "edge", to: "origin" }],
      }),
    hostname: () =>
      handfast.spec({
        ...declared,
        verifiers: verifiers("hostname"),
        presenters: { edge: { adapter: "cloudflare.hostname", zone, hostnames, shows: "hostname" } },
        links: [{ from: "edge", to: "origin" }],
      }),
  };
  const edge = { adapter: "cloudflare.hostname", zone, hostnames, shows: "inherited" } as const;
  const links = [{ from: "edge", to: "origin" }] as const;
  return {
    handfast,
    specs,
    renewed: () =>
      handfast.spec({
        ...declared,
        verifiers: verifiers("renewed"),
        presenters: { edge, zone: { adapter: "cloudflare.zone", zone, shows: "renewed" } },
        links,
      }),
    identityOnGlobal: () =>
      handfast.spec({
        ...declared,
        verifiers: verifiers("zone"),
        presenters: { shared: { adapter: "cloudflare.global", zone, shows: "zone" } },
        links: [{ from: "shared", to: "origin" }],
      }),
    nothingInZone: () =>
      handfast.spec({
        ...declared,
        verifiers: verifiers("shared"),
        presenters: { edge, zone: { adapter: "cloudflare.zone", zone, shows: "nothing" } },
        links,
      }),
    refused,
    shows: () => hostnames.map(shows),
    listener: () => world.get("listener/origin"),
    watch: () => {
      watching = true;
    },
  };
}

test("a site goes from global to zone to hostname and all the way back, and no origin meets what it refuses", async () => {
  const { handfast, specs, refused, shows, watch } = setUp();
  const first = await handfast.apply(await handfast.plan(specs.shared()));
  expect(first.status).toBe("done");
  expect(shows()).toEqual(["shared", "shared"]);
  watch();

  const second = await handfast.apply(await handfast.plan(specs.zone()));
  expect(second.status).toBe("done");
  expect(shows()).toEqual(["zone", "zone"]);

  const third = await handfast.apply(await handfast.plan(specs.hostname()));
  expect(third.status).toBe("done");
  expect(shows()).toEqual(["hostname", "hostname"]);

  await handfast.rollback(third.runId);
  expect(shows()).toEqual(["zone", "zone"]);
  await handfast.rollback(second.runId);
  expect(shows()).toEqual(["shared", "shared"]);
  expect(refused).toEqual([]);
});

test("in a zone that is on, an upload is the switch, and the way back deletes it", async () => {
  const { handfast, specs, refused, shows, watch, renewed } = setUp();
  await handfast.apply(await handfast.plan(specs.zone()));
  watch();
  const plan = await handfast.plan(renewed());
  const writes = plan.steps.flatMap((step) =>
    step.kind === "write" && step.target === "zone" ? [step] : [],
  );
  expect(
    writes.map(({ phase, step: { summary } }) => `${phase}: ${summary.replace(/[0-9a-f]{12}/g, "…")}`),
  ).toEqual(["present: show certificate … for zone …, by uploading it"]);
  const run = await handfast.apply(plan);
  expect(shows()).toEqual(["renewed", "renewed"]);
  await handfast.rollback(run.runId);
  expect(shows()).toEqual(["zone", "zone"]);
  expect(refused).toEqual([]);
});

test("global origin pulls show no identity, and a zone can't show nothing while they are on", async () => {
  const { handfast, specs, identityOnGlobal, nothingInZone } = setUp();
  const blocked = (promise: Promise<unknown>) => expect(promise).rejects;
  await blocked(handfast.plan(identityOnGlobal())).toThrow("[shared-certificate-only]");
  await handfast.apply(await handfast.plan(specs.shared()));
  await blocked(handfast.plan(nothingInZone())).toThrow("[global-origin-pull-shown]");
});

test("a shared CA that is not one certificate is refused when the adapter is made", () => {
  expect(() => cloudflareGlobal({ token: "t", sharedCa: "no PEM" })).toThrow("sharedCa");
  const twice = `${shared.root.pem}${zoneLevel.root.pem}`;
  expect(() => cloudflareZone({ token: "t", sharedCa: twice })).toThrow("2 certificates");
});
