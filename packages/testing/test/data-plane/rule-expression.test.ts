import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluate } from "../../src/data-plane/rule-expression/evaluate.ts";
import { readExpression } from "../../src/data-plane/rule-expression/read-expression.ts";

const facts = new Map<string, string | boolean>([
  ["http.host", "shop.example.com"],
  ["http.request.uri.path", "/api/x"],
  ["cf.tls_client_auth.cert_verified", true],
  ["cf.tls_client_auth.cert_revoked", false],
  ["cf.tls_client_auth.cert_issuer_ski", "AB12"],
  ["cf.tls_client_auth.cert_fingerprint_sha256", "af36"],
]);

function holds(text: string): string {
  const found = readExpression(text);
  return "reason" in found ? `${found.at}: ${found.reason}` : evaluate(found.expression, facts);
}

describe("readExpression", () => {
  test.each([
    ['http.host in {"shop.example.com"} and cf.tls_client_auth.cert_verified', "yes"],
    [
      '(http.host eq "shop.example.com" and (not cf.tls_client_auth.cert_verified or cf.tls_client_auth.cert_revoked))',
      "no",
    ],
    ['not cf.tls_client_auth.cert_issuer_ski in {"CD34" "AB12"}', "no"],
    ['cf.tls_client_auth.cert_issuer_ski ne "ab12"', "yes"],
    ['cf.tls_client_auth.cert_fingerprint_sha256 == "af36"', "yes"],
    ['cf.tls_client_auth.cert_serial eq "01"', "unknown"],
    ['starts_with(http.request.uri.path, "/api") && !cf.tls_client_auth.cert_revoked', "yes"],
    ['http.request.uri.path contains "y"', "no"],
    ["not cf.tls_client_auth.cert_revoked and cf.tls_client_auth.cert_revoked", "no"],
    ["true or true and false", "yes"],
    ["ip.src ne 192.0.2.1", "unknown"],
    ['ip.src.country in {"GB" "FR"} and false', "no"],
    ['http.request.uri.path matches "^/x"', "unknown"],
    ["", "0: expected identifier"],
    ["true or", "7: expected identifier"],
    ["(true", '5: expected literal ")"'],
    ["true)", "4: unrecognised input"],
    ["http.host", "9: expected comparison operator"],
    ["http.host eq shop", "13: expected literal"],
    ['http.host in {"a", "b"}', "17: expected literal"],
    ['http.host eq "a', "13: unrecognised input"],
    ["cf.tls_client_auth.cert_verified eq true", "33: unrecognised input"],
  ])("reads %s as %s", (text, expected) => {
    expect(holds(text)).toBe(expected);
  });

  test("tells what is not simulated, and where", () => {
    expect(readExpression('true and http.hots eq "a"')).toMatchObject({
      foreign: [{ at: 9, reason: "unknown identifier" }],
    });
  });

  type Sample = { readonly text: string; readonly value: boolean };
  const samples = fc.letrec<{ any: Sample; leaf: Sample }>((tie) => ({
    leaf: fc.constantFrom<Sample>(
      { text: "true", value: true },
      { text: 'http.host eq "other"', value: false },
      { text: "cf.tls_client_auth.cert_verified", value: true },
      { text: 'http.host in {"a" "shop.example.com"}', value: true },
    ),
    any: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      tie("leaf"),
      tie("any").map(({ text, value }) => ({ text: `not (${text})`, value: !value })),
      fc.tuple(tie("any"), tie("any")).map(([a, b]) => ({
        text: `(${a.text}) and (${b.text})`,
        value: a.value && b.value,
      })),
      fc.tuple(tie("any"), tie("any")).map(([a, b]) => ({
        text: `(${a.text}) || (${b.text})`,
        value: a.value || b.value,
      })),
    ),
  }));

  test("evaluates what is joined as booleans are", () => {
    fc.assert(
      fc.property(samples.any, ({ text, value }) => {
        expect(holds(text)).toBe(value ? "yes" : "no");
      }),
    );
  });

  test("never throws, whatever is written", () => {
    const words = fc.constantFrom(
      "(",
      ")",
      "not",
      "and",
      "in",
      "{",
      "}",
      '"a"',
      "http.host",
      "eq",
      "x",
      ",",
      "5",
      "$l",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words).map((all) => all.join(" ")),
        ),
        (text) => {
          const found = readExpression(text);
          if ("reason" in found) expect(found.at).toBeLessThanOrEqual(text.length);
        },
      ),
    );
  });
});
