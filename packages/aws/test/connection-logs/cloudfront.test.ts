import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type CloudFrontConnectionLogOptions, cloudfrontConnectionLog } from "../../src/index.ts";
import { bucket, file, makeWorld, minutes, refusalOf, start } from "./world.ts";

const id = "E2DX1SLDPK0123";
const distribution = `arn:aws:cloudfront::111122223333:distribution/${id}`;
const lastAt = start + minutes;
const client = {
  clientLeafCertSerialNumber: "00:b1:43:ed:93",
  clientLeafCertSubject: "C=NL, O=Shop, CN=till-7",
  clientLeafCertIssuer: "C=NL, O=Shop, CN=Clients",
  clientLeafCertValidity: "NotBefore=2026-01-01T00:00:00Z;NotAfter=2027-01-01T00:00:00Z",
};
const till = {
  serial: "b143ed93",
  subject: "C=NL, O=Shop, CN=till-7",
  issuer: "C=NL, O=Shop, CN=Clients",
  notBefore: Date.UTC(2026, 0, 1),
  notAfter: Date.UTC(2027, 0, 1),
};
const entry = {
  eventTimestamp: `${lastAt}`,
  connectionId: "oLHiEKbQSn8lkv==",
  connectionStatus: "Success",
  distributionId: id,
  ...client,
};
const none = Object.fromEntries(Object.keys(client).map((name) => [name, "-"]));
const one = { count: 1, lastAt };

async function makeSite() {
  const world = await makeWorld();
  const signal = new AbortController().signal;
  return {
    ...world,
    deliver: (body: string | Uint8Array, name = `${id}.2026-06-01-12.5f7e.gz`) =>
      world.put(`AWSLogs/111122223333/CloudFront/${name}`, body),
    read: (
      options: Partial<CloudFrontConnectionLogOptions> = {},
      span = { from: start - minutes, to: start + 60 * minutes },
      target: unknown = { distribution },
    ) =>
      cloudfrontConnectionLog({ region: world.cloud.region, bucket, s3: world.atS3, ...options })({
        verifier: "site",
        target,
        signal,
        ...span,
      }),
  };
}

const json = (...entries: readonly object[]) => file(...entries.map((each) => JSON.stringify(each)));

