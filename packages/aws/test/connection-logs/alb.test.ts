import { gzipSync } from "node:zlib";
import { ModifyListenerCommand } from "@aws-sdk/client-elastic-load-balancing-v2";
import { ListObjectsV2Command, PutBucketPolicyCommand } from "@aws-sdk/client-s3";
import { describe, expect, it } from "vitest";
import { albConnectionLog } from "../../src/index.ts";
import { bucket, file, makeWorld, minutes, refusalOf, start } from "./world.ts";

const at = "2026-06-01T12:02:30.514108Z";
const lastAt = Date.UTC(2026, 5, 1, 12, 2, 30, 514);
const end = Date.UTC(2026, 5, 1, 12, 5);
const head = `${at} 198.51.100.7 36280`;
const tls = "TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256";
const shown = `"CN=till-7,O=Shop,C=NL" NotBefore=2026-01-01T00:00:00Z;NotAfter=2027-01-01T00:00:00Z 00FE257372D5C14D`;
const till = {
  serial: "fe257372d5c14d",
  subject: "CN=till-7,O=Shop,C=NL",
  notBefore: Date.UTC(2026, 0, 1),
  notAfter: Date.UTC(2027, 0, 1),
};
const tail = "TID_3180a73013c8ca4bac2f731159d4b0fe - app/front/0123456789abcdef 203.0.113.9";

const one = { count: 1, lastAt };
const lines = [
  ["served", `${head} 443 ${tls} 4.036 ${shown} Success ${tail}`, { shown: till, outcome: "served" }],
  [
    "without the newer fields",
    `${head} 443 ${tls} 4.036 ${shown} Success`,
    { shown: till, outcome: "served" },
  ],
  [
    "refused",
    `${head} 443 ${tls} - ${shown} Failed:ClientCertUntrusted ${tail}`,
    { shown: till, outcome: "refused", reason: "ClientCertUntrusted" },
  ],
  [
    "nothing shown, served",
    `${head} 443 ${tls} 0.004 "-" - - Success ${tail}`,
    { shown: "nothing", outcome: "served" },
  ],
  [
    "nothing shown, refused",
    `${head} 443 ${tls} - - - - Failed:UnmappedConnectionError ${tail}`,
    { shown: "nothing", outcome: "refused", reason: "UnmappedConnectionError" },
  ],
  [
    "a handshake that broke off",
    `${head} 443 - - - "-" - - Failed:UnmappedConnectionError ${tail}`,
    { shown: "unknown", outcome: "refused", reason: "UnmappedConnectionError" },
  ],
  [
    "a certificate that can't be parsed",
    `${head} 443 ${tls} - "-" - - Failed:ClientCertInvalid ${tail}`,
    { shown: "unknown", outcome: "refused", reason: "ClientCertInvalid" },
  ],
  [
    "a subject with quotes that plays a line",
    `${head} 443 ${tls} 0.1 "CN=x" - - Success y, z" - 0A Failed:ClientCertExpired ${tail}`,
    {
      shown: { serial: "0a", subject: 'CN=x" - - Success y, z' },
      outcome: "refused",
      reason: "ClientCertExpired",
    },
  ],
] as const;

