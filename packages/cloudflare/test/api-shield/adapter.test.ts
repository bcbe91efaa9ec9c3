import { readPem } from "@handfast/core";
import { expect, test } from "vitest";
import { makeAuthorities } from "./authorities.ts";
import { account, codesOf, errorOf, permissions, simulated } from "./simulated.ts";

const authorities = await makeAuthorities();
const { a, b } = authorities;
const lists = (zone: string) => `zones/${zone}/certificate_authorities/hostname_associations`;
const rulesPath = (zone: string) => `zones/${zone}/rulesets/phases/http_request_firewall_custom/entrypoint`;

interface ApiRule {
  readonly id: string;
  readonly action: string;
  readonly expression: string;
  readonly description: string;
  readonly enabled: boolean;
}

const rulesOf = async (cloud: ReturnType<typeof simulated>) =>
  ((await cloud.ask("GET", rulesPath(cloud.zone))) as { id: string; rules: readonly ApiRule[] }).rules;

test("each mode is what the API then holds", async () => {
  const cloud = simulated(authorities);
  expect(await cloud.face()).toMatchObject({ mode: "off", anchors: { known: [] } });

  await cloud.move({ mode: "request", anchors: [a.anchor] });
  expect(await cloud.face()).toMatchObject({ mode: "request", anchors: { known: [] } });
  expect(cloud.provider.inventory(cloud.zone).visitors.asking).toEqual({
    [a.authority.certificate.pem]: ["shop.example.com"],
  });

  await cloud.move({ mode: "required", anchors: [a.anchor] });
  expect(await cloud.face()).toMatchObject({ mode: "required", anchors: { known: [a.anchor] } });
  const [rule] = await rulesOf(cloud);
  expect(rule).toMatchObject({
    action: "block",
    enabled: true,
    description: expect.stringContaining("handfast"),
  });
  expect(rule?.expression).toBe(
    `(http.host eq "shop.example.com" and (not cf.tls_client_auth.cert_verified or cf.tls_client_auth.cert_revoked or not cf.tls_client_auth.cert_issuer_ski in {"${a.issuer}"}))`,
  );

  const { steps } = await cloud.move({ mode: "off" });
  expect(steps.map(({ effect }) => effect)).toEqual(["switch"]);
  expect(await cloud.face()).toMatchObject({ mode: "off" });
  expect(await rulesOf(cloud)).toEqual([]);
  expect(cloud.provider.inventory(cloud.zone).visitors.asking).toEqual({});
});

test("request without anchors asks by the managed CA, and uploads nothing", async () => {
  const cloud = simulated(authorities);
  const { steps } = await cloud.move({ mode: "request" });
  expect(steps.map(({ action }) => action.kind)).toEqual(["set"]);
  expect(cloud.provider.inventory(cloud.zone).visitors.asking).toEqual({ managed: ["shop.example.com"] });
});

test("rules, hostnames and CAs of others stay as they are, byte for byte", async () => {
  const cloud = simulated(authorities);
  const expressions = [
    `(http.host eq "api.example.com" and not cf.tls_client_auth.cert_verified)`,
    `(http.request.uri.path contains "/admin")`,
  ];
  const others = expressions.map((expression) =>
    cloud.provider.addCustomRule(cloud.zone, { action: "block", expression, description: "theirs" }),
  );
  await cloud.ask("PUT", lists(cloud.zone), { hostnames: ["api.example.com", "www.example.com"] });
  const before = await rulesOf(cloud);
  for (const wanted of [
    { mode: "required", anchors: [a.anchor] },
    { mode: "required", anchors: [a.anchor, b.anchor] },
    { mode: "required", anchors: [b.anchor] },
    { mode: "request" },
    { mode: "off" },
  ] as const) {
    await cloud.move(wanted);
    const rules = await rulesOf(cloud);
    expect(rules.filter(({ id }) => others.some((other) => other.id === id))).toEqual(before);
    expect(cloud.provider.inventory(cloud.zone).visitors.asking.managed).toEqual([
      "api.example.com",
      "www.example.com",
    ]);
  }
  expect(cloud.calls.filter((call) => call.startsWith("PUT") && call.includes("rulesets"))).toEqual([]);
});

