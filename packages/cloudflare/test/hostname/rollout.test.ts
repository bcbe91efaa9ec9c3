import { createHandfast, fromValue, MemoryWorld, memoryJournal, memoryVerifier } from "@handfast/core";
import { cloudflare } from "@handfast/testing";
import { expect, test } from "vitest";
import { cloudflareHostname } from "../../src/hostname/adapter.ts";
import { jumpingClock } from "../jumping-clock.ts";
import { makeIdentities, type TestIdentity } from "../make-identities.ts";
import { permissions } from "./simulated.ts";

const { edge, old, root } = await makeIdentities();

test("cloudflareHostname goes through a rollout, a rotation, a rollback and a retirement by core", async () => {
  const clock = jumpingClock();
  const provider = cloudflare({ clock });
  const { id: zone } = provider.addZone({ name: "example.com", sslMode: "strict" });
  const world = new MemoryWorld({ clock });
  world.set("listener/shop", { kind: "listener", mode: "off", store: null, ignoreExpiry: false });
  const token = provider.addToken({ permissions, zones: [zone] });
  const handfast = createHandfast({
    adapters: [
      cloudflareHostname({
        token,
        fetch: (input, init) => provider.service.handle(new Request(input, init)),
      }),
      memoryVerifier(world, { atMostMs: 600_000 }),
    ],
    journal: memoryJournal({ clock }),
    clock,
    secrets: { "edge-key": fromValue(edge.key), "old-key": fromValue(old.key) },
  });
  const hostnames = ["shop.example.com", "api.example.com", "www.example.com"];
  const specOf = (shows: "edge" | "old") =>
    handfast.spec({
      trust: { edge: { anchors: root.pem } },
      identities: {
        edge: { chain: edge.certificate.pem, key: { secret: "edge-key" } },
        old: { chain: old.certificate.pem, key: { secret: "old-key" } },
      },
      verifiers: { shop: { adapter: "memory.verifier", listener: "shop", mode: "required", trust: "edge" } },
      presenters: { edge: { adapter: "cloudflare.hostname", zone, hostnames, shows } },
      links: [{ from: "edge", to: "shop" }],
    });
  const shown = () => hostnames.map((hostname) => provider.edgeSource(hostname).current().shows);
  const pem = ({ certificate }: TestIdentity) =>
    hostnames.map(() =>
      expect.objectContaining({ certificate: expect.stringContaining(certificate.pem.trim()) }),
    );

  const first = await handfast.apply(await handfast.plan(specOf("old")));
  expect(first.status).toBe("done");
  expect(shown()).toEqual(pem(old));
  expect(world.get("listener/shop")).toMatchObject({ mode: "required" });

  const plan = await handfast.plan(specOf("edge"));
  expect(plan.steps.filter(({ phase }) => phase === "prepare")).toHaveLength(1);
  const second = await handfast.apply(plan);
  expect(shown()).toEqual(pem(edge));
  const back = await handfast.rollback(second.runId);
  expect(back.status).toBe("done");
  expect(shown()).toEqual(pem(old));

  const stored = async (): Promise<number> => {
    const url = `https://api.cloudflare.com/client/v4/zones/${zone}/origin_tls_client_auth/hostnames/certificates`;
    const headers = { authorization: `Bearer ${token}` };
    const answer = await provider.service.handle(new Request(url, { headers }));
    const { result } = (await answer.json()) as { result: { status: string }[] };
    return result.filter(({ status }) => status === "active").length;
  };
  expect(await stored()).toBe(2);
  await handfast.retire(second.runId);
  // the rollback could itself be taken back, and needs both
  expect(await stored()).toBe(2);
  const retired = await handfast.retire(back.runId);
  expect(retired.status).toBe("done");
  expect(await stored()).toBe(1);
  const { steps } = await handfast.plan(specOf("old"));
  expect(steps).toEqual([]);
  expect(JSON.stringify([plan, first, second, back])).not.toContain("PRIVATE KEY");
});
