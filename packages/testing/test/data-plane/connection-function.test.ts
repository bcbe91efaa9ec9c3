import { execFileSync } from "node:child_process";
import { createHash, createHmac, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { type ConnectionEvent, makeConnectionEvent } from "../../src/data-plane/connection-event.ts";
import { runConnectionFunction } from "../../src/data-plane/connection-function.ts";
import { clientExtensions, has, workshop } from "./openssl-certificates.ts";

const event: ConnectionEvent = {
  clientCertificate: {
    certificates: {
      leaf: {
        serialNumber: "00:b1:43:ed",
        subject: "O=Handfast, CN=laptop",
        issuer: "O=Handfast, CN=Clients",
        validity: { notBefore: "2026-01-01T00:00:00Z", notAfter: "2027-01-01T00:00:00Z" },
        sha256Fingerprint: "AB:CD",
      },
    },
  },
  clientIp: "192.0.2.7",
  endpoint: "d1.cloudfront.net",
  distributionId: "E1",
  connectionId: "c1",
};
const kvs = "import cf from 'cloudfront';\nconst store = cf.kvs();\n";
const handler = (body: string): string => `async function connectionHandler(connection) { ${body} }`;
const run = (code: string, more: Partial<Parameters<typeof runConnectionFunction>[0]> = {}) =>
  runConnectionFunction({ code, event, ...more });
/** What an expression is inside a function. */
const evaluate = (expression: string, more: Partial<Parameters<typeof runConnectionFunction>[0]> = {}) => {
  const { error, customData } = run(
    `${kvs}${handler(`connection.logCustomData(JSON.stringify(${expression}) ?? "undefined"); connection.allow();`)}`,
    { keyValues: new Map(), ...more },
  );
  return error ?? customData;
};

describe("runConnectionFunction", () => {
  test.each([
    ["allows", "connection.allow();", "allow"],
    ["denies", "return connection.deny();", "deny"],
    ["denies once it has", "connection.deny(); connection.allow();", "deny"],
    ["denies after it has allowed", "connection.allow(); connection.deny();", "deny"],
    ["decides nothing", "", "none"],
    ["decides after waiting", "for (let i = 0; i < 9; i += 1) await i; connection.allow();", "allow"],
  ] as const)("gives the decision of a function that %s", (_name, body, decision) => {
    expect(run(handler(body))).toEqual({ decision, error: undefined, logs: [], customData: undefined });
  });

  test("takes a handler that is no async function, and one in a constant", () => {
    expect(run("function connectionHandler(c) { c.allow(); }").decision).toBe("allow");
    expect(run("const connectionHandler = (c) => c.deny();").decision).toBe("deny");
  });

  test.each([
    ["throws", handler("connection.allow(); throw new RangeError('no');"), "RangeError: no"],
    ["throws what is no error", handler("throw 'no';"), "no"],
    ["throws when it is loaded", "null.x; function connectionHandler() {}", "TypeError: Cannot read"],
    ["is no JavaScript", "function connectionHandler( {", "SyntaxError: "],
    ["has no handler", "function handler(event) {}", "TypeError: the code has no function connectionHandler"],
    [
      "imports what is not there",
      "import fs from 'fs';\nfunction connectionHandler(c) { c.allow(); }",
      "SyntaxError: ",
    ],
    ["imports further down", "const a = 1;\nimport cf from 'cloudfront';", "SyntaxError: "],
    ["uses a timer", handler("setTimeout(() => connection.allow(), 1);"), "ReferenceError: setTimeout"],
    ["uses the network", handler("await fetch('http://127.0.0.1');"), "ReferenceError: fetch"],
    ["evaluates text", handler("eval('1'); connection.allow();"), "EvalError: "],
    ["evaluates text by a way round", handler("connection.allow.constructor('return 1')();"), "EvalError: "],
    [
      "waits for ever",
      handler("connection.allow(); await new Promise(() => undefined);"),
      "the function waits",
    ],
    [
      "never ends",
      "function connectionHandler(c) { c.allow(); for (;;); }",
      "Error: Script execution timed out",
    ],
    [
      "never ends in promises",
      handler("connection.allow(); for (;;) await 0;"),
      "Error: Script execution timed out",
    ],
    ["never ends when it is loaded", "for (;;);", "Error: Script execution timed out"],
  ] as const)("says why a function failed that %s", (name, code, error) => {
    expect(run(code, { timeoutMs: name.startsWith("never ends") ? 30 : undefined }).error).toMatch(
      new RegExp(`^${error}`),
    );
  });

  test("survives promises that a function leaves rejected", async () => {
    const left = "Promise.reject(new Error('left')); (async () => { throw 1; })(); store.get('missing');";
    expect(run(`${kvs}${handler(`${left} connection.allow();`)}`, { keyValues: new Map() })).toMatchObject({
      decision: "allow",
      error: undefined,
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
  });

  test.each([
    ["await store.exists('a')", "true"],
    ["await store.exists('b')", "false"],
    ["await store.get('a')", '"{\\"x\\":[1]}"'],
    ["await store.get('a', { format: 'string' })", '"{\\"x\\":[1]}"'],
    ["(await store.get('a', { format: 'json' })).x", "[1]"],
    ["Array.from(await store.get('é', { format: 'bytes' }))", "[195,188]"],
    [
      "await store.get('b').catch((error) => String(error))",
      '"Error: KeyNotFound: the key value store has no key b"',
    ],
    ["await store.get('a', { format: 'x' }).catch((error) => error.name)", '"TypeError"'],
    ["await store.count()", "3"],
    ["await store.get('empty')", '""'],
  ])("reads the key value store: %s", (expression, expected) => {
    const keyValues = new Map([
      ["a", '{"x":[1]}'],
      ["é", "ü"],
      ["empty", ""],
    ]);
    expect(evaluate(expression, { keyValues })).toBe(expected);
  });

  test("throws for a store where none is associated", () => {
    expect(run(`${kvs}${handler("connection.allow();")}`).error).toMatch(/no key value store is associated/);
    expect(run("import cf from 'cloudfront';\nfunction connectionHandler(c) { c.allow(); }").decision).toBe(
      "allow",
    );
  });

  test.each([
    ["connection.clientCertificate.certificates.leaf.serialNumber", '"00:b1:43:ed"'],
    ["connection.clientCertInfo.serialNumber", '"00:b1:43:ed"'],
    ["connection.clientCertInfo.issuer", '"O=Handfast, CN=Clients"'],
    ["[connection.clientIp, connection.endpoint]", '["192.0.2.7","d1.cloudfront.net"]'],
    ["[connection.distributionId, connection.connectionId]", '["E1","c1"]'],
    [
      "[typeof process, typeof require, typeof globalThis.$run, typeof Atomics]",
      JSON.stringify(Array(4).fill("undefined")),
    ],
  ])("offers both spellings of the event and nothing of the host: %s", (expression, expected) => {
    expect(evaluate(expression)).toBe(expected);
  });

  test.each([
    ["connection.clientCertificate", "undefined"],
    ["connection.clientCertInfo", "undefined"],
  ])("has no certificate to show when there is none: %s", (expression, expected) => {
    expect(evaluate(expression, { event: { ...event, clientCertificate: undefined } })).toBe(expected);
  });

  test("stands still in time", () => {
    const at = Date.UTC(2026, 5, 1);
    const expression =
      "[Date.now(), new Date().getTime(), new Date(5).getTime(), new Date() instanceof Date, typeof Date()]";
    expect(evaluate(expression, { at })).toBe(`[${at},${at},5,true,"string"]`);
  });

  test("hashes with the module crypto", () => {
    const code =
      "/* first */ 'use strict';\n// then\nimport crypto from \"crypto\"\nimport cf from 'cloudfront'\n";
    const body = `const hash = crypto.createHash("sha256").update("a").update("b").digest("hex");
      const mac = crypto.createHmac("sha1", "key").update("ab").digest("base64url");
      connection.logCustomData(hash + " " + mac);`;
    const hash = createHash("sha256").update("ab").digest("hex");
    const mac = createHmac("sha1", "key").update("ab").digest("base64url");
    expect(run(code + handler(body)).customData).toBe(`${hash} ${mac}`);
    const unknown = 'crypto.createHash("sha512").digest("hex");';
    expect(run(code + handler(unknown)).error).toBe("TypeError: no such algorithm or encoding");
  });

  test("says on which line an error is, with imports above it", () => {
    const code =
      "import cf from 'cloudfront';\n\nfunction connectionHandler(c) { console.log(new Error('x').stack); }";
    expect(run(code).logs.join()).toContain("connection-function:3:");
  });

  test("keeps what is logged, and cuts custom data at the last whole character of 800 bytes", () => {
    const result = run(
      handler(
        'console.log("a", { b: 1 }); console.error(2); connection.logCustomData("first"); connection.logCustomData("a" + "é".repeat(500));',
      ),
    );
    expect(result.logs).toEqual(['a {"b":1}', "2"]);
    expect(result.customData).toBe(`a${"é".repeat(399)}`);
  });

  test("starts each run with a clean state", () => {
    const code = handler(
      "globalThis.runs = (globalThis.runs ?? 0) + 1; connection.logCustomData(String(runs));",
    );
    expect([run(code), run(code)].map(({ customData }) => customData)).toEqual(["1", "1"]);
  });
});

const shop = has("openssl") ? workshop() : undefined;
afterAll(() => shop?.remove());

describe("makeConnectionEvent", () => {
  if (shop === undefined) {
    test.skip("needs the program openssl", () => undefined);
    return;
  }
  const root = shop.authority("/C=DE/O=Handfast/CN=Root");
  const issuing = shop.authority("/C=DE/O=Handfast/CN=Issuing", root);
  const aia = "authorityInfoAccess=caIssuers;URI:http://ca.example.com/,OCSP;URI:http://ocsp.example.com/a";
  const leaf = issuing.issue("x", { subject: "/C=DE/O=A, B/CN=x", extensions: [...clientExtensions, aia] });

  test("tells of leaf and intermediates as CloudFront's examples do", () => {
    const { clientCertificate } = makeConnectionEvent({
      certificates: [leaf.certificate, issuing.certificate],
    });
    const [x509, issuer] = [leaf, issuing].map(({ certificate }) => new X509Certificate(certificate));
    const { certificates, revocationStatus } = clientCertificate ?? {};
    expect(certificates?.leaf).toEqual({
      serialNumber: x509?.serialNumber.toLowerCase().replace(/..(?=.)/g, "$&:"),
      subject: "CN=x, O=A\\, B, C=DE",
      issuer: "CN=Issuing, O=Handfast, C=DE",
      validity: {
        notBefore: new Date(x509?.validFrom ?? 0).toISOString().replace(".000", ""),
        notAfter: new Date(x509?.validTo ?? 0).toISOString().replace(".000", ""),
      },
      sha256Fingerprint: x509?.fingerprint256,
      ocspEndpoint: "http://ocsp.example.com/a",
    });
    expect(certificates?.intermediates?.map(({ issuer: name }) => name)).toEqual([
      "C=DE, O=Handfast, CN=Root",
    ]);
    expect(certificates?.intermediates?.[0]?.sha256Fingerprint).toBe(issuer?.fingerprint256);
    expect(revocationStatus).toBeUndefined();
  });

  test("puts 00 before a serial whose first bit is set", () => {
    const serial = (hex: string): string => {
      const file = shop.file(`serial-${hex}.cnf`, "[req]\ndistinguished_name=dn\n[dn]\n");
      const out = shop.file(`serial-${hex}.pem`, "");
      const key = shop.file(`serial-${hex}.key`, root.key);
      execFileSync("openssl", [
        ...["req", "-x509", "-new", "-config", file, "-key", key, "-subj", "/CN=x", "-days", "3"],
        ...["-set_serial", `0x${hex}`, "-out", out],
      ]);
      const certificate = readFileSync(out, "utf8");
      return (
        makeConnectionEvent({ certificates: [certificate] }).clientCertificate?.certificates.leaf
          .serialNumber ?? ""
      );
    };
    expect(["b143ed", "4a3f", "7"].map(serial)).toEqual(["00:b1:43:ed", "4a:3f", "07"]);
  });

  test("is the event of a viewer without a certificate by default", () => {
    expect(makeConnectionEvent()).toMatchObject({ clientCertificate: undefined, clientIp: "127.0.0.1" });
    expect(
      makeConnectionEvent({ endpoint: "e", distributionId: "d", connectionId: "c", clientIp: "i" }),
    ).toEqual({
      clientCertificate: undefined,
      endpoint: "e",
      distributionId: "d",
      connectionId: "c",
      clientIp: "i",
    });
  });
});