test("the managed CA is an anchor where the target tells its certificate, and is never uploaded", async () => {
  const cloud = simulated(authorities);
  const target = cloud.target({ managedCa: a.authority.certificate.pem });
  const { steps } = await cloud.move({ mode: "required", anchors: [a.anchor, b.anchor] }, target);
  expect(steps.map(({ key }) => key.split(":")[0])).toEqual(["upload", "set"]);
  expect(await cloud.face(target)).toMatchObject({ anchors: { known: [a.anchor, b.anchor].sort() } });
  expect(Object.keys(cloud.provider.inventory(cloud.zone).visitors.asking).sort()).toEqual(
    [b.authority.certificate.pem, "managed"].sort(),
  );
  // without the certificate nobody knows that issuer
  expect(await cloud.face()).toMatchObject({ mode: "required", anchors: { unknown: expect.any(String) } });
});

test("between off and required the edge is given time: who is refused was asked", async () => {
  const writes: { readonly at: number; readonly path: string }[] = [];
  const cloud = simulated(authorities, {
    before: ({ method, url }) => {
      if (method !== "GET") writes.push({ at: cloud.clock.now(), path: new URL(url).pathname });
    },
  });
  await cloud.move({ mode: "required", anchors: [a.anchor] });
  await cloud.move({ mode: "off" });
  const [, asked, refused, allowed, unasked] = writes;
  expect(writes.map(({ path }) => (path.includes("rulesets") ? "rule" : "list"))).toEqual([
    "list", // the upload
    "list",
    "rule",
    "rule",
    "list",
  ]);
  // as long as connections live that were never asked
  expect((refused?.at ?? 0) - (asked?.at ?? 0)).toBeGreaterThanOrEqual(400_000);
  expect((unasked?.at ?? 0) - (allowed?.at ?? 0)).toBeGreaterThanOrEqual(30_000);
});

test("a list that somebody else writes at the same moment is read and written again", async () => {
  let meddled = 0;
  const cloud = simulated(authorities, {
    before: async ({ method, url }) => {
      // right after our PUT somebody replaces the list by what was in it before
      if (method === "GET" && url.includes("hostname_associations") && armed && meddled === 0) {
        meddled += 1;
        await cloud.ask("PUT", lists(cloud.zone), { hostnames: ["www.example.com"] });
      }
      if (method === "PUT") armed = true;
    },
  });
  let armed = false;
  await cloud.move({ mode: "request" });
  expect(meddled).toBe(1);
  expect(cloud.provider.inventory(cloud.zone).visitors.asking.managed?.toSorted()).toEqual([
    "shop.example.com",
    "www.example.com",
  ]);
});

test("two hostnames of a zone that are set at once do not lose each other", async () => {
  const cloud = simulated(authorities);
  const targets = ["shop", "api", "www"].map((name) => cloud.target({ hostname: `${name}.example.com` }));
  const second = simulated(authorities, { provider: cloud });
  await Promise.all(
    targets.map((target, index) =>
      (index === 0 ? second : cloud).move({ mode: "request", anchors: [] }, target),
    ),
  );
  expect(cloud.provider.inventory(cloud.zone).visitors.asking.managed?.toSorted()).toEqual(
    targets.map(({ hostname }) => hostname).sort(),
  );
});

