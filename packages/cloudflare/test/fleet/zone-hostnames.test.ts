import { cloudflare, type SimulatedCloudflare } from "@handfast/testing";
import { expect, test } from "vitest";
import { zoneHostnames } from "../../src/index.ts";
import { simulated } from "../hostname/simulated.ts";
import { jumpingClock } from "../jumping-clock.ts";
import { makeIdentities } from "../make-identities.ts";

type Permission = Parameters<SimulatedCloudflare["addToken"]>[0]["permissions"][number];
const rights: readonly Permission[] = ["SSL and Certificates Read", "DNS Read"];

/** A zone with these records. */
function zoneWith(provider: SimulatedCloudflare, zone: string): void {
  for (const name of ["shop", "a.shop", "b.a.shop", "api", "*.shop"])
    provider.addDnsRecord(zone, `${name}.example.com`, { proxied: true });
  provider.addDnsRecord(zone, "shop.example.com", { proxied: true });
  provider.addDnsRecord(zone, "grey.shop.example.com", { proxied: false });
  provider.addDnsRecord(zone, "tunnel.shop.example.com", { proxied: true, tunnel: true });
}

function ask(provider: SimulatedCloudflare, zone: string, permissions = rights) {
  const token = provider.addToken({ permissions, zones: [zone] });
  const clock = jumpingClock();
  return (match?: string | readonly string[]) =>
    zoneHostnames({
      token,
      zone,
      match,
      clock,
      fetch: async (input, init) => await provider.service.handle(new Request(input, init)),
    });
}

test.each([
  [undefined, ["a.shop", "api", "b.a.shop", "shop"]],
  ["*.shop.example.com", ["a.shop", "b.a.shop"]],
  ["shop.example.com", ["shop"]],
  [
    ["API.example.com", "*.a.shop.example.com"],
    ["api", "b.a.shop"],
  ],
  ["*.hop.example.com", []],
])("zoneHostnames of %j", async (match, names) => {
  const provider = cloudflare();
  const { id } = provider.addZone({ name: "example.com", sslMode: "strict" });
  zoneWith(provider, id);
  const { hostnames } = await ask(provider, id)(match);
  expect(hostnames).toEqual(names.map((name) => `${name}.example.com`));
});

test("zoneHostnames has what is associated without a record, and by which leaf", async () => {
  const identities = await makeIdentities();
  const world = simulated(identities);
  await world.move(identities.edge, world.target("old.example.com"));
  await world.move("nothing", world.target("none.example.com"));
  const { hostnames, associated } = await ask(world.provider, world.zone)();
  expect(hostnames).toEqual(["none.example.com", "old.example.com"]);
  expect(associated).toEqual({ "old.example.com": identities.edge.certificate.sha256 });
});

test("zoneHostnames says which permission is missing, and which pattern is none", async () => {
  const provider = cloudflare();
  const { id } = provider.addZone({ name: "example.com", sslMode: "strict" });
  await expect(ask(provider, id, ["SSL and Certificates Read"])()).rejects.toMatchObject({
    code: "REMOTE_UNAUTHORIZED",
    message: expect.stringContaining('"DNS Read"'),
  });
  for (const bad of ["*", "*.com.*", "a*.example.com", "https://example.com", ""])
    await expect(ask(provider, id)(bad)).rejects.toMatchObject({ code: "SPEC_INVALID" });
});
