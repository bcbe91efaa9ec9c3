import { expect, test } from "vitest";
import {
  type Answer,
  type Operation,
  refusalOf,
  translateFailure,
  translateRefusal,
} from "../src/translate-error.ts";

const zone = "0123456789abcdef0123456789abcdef";
const refuse = (operation: Operation, status: number, code?: number, more: Partial<Answer> = {}) =>
  translateRefusal(
    { adapter: "cloudflare.hostname", operation, zone },
    { status, errors: code === undefined ? [] : [{ code, message: "its text" }], ...more },
  );

const table: [Operation, number, number | undefined, string, string | undefined][] = [
  ["uploadCertificate", 400, 1406, "REMOTE_CONFLICT", "exists"],
  ["uploadCertificate", 400, 1408, "REMOTE_REJECTED", undefined],
  ["uploadCertificate", 400, 2101, "REMOTE_REJECTED", undefined],
  ["uploadCertificate", 400, 2200, "REMOTE_REJECTED", undefined],
  ["uploadCertificate", 409, 1000, "REMOTE_CONFLICT", "busy"],
  ["putAssociation", 400, 1404, "REMOTE_REJECTED", undefined],
  ["putAssociation", 400, 1415, "REMOTE_REJECTED", "wrong-id"],
  ["deleteCertificate", 400, 1414, "REMOTE_NOT_FOUND", "gone"],
  ["deleteCertificate", 400, 1415, "REMOTE_NOT_FOUND", "gone"],
  ["deleteCertificate", 400, 1433, "REMOTE_CONFLICT", "in-use"],
  ["deleteCertificate", 400, 1434, "REMOTE_CONFLICT", "busy"],
  ["deleteCertificate", 404, 1551, "REMOTE_NOT_FOUND", "gone"],
  ["deleteCertificate", 404, undefined, "REMOTE_NOT_FOUND", "gone"],
  ["readAssociation", 404, 1553, "REMOTE_NOT_FOUND", "gone"],
  ["readConfigRules", 404, 10003, "REMOTE_NOT_FOUND", "gone"],
  ["listCertificates", 400, 1406, "REMOTE_REJECTED", undefined],
  ["readAssociation", 404, 7003, "REMOTE_UNEXPECTED", undefined],
  ["readZone", 401, 10000, "REMOTE_UNAUTHORIZED", undefined],
  ["readZone", 400, 10000, "REMOTE_UNAUTHORIZED", undefined],
  ["readZone", 403, 9109, "REMOTE_UNAUTHORIZED", undefined],
  ["readZone", 400, 6003, "REMOTE_UNAUTHORIZED", undefined],
  ["readZone", 429, 971, "REMOTE_RATE_LIMITED", undefined],
  ["readZone", 502, undefined, "REMOTE_UNAVAILABLE", undefined],
  ["readZone", 302, undefined, "REMOTE_UNEXPECTED", undefined],
  ["readZone", 200, 1007, "REMOTE_REJECTED", undefined],
];

test.each(table)(
  "translateRefusal reads %s with HTTP %i and code %s as %s",
  (operation, status, code, expected, refusal) => {
    const error = refuse(operation, status, code);
    expect(error.code).toBe(expected);
    expect(refusalOf(error)).toBe(refusal);
    expect(error.details.provider).toMatchObject({ status });
  },
);

test("translateRefusal names the permission that is missing, and the zone", () => {
  const error = refuse("uploadCertificate", 403, 10000);
  expect(error.message).toMatch(/permission "SSL and Certificates Write"/);
  expect(error.message).toContain(`zone=${zone}`);
  expect(refuse("readSetting", 403, 9109).message).toMatch(/"Zone Settings Read"/);
});

test("translateRefusal picks the error that it knows among several", () => {
  const errors = [
    { code: 1000, message: "first" },
    { code: 1433, message: "in use" },
  ];
  const error = refuse("deleteCertificate", 400, undefined, { errors });
  expect(refusalOf(error)).toBe("in-use");
  expect(error.details.provider?.code).toBe("1433");
});

test("translateRefusal takes the text of a certificate that is deleted already as gone", () => {
  const errors = [{ code: 1000, message: "Certificate is already deleted." }];
  expect(refusalOf(refuse("deleteCertificate", 400, undefined, { errors }))).toBe("gone");
});

test("translateRefusal cuts PEM and length out of the provider's text", () => {
  const pem = `-----BEGIN PRIVATE KEY-----\nMIGHAgEA\n-----END PRIVATE KEY-----`;
  const cut = "-----BEGIN PRIVATE KEY-----\nMIGHAgEA";
  for (const text of [`bad ${pem} end`, `bad ${cut}`, `bad ${JSON.stringify({ private_key: pem })}`]) {
    const error = refuse("uploadCertificate", 400, undefined, { errors: [{ code: 1408, message: text }] });
    expect(JSON.stringify(error) + error.message).not.toContain("MIGHAgEA");
  }
  const long = refuse("readZone", 400, undefined, { errors: [{ code: 1000, message: "x".repeat(5000) }] });
  expect(long.details.provider?.message).toHaveLength(500);
});

test("translateRefusal says of a write with a server's fault that its outcome is unknown, of a read not", () => {
  expect(refuse("uploadCertificate", 500).details.outcomeUnknown).toBe(true);
  expect(refuse("putAssociation", 408).details.outcomeUnknown).toBe(true);
  expect(refuse("uploadCertificate", 409).details.outcomeUnknown).toBeUndefined();
  expect(refuse("listCertificates", 500).details.outcomeUnknown).toBeUndefined();
});

test("translateFailure keeps nothing of the failed request", () => {
  const cause = Object.assign(new Error("secret inside"), { request: { body: "secret inside" } });
  const where = { adapter: "cloudflare.hostname", operation: "uploadCertificate", zone } as const;
  const error = translateFailure(where, { kind: "timeout", cause });
  expect(error).toMatchObject({ code: "REMOTE_UNAVAILABLE", details: { outcomeUnknown: true } });
  expect(JSON.stringify(error) + String(error.cause) + JSON.stringify(error.cause)).not.toContain(
    "secret inside",
  );
});
