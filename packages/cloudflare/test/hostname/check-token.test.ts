import type { Permission } from "@handfast/core";
import { cloudflare, type NewToken } from "@handfast/testing";
import { expect, test } from "vitest";
import { cloudflareHostname } from "../../src/hostname/adapter.ts";
import { permissionsOf } from "../../src/hostname/permissions.ts";
import { jumpingClock } from "../jumping-clock.ts";
import { permissions as all } from "./simulated.ts";
import { bundle, secret } from "./states.ts";

const { signal } = new AbortController();
type Status = (url: string) => number | undefined;

/** An adapter with one token, on a provider that may answer some calls by a status alone. */
function setUp(token: Partial<NewToken> = {}, statusOf: Status = () => undefined) {
  const clock = jumpingClock();
  const provider = cloudflare({ clock });
  const { id: zone } = provider.addZone({ name: "example.com", sslMode: "strict" });
  const text = provider.addToken({ permissions: all, zones: [zone], ...token });
  const key = "0123456789abcdef0123456789abcdef01234";
  provider.addKey({ email: "owner@example.com", key });
  const calls: string[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    calls.push(pathname.replace("/client/v4", "").replace(zone, "{zone}"));
    const status = statusOf(pathname);
    return status === undefined ? provider.service.handle(request) : new Response("", { status });
  };
  const { definition } = cloudflareHostname({ token: text, fetch });
  const byKey = cloudflareHostname({ email: "owner@example.com", key, fetch }).definition;
  const wanted = [
    ...permissionsOf(zone),
    ...permissionsOf(zone, { kind: "upload", zone, bundle: bundle("a"), secret }),
  ].filter(({ allow }, index, list) => list.findIndex((one) => one.allow === allow) === index);
  const target = { key: "edge", target: { zone, hostnames: ["shop.example.com"] } };
  const keep = async (bytes: Uint8Array) => ({ sha256: "", size: bytes.length });
  return {
    wanted,
    zone,
    calls,
    ask: (permissions: readonly Permission[] = wanted, of = definition) =>
      of.checkPermissions(permissions, { clock, signal }),
    askByKey: () => byKey.checkPermissions(wanted, { clock, signal }),
    read: (of = definition) => of.read([target], { clock, signal, keep }),
    readByKey: () => byKey.read([target], { clock, signal, keep }),
  };
}
const names = (permissions: readonly Permission[]) => permissions.map(({ allow }) => allow);

test("checkPermissions knows of an active token only what its reads have shown", async () => {
  const world = setUp();
  expect(await world.ask()).toEqual({ refused: [], unknown: world.wanted });
  await world.read();
  const { refused, unknown } = await world.ask();
  expect([refused, names(unknown)]).toEqual([[], ["SSL and Certificates Write"]]);
});

test("checkPermissions does not take for shown what the adapter did without", async () => {
  const world = setUp({ permissions: ["SSL and Certificates Write", "Zone Read", "Zone Settings Read"] });
  await world.read();
  expect(names((await world.ask()).unknown)).toEqual([
    "Config Settings Read",
    "DNS Read",
    "SSL and Certificates Write",
  ]);
});

test.each<[string, Partial<NewToken>]>([
  ["switched off", { disabled: true }],
  ["at its end", { expiresAt: 0 }],
])("checkPermissions refuses everything to a token that is %s", async (_, token) => {
  const world = setUp(token);
  expect(await world.ask()).toEqual({ refused: world.wanted, unknown: [] });
  expect(world.calls).toEqual(["/user/tokens/verify"]);
});

test("checkPermissions verifies a token of an account there, and knows nothing where no zone tells which", async () => {
  const active = setUp({ owner: "account" });
  await active.read();
  active.calls.length = 0;
  expect(names((await active.ask()).unknown)).toEqual(["SSL and Certificates Write"]);
  const verify = "/accounts/00000000000000000000000000000001/tokens/verify";
  expect(active.calls).toEqual(["/user/tokens/verify", "/zones/{zone}", verify]);
  const ended = setUp({ owner: "account", disabled: true });
  expect(await ended.ask()).toEqual({ refused: [], unknown: ended.wanted });
});

test("checkPermissions stops nobody while tokens can't be verified", async () => {
  const world = setUp({}, (path) => (path.endsWith("/verify") ? 503 : undefined));
  await world.read();
  expect(names((await world.ask()).unknown)).toEqual(["SSL and Certificates Write"]);
});

test("checkPermissions asks nothing for a global key, which can't be verified, nor for nothing", async () => {
  const world = setUp();
  expect(await world.askByKey()).toEqual({ refused: [], unknown: world.wanted });
  expect(await world.ask([])).toEqual({ refused: [], unknown: [] });
  expect(world.calls).toEqual([]);
  await world.readByKey();
  expect(names((await world.askByKey()).unknown)).toEqual(["SSL and Certificates Write"]);
});
