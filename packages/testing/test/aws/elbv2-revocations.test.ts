import {
  AddTrustStoreRevocationsCommand,
  CreateTrustStoreCommand,
  DescribeTrustStoreRevocationsCommand,
  DescribeTrustStoresCommand,
  GetTrustStoreRevocationContentCommand,
  RemoveTrustStoreRevocationsCommand,
  type RevocationContent,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AwsOptions } from "../../src/index.ts";
import { connectedCloud, refusal, ways } from "./cloud.ts";
import { hasOpenssl, revocationList, selfSigned } from "./openssl.ts";

const root = hasOpenssl ? selfSigned("root") : "";
const empty = hasOpenssl ? revocationList("root", 0) : "";
const two = hasOpenssl ? revocationList("root", 2) : "";
const many = hasOpenssl ? revocationList("root", 300) : "";

const refusedFiles: { name: string; file: string }[] = [
  { name: "nothing", file: "" },
  { name: "DER", file: Buffer.from(two.replaceAll(/-.*-|\n/g, ""), "base64").toString("latin1") },
  { name: "two CRLs", file: two + empty },
  { name: "a certificate", file: root },
  { name: "a CRL without an end", file: two.replace(/-----END.*\n/, "") },
  { name: "a CRL cut short", file: two.replace(/[^\n]+\n-----END/, "-----END") },
  { name: "a certificate that says it is a CRL", file: root.replaceAll("CERTIFICATE", "X509 CRL") },
  { name: "what is no base64", file: two.replace(/\nM/, "\n*") },
];

describe.runIf(hasOpenssl).each(ways)("elbv2 %s", (way) => {
  let connected: Awaited<ReturnType<typeof connectedCloud>>;
  let TrustStoreArn = "";
  const connect = async (options: AwsOptions = {}): Promise<void> => {
    connected = await connectedCloud(way, { ...options, lags: { visible: 0 } });
    connected.cloud.createBucket("files", { versioning: "Enabled" });
    for (const [key, body] of Object.entries({ root, empty, two, many })) await put(key, body);
    const { TrustStores } = await connected.elb.send(
      new CreateTrustStoreCommand({
        Name: "store",
        CaCertificatesBundleS3Bucket: "files",
        CaCertificatesBundleS3Key: "root",
      }),
    );
    TrustStoreArn = TrustStores?.[0]?.TrustStoreArn ?? "";
  };
  beforeEach(() => connect());
  afterEach(() => connected.close());

  const put = (Key: string, Body: string) =>
    connected.s3.send(new PutObjectCommand({ Bucket: "files", Key, Body: Buffer.from(Body, "latin1") }));
  const add = (...contents: (string | RevocationContent)[]) =>
    connected.elb.send(
      new AddTrustStoreRevocationsCommand({
        TrustStoreArn,
        RevocationContents: contents.map((content) =>
          typeof content === "string" ? { S3Bucket: "files", S3Key: content } : content,
        ),
      }),
    );
  const remove = (...RevocationIds: number[]) =>
    connected.elb.send(new RemoveTrustStoreRevocationsCommand({ TrustStoreArn, RevocationIds }));
  const list = async (RevocationIds?: number[]) => {
    const input = { TrustStoreArn, RevocationIds };
    const { TrustStoreRevocations } = await connected.elb.send(
      new DescribeTrustStoreRevocationsCommand(input),
    );
    return TrustStoreRevocations?.map(({ RevocationId, NumberOfRevokedEntries }) => [
      RevocationId,
      NumberOfRevokedEntries,
    ]);
  };
  const totalEntries = async () =>
    (await connected.elb.send(new DescribeTrustStoresCommand({}))).TrustStores?.[0]?.TotalRevokedEntries;

  it("counts the entries of CRLs and gives each list an id", async () => {
    const { TrustStoreRevocations } = await add("empty", "two", "many");
    expect(TrustStoreRevocations).toEqual([
      { TrustStoreArn, RevocationId: 1, RevocationType: "CRL", NumberOfRevokedEntries: 0 },
      { TrustStoreArn, RevocationId: 2, RevocationType: "CRL", NumberOfRevokedEntries: 2 },
      { TrustStoreArn, RevocationId: 3, RevocationType: "CRL", NumberOfRevokedEntries: 300 },
    ]);
    expect(await totalEntries()).toBe(302);
    expect(await list([2])).toEqual([[2, 2]]);
  });

  it("never uses an id twice", async () => {
    await add("empty", "two");
    await remove(2);
    await add("two");
    expect(await list()).toEqual([
      [1, 0],
      [3, 2],
    ]);
  });

  it("keeps its own copy of a list, and hands it out", async () => {
    await add("two");
    await put("two", "changed");
    const { Location = "" } = await connected.elb.send(
      new GetTrustStoreRevocationContentCommand({ TrustStoreArn, RevocationId: 1 }),
    );
    expect(await (await fetch(Location)).text()).toBe(two);
  });

  it("lists page by page", async () => {
    await add("empty", "empty", "empty");
    const page = (Marker?: string) =>
      connected.elb.send(new DescribeTrustStoreRevocationsCommand({ TrustStoreArn, PageSize: 2, Marker }));
    const first = await page();
    const second = await page(first.NextMarker);
    expect([first, second].map((answer) => answer.TrustStoreRevocations?.length)).toEqual([2, 1]);
    expect(second.NextMarker).toBeUndefined();
  });

  it.each(refusedFiles)("refuses $name as a CRL file", async ({ file }) => {
    await put("bad", file);
    expect(await refusal(add("bad"))).toMatchObject({
      name: "InvalidRevocationContentException",
      status: 400,
    });
  });

  it("adds all files or none", async () => {
    await put("bad", "bad");
    await refusal(add("two", "bad"));
    expect(await list()).toEqual([]);
  });

  it("removes all ids or none", async () => {
    await add("two");
    expect(await refusal(remove(1, 9))).toMatchObject({ name: "RevocationIdNotFoundException", status: 400 });
    expect(await list()).toEqual([[1, 2]]);
  });

  it("refuses what is not there or not supported", async () => {
    expect((await refusal(add("nothing"))).name).toBe("RevocationContentNotFoundException");
    expect((await refusal(add())).name).toBe("ValidationError");
    expect((await refusal(add({ S3Key: "two" }))).name).toBe("ValidationError");
    const ocsp = { S3Bucket: "files", S3Key: "two", RevocationType: "OCSP" as "CRL" };
    expect((await refusal(add(ocsp))).name).toBe("InvalidRevocationContentException");
    expect((await refusal(list([7]))).name).toBe("RevocationIdNotFoundException");
    const content = connected.elb.send(
      new GetTrustStoreRevocationContentCommand({ TrustStoreArn, RevocationId: 7 }),
    );
    expect((await refusal(content)).name).toBe("RevocationIdNotFoundException");
  });

  it("has room for 30 lists", async () => {
    for (let batch = 0; batch < 3; batch += 1) await add(...Array.from({ length: 10 }, () => "empty"));
    expect(await refusal(add("empty"))).toMatchObject({
      name: "TooManyTrustStoreRevocationEntriesException",
      status: 400,
    });
  });

  it("has room for so many entries", async () => {
    await connected.close();
    await connect({ quotas: { revokedEntries: 301 } });
    await add("many");
    expect((await refusal(add("two"))).name).toBe("TooManyTrustStoreRevocationEntriesException");
  });
});