describe("albConnectionLog", () => {
  it.each(lines)("reads a line: %s", async (_, line, group) => {
    await using world = await makeWorld();
    await world.put(world.keyOf(end), file(line));
    expect(await world.read()).toEqual({
      from: end - 5 * minutes,
      to: end,
      complete: true,
      unreadable: 0,
      connections: [{ ...group, ...one }],
    });
  });

  it.each([
    ["no text of a log", "hello"],
    ["too few fields", `${head} 443 ${tls} 4.036 ${shown}`],
    ["a time that is none", `2026-06-01 1 2 443 ${tls} 1 ${shown} Success`],
    ["a status of its own", `${head} 443 ${tls} 1 ${shown} Perhaps ${tail}`],
    ["a line of 40,000 characters", `${head} 443 ${tls} 1 "${"x".repeat(40_000)}" - - Success`],
    ["bytes", "\u0000\ufffd\u0001"],
  ])("counts a line that is no entry, and goes on: %s", async (_, line) => {
    await using world = await makeWorld();
    await world.put(world.keyOf(end), file(line, lines[0][1]));
    expect(await world.read()).toMatchObject({ complete: true, unreadable: 1, connections: [one] });
  });

  it("counts what is alike, of this listener's port and of the span alone", async () => {
    await using world = await makeWorld();
    const of = (time: string, port: number) =>
      `${lines[0][1]}`.replace(at, time).replace(" 443 ", ` ${port} `);
    const body = file(
      of("2026-06-01T12:01:59.999999Z", 443),
      of("2026-06-01T12:02:00.000000Z", 443),
      of("2026-06-01T12:03:00.000000Z", 443),
      of("2026-06-01T12:03:00.000000Z", 8443),
      of("2026-06-01T12:04:00.000000Z", 443),
    );
    await world.put(world.keyOf(end), body);
    await world.put(world.keyOf(end, { separator: ".", random: "another" }), body);
    const [from, to] = [start + minutes, start + 3 * minutes];
    expect(await world.read({ from, to })).toEqual({
      from,
      to,
      complete: true,
      unreadable: 0,
      connections: [{ shown: till, outcome: "served", count: 4, lastAt: Date.UTC(2026, 5, 1, 12, 3) }],
    });
  });

  it("opens only the load balancer's files of the span", async () => {
    await using world = await makeWorld();
    const body = file(lines[0][1]);
    const hour = 60 * minutes;
    await world.put(world.keyOf(end), body);
    await world.put(world.keyOf(end - hour), body);
    await world.put(world.keyOf(end + 2 * hour), body);
    await world.put(world.keyOf(end, { balancer: "app.front-2.0123456789abcdef" }), body);
    await world.put(`${world.keyOf(end)}.copy`, body);
    await world.put("AWSLogs/111122223333/ELBConnectionLogTestFile", "Enable ConnectionLog");
    const before = world.log.count({ operation: "GetObject" });
    expect((await world.read()).connections).toMatchObject([{ count: 1 }]);
    expect(world.log.count({ operation: "GetObject" }) - before).toBe(1);
  });

  it("reads below the prefix", async () => {
    await using world = await makeWorld();
    await world.put(world.keyOf(end, { prefix: "logs/front/" }), file(lines[0][1]));
    expect((await world.read(undefined, { prefix: "/logs/front/" })).connections).toHaveLength(1);
    expect((await world.read()).connections).toEqual([]);
  });

  it("covers nothing where no file is", async () => {
    await using world = await makeWorld();
    const from = start - minutes;
    expect(await world.read({ from, to: start })).toEqual({
      from,
      to: from,
      complete: true,
      unreadable: 0,
      connections: [],
    });
  });

  it("does not know what was shown while no certificate is asked for", async () => {
    await using world = await makeWorld();
    await world.put(world.keyOf(end), file(lines[3][1]));
    await world.elb.send(
      new ModifyListenerCommand({ ListenerArn: world.listener, MutualAuthentication: { Mode: "off" } }),
    );
    expect((await world.read()).connections).toEqual([{ shown: "unknown", outcome: "served", ...one }]);
  });

  const body = file(
    ...Array.from({ length: 2_000 }, (_, index) => lines[0][1].replace("till-7", `${index}`)),
  );
  it.each([
    ["a torn file", body.subarray(0, body.length - 200), {}],
    ["a file whose middle is spoilt", Buffer.concat([body.subarray(0, 200), Buffer.alloc(500, 7)]), {}],
    ["more groups than the limit", body, { mostGroups: 5 }],
    ["more characters than the limit", body, { mostCharacters: 10_000 }],
  ])("is not complete after %s", async (_, bytes, options) => {
    await using world = await makeWorld();
    await world.put(world.keyOf(end), bytes);
    const { complete, connections } = await world.read(undefined, options);
    expect(complete).toBe(false);
    expect(connections.length).toBeLessThan(2_000);
  });

  it("is not complete with more files than the limit, and reads the newest", async () => {
    await using world = await makeWorld();
    await world.put(world.keyOf(end), file(lines[0][1]));
    await world.put(world.keyOf(end + 5 * minutes), file(lines[3][1].replace("12:02", "12:07")));
    const { complete, connections } = await world.read(undefined, { mostFiles: 1 });
    expect({ complete, connections }).toMatchObject({ complete: false, connections: [{ shown: "nothing" }] });
  });

  it.each([
    ["a page that says what went wrong", "<html>\nno such key\n</html>"],
    ["the same, compressed", file("<html>", "no such key", "</html>")],
    ["a file of another log", file("https 2026-06-01T12:02:30.514108Z app/front/0 198.51.100.7:36280 - 1")],
  ])("is not complete with %s in the place of a file", async (_, body) => {
    await using world = await makeWorld();
    await world.put(world.keyOf(end), body);
    await world.put(world.keyOf(end, { random: "another" }), file(lines[0][1]));
    const { complete, unreadable, connections } = await world.read();
    expect({ complete, connections: connections.length }).toEqual({ complete: false, connections: 1 });
    expect(unreadable).toBeGreaterThan(0);
  });

  it("is complete with an empty file", async () => {
    await using world = await makeWorld();
    await world.put(world.keyOf(end), file());
    expect(await world.read()).toMatchObject({ complete: true, unreadable: 0 });
  });

  it("covers no more than there are files for", async () => {
    await using world = await makeWorld();
    await world.put(world.keyOf(end), file(lines[0][1]));
    const week = { from: end - 7 * 24 * 60 * minutes, to: end };
    expect(await world.read(week)).toMatchObject({ from: end - 5 * minutes, to: end });
  });

  it.each([
    ["files without a gap", [0, 5, 10, 15], {}, true],
    ["two nodes' files", [0, 0, 5, 5], {}, true],
    ["five minutes without a file", [0, 5, 15], {}, false],
    ["6 of 288 files", [0, 240, 480, 720, 960, 1_435], {}, false],
    ["five minutes that were quiet", [0, 5, 15], { gaps: "quiet" }, true],
  ] as const)("tells whether something is missing: %s", async (_, at, options, complete) => {
    await using world = await makeWorld();
    for (const [index, minute] of at.entries())
      await world.put(world.keyOf(end - minute * minutes, { random: `n${index}` }), file(lines[0][1]));
    const day = { from: end - 24 * 60 * minutes, to: end };
    expect((await world.read(day, options)).complete).toBe(complete);
  });

  it("ends at its limit though all is one line of gigabytes that a small file holds", async () => {
    await using world = await makeWorld();
    const bomb = gzipSync(Buffer.alloc(200_000_000, "x"));
    expect(bomb.byteLength).toBeLessThan(300_000);
    await world.put(world.keyOf(end), bomb);
    const began = performance.now();
    const { complete, connections } = await world.read(undefined, { mostCharacters: 20_000_000 });
    expect({ complete, connections }).toEqual({ complete: false, connections: [] });
    const whole = await world.read();
    expect(whole.complete).toBe(false);
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it("says where and why a bucket can't be read", async () => {
    await using world = await makeWorld();
    await world.put(world.keyOf(end), file(lines[0][1]));
    expect(await refusalOf(world.read(undefined, { bucket: "none-there" }))).toMatchObject({
      code: "REMOTE_NOT_FOUND",
      message: expect.stringMatching(/list objects failed \[bucket=none-there.*NoSuchBucket/),
    });
    expect(await refusalOf(world.read(undefined, { expectedOwner: "999999999999" }))).toMatchObject({
      code: "REMOTE_UNAUTHORIZED",
    });
    const Policy = JSON.stringify({
      Statement: {
        Effect: "Deny",
        Principal: "*",
        Action: "s3:GetObject",
        Resource: `arn:aws:s3:::${bucket}/*`,
      },
    });
    await world.s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
    const denied = await refusalOf(world.read());
    expect(denied).toMatchObject({
      code: "REMOTE_UNAUTHORIZED",
      message: expect.stringContaining("get object failed"),
    });
    expect(denied.message).not.toContain("till-7");
  });

  it.each([
    ["GetObject", "cut"],
    ["ListObjectsV2", "cut"],
    ["DescribeListeners", "throttle"],
  ] as const)("says that %s found no answer", async (operation, kind) => {
    await using world = await makeWorld();
    await world.put(world.keyOf(end), file(lines[0][1]));
    world.storm.add({ operation, fault: { kind } });
    expect((await refusalOf(world.read())).code).toMatch(/^REMOTE_(UNAVAILABLE|RATE_LIMITED)$/);
  });

  it("says that there is no such listener", async () => {
    await using world = await makeWorld();
    const listener = `${world.listener.slice(0, -4)}0000`;
    expect(await refusalOf(world.read(undefined, {}, { listener }))).toMatchObject({
      code: "REMOTE_NOT_FOUND",
      details: { object: listener },
    });
    expect(await refusalOf(world.read(undefined, {}, { distribution: "x" }))).toMatchObject({
      code: "SPEC_INVALID",
    });
  });

  it.each([
    ["bucket", { bucket: "No_Bucket" }],
    ["region", { region: "Frankfurt" }],
    ["prefix", { prefix: "logs/AWSLogs" }],
    ["expectedOwner", { expectedOwner: "me" }],
    ["mostFiles", { mostFiles: 0 }],
  ])("refuses %s that can't be", (field, options) => {
    expect(() => albConnectionLog({ region: "eu-west-1", bucket, ...options })).toThrow(
      expect.objectContaining({ code: "SPEC_INVALID", message: expect.stringContaining(field) }),
    );
  });
});

describe("a simulated load balancer", () => {
  it("writes a test file when its logs are turned on, and refuses buckets that it may not write to", async () => {
    await using world = await makeWorld();
    const refused = { name: "InvalidConfigurationRequestException" };
    await expect(world.turnOn()).rejects.toMatchObject(refused);
    await world.allow("AWSLogs");
    await expect(world.turnOn({ "connection_logs.s3.prefix": "front" })).rejects.toMatchObject(refused);
    await expect(world.turnOn({ "connection_logs.s3.prefix": "my-AWSLogs" })).rejects.toMatchObject(refused);
    await expect(world.turnOn({ "connection_logs.s3.bucket": "" })).rejects.toMatchObject(refused);
    await expect(world.turnOn({ "no.such": "1" })).rejects.toMatchObject(refused);
    await world.turnOn();
    const { Contents = [] } = await world.s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    expect(Contents.map(({ Key }) => Key)).toEqual(["AWSLogs/111122223333/ELBConnectionLogTestFile"]);
  });
});