describe("cloudfrontConnectionLog", () => {
  it.each([
    ["served", entry, { shown: till, outcome: "served" }],
    ["numbers", { ...entry, eventTimestamp: lastAt }, { shown: till, outcome: "served" }],
    [
      "a time in words",
      { ...entry, eventTimestamp: new Date(lastAt).toISOString() },
      { shown: till, outcome: "served" },
    ],
    [
      "refused",
      { ...entry, connectionStatus: "Failed:ClientCertExpired" },
      { shown: till, outcome: "refused", reason: "ClientCertExpired" },
    ],
    [
      "refused without a reason",
      { ...entry, connectionStatus: "Failed" },
      { shown: till, outcome: "refused" },
    ],
    ["nothing shown", { ...entry, ...none }, { shown: "nothing", outcome: "served" }],
    [
      "nothing shown, refused",
      { ...entry, ...none, connectionStatus: "Failed:ClientCertMissing" },
      { shown: "nothing", outcome: "refused", reason: "ClientCertMissing" },
    ],
    [
      "broken off",
      { ...entry, ...none, connectionStatus: "Failed:TcpTimeout" },
      { shown: "unknown", outcome: "refused", reason: "TcpTimeout" },
    ],
    [
      "without fields of certificates",
      { eventTimestamp: lastAt, connectionStatus: "Success", distributionId: id },
      { shown: "unknown", outcome: "served" },
    ],
  ])("reads an entry in JSON: %s", async (_, line, group) => {
    await using site = await makeSite();
    await site.deliver(json(line));
    expect(await site.read()).toEqual({
      from: lastAt,
      to: lastAt + 1,
      complete: true,
      unreadable: 0,
      connections: [{ ...group, ...one }],
    });
  });

  const names = Object.keys(entry);
  const values = Object.values(entry);
  it.each([
    ["W3C", ["#Version: 1.0", `#Fields: ${names.join(" ")}`, values.join("\t")], {}],
    ["W3C, uncompressed", ["#Version: 1.0", `#Fields: ${names.join("\t")}`, values.join("\t")], {}],
    ["plain text", [names.join("\t"), values.join("\t")], {}],
    ["plain text with a delimiter", [names.join("|"), values.join("|")], { delimiter: "|" }],
  ])("reads %s", async (form, lines, options) => {
    await using site = await makeSite();
    const text = lines.join("\n");
    await site.deliver(form.endsWith("uncompressed") ? text : gzipSync(text));
    expect(await site.read(options)).toMatchObject({
      unreadable: 0,
      connections: [{ shown: till, outcome: "served", ...one }],
    });
  });

  it.each([
    ["Parquet", "PAR1\u0000\u0001PAR1"],
    ["plain text without names", values.join("\t")],
    ["JSON that breaks off", JSON.stringify(entry).slice(0, 40)],
    ["another log", JSON.stringify({ time: 1, status: 200 })],
    ["no distribution", JSON.stringify({ ...entry, distributionId: "-" })],
    ["a status of its own", JSON.stringify({ ...entry, connectionStatus: "Perhaps" })],
    ["a time that is none", JSON.stringify({ ...entry, eventTimestamp: "soon" })],
  ])("counts what is no entry: %s", async (_, text) => {
    await using site = await makeSite();
    await site.deliver(gzipSync(text));
    expect(await site.read()).toMatchObject({
      unreadable: 1,
      connections: [],
      from: start - minutes,
      to: start - minutes,
    });
  });

  it("counts what is alike, of this distribution and of the span alone", async () => {
    await using site = await makeSite();
    const of = (at: number, distributionId = id) => ({ ...entry, eventTimestamp: at, distributionId });
    const [from, to] = [start, start + 10 * minutes];
    await site.deliver(json(of(from - 1), of(from), of(from + 5), of(to), of(from, "E000OTHER")));
    await site.deliver(json(of(to - 1)), "more.gz");
    expect(await site.read({}, { from, to })).toEqual({
      from,
      to,
      complete: true,
      unreadable: 0,
      connections: [{ shown: till, outcome: "served", count: 3, lastAt: to - 1 }],
    });
  });

  it("opens only files that were written since, in the folders of the time", async () => {
    await using site = await makeSite();
    const path = "edge/{DistributionId}/{yyyy}/{MM}/{dd}/{HH}/";
    await site.put(`edge/${id}/2026/06/01/12/old.gz`, json(entry));
    await site.clock.advance(30 * minutes);
    await site.put(`edge/${id}/2026/06/01/13/new.gz`, json(entry));
    await site.put(`edge/${id}/2026/05/01/13/other.gz`, json(entry));
    await site.put(`edge/E000OTHER/2026/06/01/13/other.gz`, json(entry));
    const span = { from: start + 20 * minutes, to: start + 90 * minutes };
    expect((await site.read({ path }, span)).connections).toEqual([]);
    expect(site.log.count({ operation: "GetObject" })).toBe(1);
    expect((await site.read({ path })).connections).toMatchObject([{ count: 2 }]);
  });

  it("says what can't be", async () => {
    await using site = await makeSite();
    expect((await refusalOf(site.read({ bucket: "none-there" }))).code).toBe("REMOTE_NOT_FOUND");
    const target = { listener: site.listener };
    expect((await refusalOf(site.read({}, undefined, target))).code).toBe("SPEC_INVALID");
    expect(() => cloudfrontConnectionLog({ region: "eu-west-1", bucket, path: "" })).toThrow(
      expect.objectContaining({ code: "SPEC_INVALID" }),
    );
  });
});