test("serial numbers of a CRL stand in the rule, and are known as that list by who has it", async () => {
  const cloud = simulated(authorities);
  const wanted = { mode: "required", anchors: [a.anchor, b.anchor], crls: [a.crl.digest] } as const;
  await cloud.move(wanted);
  expect(await cloud.face()).toMatchObject({ crls: { known: [a.crl.digest] } });
  const [rule] = await rulesOf(cloud);
  const serial = a.revoked.certificate.facts.serial.toUpperCase();
  expect(rule?.expression).toContain(
    `(cf.tls_client_auth.cert_issuer_ski eq "${a.issuer}" and cf.tls_client_auth.cert_serial in {"${serial.length % 2 === 0 ? serial : `0${serial}`}"})`,
  );
  expect((await cloud.realise(wanted)).state).toBeDefined();
  expect(
    cloud.definition.steps(
      cloud.target(),
      (await cloud.read()).now,
      (await cloud.realise(wanted)).state ?? fail(),
    ).steps,
  ).toEqual([]);

  const another = simulated(authorities, { provider: cloud });
  expect(await another.face()).toMatchObject({ crls: { unknown: expect.any(String), count: 1 } });
  const { now } = await another.read();
  const { state } = await another.realise(wanted);
  expect(another.definition.steps(another.target(), now, state ?? fail()).steps).toEqual([]);

  const told = simulated(authorities, { provider: cloud, crls: [a.crl.pem] });
  expect(await told.face()).toMatchObject({ crls: { known: [a.crl.digest] } });
  expect((await told.read()).now).toEqual((await cloud.read()).now);
});

test("a rule goes back to serial numbers of a list that nobody has any more", async () => {
  const cloud = simulated(authorities);
  await cloud.move({ mode: "required", anchors: [a.anchor], crls: [a.crl.digest] });
  const image = (await cloud.read()).now;
  const [before] = await rulesOf(cloud);
  await cloud.move({ mode: "required", anchors: [a.anchor] });
  const without = new Map([...authorities.blobs].filter(([digest]) => digest !== a.crl.digest));
  const heir = simulated({ ...authorities, blobs: without }, { provider: cloud });
  const { steps } = heir.definition.steps(heir.target(), (await heir.read()).now, image);
  for (const step of steps) await heir.perform(step);
  expect(await rulesOf(cloud)).toMatchObject([
    { expression: before?.expression, description: before?.description, enabled: true },
  ]);
  expect(heir.definition.steps(heir.target(), (await heir.read()).now, image).steps).toEqual([]);
});

test("serial numbers that are not those of the named list are no list that anybody knows", async () => {
  const cloud = simulated(authorities);
  await cloud.move({ mode: "required", anchors: [a.anchor], crls: [a.crl.digest] });
  const { id, rules } = (await cloud.ask("GET", rulesPath(cloud.zone))) as { id: string; rules: ApiRule[] };
  const [rule] = rules;
  await cloud.ask("PATCH", `zones/${cloud.zone}/rulesets/${id}/rules/${rule?.id}`, {
    ...rule,
    expression: rule?.expression.replace(/cert_serial in \{"[0-9A-F]+"\}/, `cert_serial in {"01"}`),
  });
  expect(await cloud.face()).toMatchObject({ mode: "required", crls: { unknown: expect.any(String) } });
});

test("a rule of handfast's that somebody changed is not believed, and is written anew", async () => {
  const cloud = simulated(authorities);
  await cloud.move({ mode: "required", anchors: [a.anchor] });
  const { id, rules } = (await cloud.ask("GET", rulesPath(cloud.zone))) as { id: string; rules: ApiRule[] };
  const [rule] = rules;
  await cloud.ask("PATCH", `zones/${cloud.zone}/rulesets/${id}/rules/${rule?.id}`, {
    ...rule,
    expression: `(http.host eq "shop.example.com" and not cf.tls_client_auth.cert_verified)`,
  });
  expect(await cloud.face()).toMatchObject({ mode: "required", anchors: { unknown: expect.any(String) } });
  expect(codesOf((await cloud.read()).findings)).toContain("own-rule-changed");
  await cloud.move({ mode: "required", anchors: [a.anchor] });
  expect(await rulesOf(cloud)).toMatchObject([{ id: rule?.id, expression: rule?.expression }]);
});

