import { execFileSync } from "node:child_process";
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { aws, type ServerlessCaOptions, simulate, turnableClock } from "../../src/index.ts";
import { hasOpenssl } from "./openssl.ts";

describe.skipIf(!hasOpenssl)("serverless CA", () => {
  const folder = mkdtempSync(join(tmpdir(), "handfast-"));
  const openssl = (...args: string[]): string =>
    execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "pipe", "ignore"] }).toString();
  const put = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return name;
  };
  let world: ReturnType<typeof connect>;
  const connect = (options: ServerlessCaOptions = {}) => {
    const clock = turnableClock(Date.now());
    const cloud = aws({ clock });
    const ca = cloud.addServerlessCa(options);
    const simulation = simulate({ services: [cloud.lambda, cloud.s3], clock });
    simulation.start();
    const { region, credentials } = cloud;
    const lambda = new LambdaClient({ region, credentials });
    const s3 = new S3Client({ region, credentials });
    return {
      ca,
      clock,
      cloud,
      ask: async (event: unknown) => {
        const { Payload, FunctionError } = await lambda.send(
          new InvokeCommand({ FunctionName: ca.functionName, Payload: JSON.stringify(event) }),
        );
        return { ...JSON.parse(Payload?.transformToString() ?? "null"), FunctionError };
      },
      object: async (Key: string) => {
        const { Body, ContentType } = await s3.send(new GetObjectCommand({ Bucket: ca.bucket, Key }));
        return { type: ContentType, bytes: (await Body?.transformToByteArray()) ?? new Uint8Array() };
      },
      keys: async () =>
        (await s3.send(new ListObjectsV2Command({ Bucket: ca.bucket }))).Contents?.map(({ Key }) => Key),
      close: () => simulation.stop(),
    };
  };
  beforeEach(() => {
    world = connect();
  });
  afterEach(() => world.close());
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A request that openssl makes, in base64 as the function takes it. */
  const request = (subject = "/C=DE/O=Own/CN=edge.example.com", ...more: string[]): string => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    put("key.pem", privateKey.export({ format: "pem", type: "pkcs8" }));
    put("empty.cnf", "[req]\ndistinguished_name=dn\n[dn]\n");
    const args = ["-config", "empty.cnf", "-new", "-key", "key.pem", "-subj", subject, "-out", "csr.pem"];
    openssl("req", ...args, ...more);
    return readFileSync(join(folder, "csr.pem")).toString("base64");
  };
  const pemOf = (answer: { Base64Certificate: string }): string =>
    Buffer.from(answer.Base64Certificate, "base64").toString();
  const event = (more: Readonly<Record<string, unknown>> = {}) => ({
    common_name: "edge.example.com",
    base64_csr_data: request(),
    ...more,
  });

  it("issues what openssl verifies up to the root, with the extensions that the real one writes", async () => {
    const answer = await world.ask(event({ cert_bundle: true, lifetime: 90 }));
    const bundle = Buffer.from((await world.object("serverless-ca-bundle-dev.pem")).bytes).toString();
    put("bundle.pem", bundle);
    put("leaf.pem", pemOf(answer));
    expect(
      openssl("verify", "-purpose", "sslclient", "-x509_strict", "-CAfile", "bundle.pem", "leaf.pem"),
    ).toContain("OK");
    const text = openssl("x509", "-in", "leaf.pem", "-noout", "-text");
    expect(text).toContain("Digital Signature, Key Encipherment");
    expect(text).toContain("Policy: 2.23.140.1.2.1");
    expect(text).toContain("DNS:edge.example.com");
    expect(text).not.toContain("Basic Constraints");
    const certificate = new X509Certificate(pemOf(answer));
    expect(answer).toMatchObject({
      CertificateInfo: {
        CommonName: "edge.example.com",
        SerialNumber: BigInt(`0x${certificate.serialNumber}`).toString(),
      },
      Subject: "O=Own,C=DE,CN=edge.example.com",
    });
    expect(answer.CertificateInfo.Expires).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    expect(pemOf(answer).match(/BEGIN CERTIFICATE/g)).toHaveLength(3);
    expect(
      bundle.startsWith(Buffer.from(answer.Base64RootCaCertificate, "base64").toString()),
      "the root comes first in the bundle",
    ).toBe(true);
    expect(Buffer.from(answer.Base64CaChain, "base64").toString()).toBe(
      `${world.ca.issuing?.trim()}\n${world.ca.root?.trim()}`,
    );
  });

  it.each<[string, Readonly<Record<string, unknown>>, RegExp, string]>([
    ["one purpose", { purposes: ["server_auth"] }, /TLS Web Server Authentication\s*$/m, ""],
    ["no purpose that it knows", { purposes: ["code_signing"] }, /TLS Web Client Authentication\s*$/m, ""],
    [
      "names that are no domains",
      { sans: ["a.example.com", "not a name"] },
      /DNS:a\.example\.com\s*$/m,
      "not a name",
    ],
    [
      "typed names",
      {
        sans: [
          { type: "IP_ADDRESS", value: "2001:db8::7" },
          { type: "EMAIL_ADDRESS", value: "a@example.com" },
        ],
      },
      /IP Address:2001:DB8:0:0:0:0:0:7, email:a@example\.com/,
      "",
    ],
    [
      "a map of names",
      { sans: { URL: "https://example.com/a", DN: ["CN=x"] } },
      /URI:https:\/\/example\.com\/a, DirName:\/?CN ?= ?x/,
      "",
    ],
    [
      "a subject, which comes before the request's own",
      { organization: "Other", state: "BE" },
      /CN ?= ?edge.example.com, C ?= ?DE|C ?= ?DE/,
      "Own",
    ],
  ])("writes %s", async (_, more, has, hasNot) => {
    put("leaf.pem", pemOf(await world.ask(event(more))));
    const text = openssl("x509", "-in", "leaf.pem", "-noout", "-text");
    expect(text).toMatch(has);
    if (hasNot !== "") expect(text).not.toContain(hasNot);
  });

  it("gives no more days than its most, starts 5 minutes before now, and ignores what the request asks for", async () => {
    const csr = request(
      "/CN=edge.example.com",
      "-addext",
      "basicConstraints=critical,CA:TRUE",
      "-addext",
      "subjectAltName=DNS:asked.example.com",
    );
    const answer = await world.ask(event({ base64_csr_data: csr, lifetime: 4_000 }));
    const { validFrom, validTo, ca, subjectAltName } = new X509Certificate(pemOf(answer));
    const now = Math.floor(world.clock.now() / 1_000) * 1_000;
    expect([Date.parse(validFrom) - now, Date.parse(validTo) - now]).toEqual([-300_000, 365 * 86_400_000]);
    expect([ca, subjectAltName]).toEqual([false, "DNS:edge.example.com"]);
  });

  it("refuses the second certificate of a key under one name, unless it is forced", async () => {
    const first = event();
    await world.ask(first);
    expect(await world.ask(first)).toEqual({ error: "Private key has already been used for a certificate" });
    expect((await world.ask({ ...first, force_issue: true })).Base64Certificate).toBeDefined();
    expect((await world.ask({ ...first, common_name: "other.example.com" })).Base64Certificate).toBeDefined();
    expect(world.ca.serials()).toHaveLength(3);
  });

  it("refuses a request that was changed, one without a common name, and a lifetime of no day", async () => {
    const good = Buffer.from(request(), "base64").toString();
    const der = Buffer.from(good.replace(/-----.*-----|\s/g, ""), "base64");
    der.writeUInt8((der.at(-1) ?? 0) ^ 1, der.length - 1);
    const changed = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
    expect(
      await world.ask(event({ base64_csr_data: Buffer.from(changed).toString("base64") })),
    ).toMatchObject({ error: "CSR signature is invalid" });
    expect(await world.ask(event({ base64_csr_data: request("/O=Nobody") }))).toMatchObject({
      error: "CSR must include a Common Name",
    });
    expect(await world.ask(event({ lifetime: 0 }))).toMatchObject({ error: "0 is too short" });
  });

  it.each<[string, unknown, string]>([
    ["no name", { base64_csr_data: "" }, "KeyError"],
    ["no request", { common_name: "a" }, "TypeError"],
    ["a request that is none", { common_name: "a", base64_csr_data: "bm90aGluZw==" }, "ValueError"],
    ["a lifetime that is none", { common_name: "a", lifetime: "long" }, "ValueError"],
  ])("fails as Python does for %s", async (_, given, errorType) => {
    expect(await world.ask(given)).toMatchObject({ FunctionError: "Unhandled", errorType });
  });

  it("fails as Python does for a name that is too long, and before its Step Function has run", async () => {
    const long = await world.ask(event({ common_name: "x".repeat(65) }));
    expect(long).toMatchObject({ errorType: "ValueError", errorMessage: expect.stringContaining("64") });
    world.close();
    world = connect({ started: false });
    expect(await world.ask(event())).toMatchObject({ errorType: "IndexError" });
    world.ca.run();
    expect(await world.ask({ ca_chain_only: true })).toEqual({
      Base64IssuingCaCertificate: expect.any(String),
      Base64RootCaCertificate: expect.any(String),
      Base64CaChain: expect.any(String),
    });
  });

  it("publishes CRLs that openssl verifies; what was revoked stands in the next", async () => {
    await world.ask(event());
    const [serial = ""] = world.ca.serials();
    world.ca.revoke(serial);
    const look = async (): Promise<string> => {
      put("list.crl", (await world.object("serverless-issuing-ca-dev.crl")).bytes);
      put("issuing.pem", world.ca.issuing ?? "");
      return openssl(
        ...["crl", "-inform", "DER", "-in", "list.crl", "-CAfile", "issuing.pem", "-noout", "-text"],
      );
    };
    expect(await look()).toContain("No Revoked Certificates");
    world.ca.run();
    const text = await look();
    expect(text).toContain(BigInt(serial).toString(16).toUpperCase());
    expect(text).toMatch(/CRL Number:\s*2/);
    put("root.crl", (await world.object("serverless-root-ca-dev.crl.pem")).bytes);
    expect(openssl("crl", "-in", "root.crl", "-noout", "-issuer")).toContain("Serverless Root CA");
  });

  it("names its objects by project and environment, in production without a suffix", async () => {
    expect((await world.keys())?.sort()).toEqual([
      "serverless-ca-bundle-dev.pem",
      "serverless-issuing-ca-dev.crl",
      "serverless-issuing-ca-dev.crl.pem",
      "serverless-issuing-ca-dev.crt",
      "serverless-root-ca-dev.crl",
      "serverless-root-ca-dev.crl.pem",
      "serverless-root-ca-dev.crt",
    ]);
    const production = world.cloud.addServerlessCa({ project: "pki", environment: "prod" });
    expect(production.functionName).toBe("pki-tls-cert-prod");
  });

  it.each(["RSA_2048", "ECC_NIST_P521"] as const)("signs with a key of kind %s too", async (spec) => {
    world.close();
    world = connect({ rootKey: spec, issuingKey: spec });
    put("leaf.pem", pemOf(await world.ask(event())));
    put("bundle.pem", (await world.object("serverless-ca-bundle-dev.pem")).bytes);
    expect(openssl("verify", "-CAfile", "bundle.pem", "leaf.pem")).toContain("OK");
  });

  it("has its table put back by a snapshot", async () => {
    const back = world.cloud.snapshot();
    await world.ask(event());
    back();
    expect(world.ca.serials()).toEqual([]);
  });
});
