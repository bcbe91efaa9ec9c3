import { expect, test } from "vitest";
import { matchesHostname } from "../../src/rules-language.ts";

const host = "api.example.com";

const expressions: [string, boolean | undefined][] = [
  ['(http.host eq "api.example.com")', true],
  ['http.host == "api.example.com"', true],
  ['(http.host eq "shop.example.com")', false],
  ['http.host ne "api.example.com"', false],
  ['http.host in {"shop.example.com" "api.example.com"}', true],
  ['not http.host in {"shop.example.com"}', true],
  ['http.host eq "a.example.com" or http.host eq "api.example.com"', true],
  ['(http.host contains "example" && !(http.host eq "x"))', true],
  ['http.host eq "api.example.com" xor true', false],
  ['ends_with(http.host, ".example.com")', true],
  ['starts_with(http.host, "shop")', false],
  ['lower(http.host) eq "api.example.com"', true],
  ["true", true],
  ["false", false],
  ['http.host eq "api.example.com" and starts_with(http.request.uri.path, "/v1")', undefined],
  ['http.host eq "other.example.com" and starts_with(http.request.uri.path, "/v1")', false],
  ['http.host eq "api.example.com" or ip.src in $office', true],
  ["ip.src in {10.0.0.0/8 192.0.2.1}", undefined],
  ["cf.bot_management.score lt 30", undefined],
  ["ssl", undefined],
  ['http.host matches "^api"', undefined],
  ['http.host wildcard "*.example.com"', undefined],
  ['http.request.full_uri strict wildcard "https://*"', undefined],
  ['http.request.headers["x-a"][0] eq "b"', undefined],
  ['any(http.request.headers["x"][*] eq "b")', undefined],
  ["http.host eq", undefined],
  ['(http.host eq "api.example.com"', undefined],
  ["", undefined],
  ['http.host eq "api.example.com" §', undefined],
];

test.each(expressions)("matchesHostname judges %s as %s", (expression, verdict) => {
  expect(matchesHostname(expression, host)).toBe(verdict);
});