test("a rule that skips the rest goes behind the one that handfast wrote", async () => {
  const cloud = simulated(authorities);
  await cloud.move({ mode: "required", anchors: [a.anchor] });
  const { id } = (await cloud.ask("GET", rulesPath(cloud.zone))) as { id: string };
  await cloud.ask("POST", `zones/${cloud.zone}/rulesets/${id}/rules`, {
    action: "skip",
    action_parameters: { ruleset: "current" },
    expression: "true",
    position: { index: 1 },
  });
  expect(await cloud.face()).toMatchObject({ anchors: { unknown: expect.any(String) } });
  expect(codesOf((await cloud.read()).findings)).toContain("own-rule-shadowed");
  await cloud.move({ mode: "required", anchors: [a.anchor] });
  expect((await rulesOf(cloud)).map(({ action }) => action)).toEqual(["block", "skip"]);
  expect(await cloud.face()).toMatchObject({ anchors: { known: [a.anchor] } });
});

test("a rule of somebody else that says the same is enough, and none is written", async () => {
  const cloud = simulated(authorities);
  cloud.provider.addCustomRule(cloud.zone, {
    action: "block",
    expression: `http.host in {"shop.example.com"} and (not cf.tls_client_auth.cert_verified or cf.tls_client_auth.cert_revoked or cf.tls_client_auth.cert_issuer_ski ne "${a.issuer}")`,
  });
  await cloud.move({ mode: "required", anchors: [a.anchor] });
  expect(await rulesOf(cloud)).toHaveLength(1);
  expect(await cloud.face()).toMatchObject({ mode: "required", anchors: { known: [a.anchor] } });
  expect(codesOf((await cloud.realise({ mode: "off" })).findings)).toEqual(["other-rule-enforces"]);
  expect(
    codesOf((await cloud.realise({ mode: "required", anchors: [a.anchor, b.anchor] })).findings),
  ).toEqual(["other-rule-narrower"]);
});

test("a rule of somebody else that can't be judged stops every plan", async () => {
  const cloud = simulated(authorities);
  cloud.provider.addCustomRule(cloud.zone, {
    action: "block",
    expression: `http.request.uri.path eq "/api" and not cf.tls_client_auth.cert_verified`,
    description: "protect the API",
  });
  const seen = await cloud.read();
  expect(seen.findings).toContainEqual(
    expect.objectContaining({ code: "rule-not-understood", severity: "blocker" }),
  );
  expect(await cloud.face()).toMatchObject({
    anchors: { unknown: expect.stringContaining("protect the API") },
  });
  for (const mode of ["off", "request", "required"] as const) {
    expect(codesOf((await cloud.realise({ mode, anchors: [a.anchor] })).findings)).toEqual([
      "rule-not-understood",
    ]);
  }
});

test("what is wrong with the target is said before anything is changed", async () => {
  const cloud = simulated(authorities);
  cloud.provider.addDnsRecord(cloud.zone, "shop.example.com", { proxied: false });
  cloud.provider.addDnsRecord(cloud.zone, "api.example.com", { proxied: true });
  const codes = async (more: Parameters<typeof cloud.target>[0]) =>
    codesOf((await cloud.read(cloud.target(more))).findings.filter(({ severity }) => severity === "blocker"));
  expect(await codes({})).toEqual(["dns-not-proxied"]);
  expect(await codes({ hostname: "api.example.com" })).toEqual([]);
  expect(await codes({ hostname: "shop.example.org" })).toEqual(["hostname-not-in-zone"]);
});

test("a token without DNS Read is told so, and serves", async () => {
  const cloud = simulated(authorities, { permissions: permissions.filter((one) => one !== "DNS Read") });
  expect(codesOf((await cloud.read()).findings)).toEqual(["dns-unread"]);
  await cloud.move({ mode: "required", anchors: [a.anchor] });
});

test.each([
  ["Account: SSL and Certificates Write", "account"],
  ["Zone WAF Write", "zone"],
  ["SSL and Certificates Write", "zone"],
  ["Zone Read", "zone"],
] as const)("a token without %s is refused by the name of what it lacks", async (lacks, on) => {
  const cloud = simulated(authorities, { permissions: permissions.filter((one) => one !== lacks) });
  const error = await errorOf(cloud.read());
  expect(error.code).toBe("REMOTE_UNAUTHORIZED");
  expect(error.message).toContain(`"${lacks.replace("Write", "Read")}" on this ${on}`);
  expect(cloud.calls.filter((call) => !call.startsWith("GET"))).toEqual([]);
});

test("permissions name every right of a step, on its zone or account", async () => {
  const cloud = simulated(authorities);
  const target = cloud.target();
  const { state } = await cloud.realise({ mode: "required", anchors: [a.anchor] });
  const { steps } = cloud.definition.steps(target, (await cloud.read()).now, state ?? fail());
  expect(steps.map((step) => cloud.definition.permissions?.(target, step))).toEqual([
    [
      { allow: "Account: SSL and Certificates Read", on: account },
      { allow: "Account: SSL and Certificates Write", on: account },
    ],
    [
      { allow: "Account: SSL and Certificates Read", on: account },
      { allow: "SSL and Certificates Read", on: cloud.zone },
      { allow: "SSL and Certificates Write", on: cloud.zone },
      { allow: "Zone WAF Read", on: cloud.zone },
      { allow: "Zone WAF Write", on: cloud.zone },
    ],
  ]);
});

test("what the token was seen to have is known, the rest is not, and one that has ended has nothing", async () => {
  const cloud = simulated(authorities);
  const { signal } = new AbortController();
  const ask = (asked: readonly { allow: string; on: string }[]) =>
    cloud.definition.checkPermissions?.(asked, { clock: cloud.clock, signal });
  await cloud.read();
  const reading = cloud.definition.permissions?.(cloud.target()) ?? [];
  const writing = { allow: "Zone WAF Write", on: cloud.zone };
  expect(await ask([...reading, writing])).toEqual({ refused: [], unknown: [writing] });
  const ended = simulated(authorities, { provider: cloud, ended: true });
  expect(await ended.definition.checkPermissions?.([writing], { clock: cloud.clock, signal })).toEqual({
    refused: [writing],
    unknown: [],
  });
});

test("no hostname costs a call more than another of its zone", async () => {
  const cloud = simulated(authorities);
  await cloud.read();
  const one = cloud.calls.length;
  cloud.calls.length = 0;
  const { signal } = new AbortController();
  const targets = Array.from({ length: 50 }, (_, index) =>
    cloud.target({ hostname: `h${index}.example.com` }),
  );
  await cloud.definition.read(
    targets.map((target) => ({ key: target.hostname, target })),
    { clock: cloud.clock, signal, keep: async (bytes) => ({ sha256: "0".repeat(64), size: bytes.length }) },
  );
  expect(cloud.calls).toHaveLength(one);
});

test("a CA that is gone when it is switched to is said, and nothing is switched", async () => {
  const cloud = simulated(authorities);
  await cloud.move({ mode: "request", anchors: [a.anchor] });
  await cloud.move({ mode: "off" });
  const { state } = await cloud.realise({ mode: "required", anchors: [a.anchor] });
  const { steps } = cloud.definition.steps(cloud.target(), (await cloud.read()).now, state ?? fail());
  const rows = (await cloud.ask("GET", `accounts/${account}/mtls_certificates`)) as { id: string }[];
  await cloud.ask("DELETE", `accounts/${account}/mtls_certificates/${rows[0]?.id}`);
  const [flip] = steps;
  const error = await errorOf(cloud.perform(flip ?? fail()));
  expect(error.code).toBe("PRECONDITION_FAILED");
  expect(await cloud.face()).toMatchObject({ mode: "off" });
});

test("CRLs that are given to the adapter must be CRLs", () => {
  expect(() => simulated(authorities, { crls: [a.authority.certificate.pem] })).toThrow(/CERTIFICATE block/);
  expect(readPem(a.crl.pem, "X509 CRL", "crl")).toHaveLength(1);
});

function fail(): never {
  throw new Error("there is nothing");
}
