import { expect, test } from "vitest";
import { hostnameTarget } from "../../src/hostname/target.ts";
import { zone } from "./states.ts";

test("hostnameTarget takes a zone's id and exact hostnames", () => {
  const target = { zone, hostnames: ["shop.example.com", "xn--bcher-kva.example.com", "_dmarc.example.com"] };
  expect(hostnameTarget.parse(target)).toEqual(target);
});

const refused: [string, unknown, RegExp][] = [
  ["a wildcard", { zone, hostnames: ["*.example.com"] }, /wildcards have no meaning/],
  ["upper case", { zone, hostnames: ["Shop.example.com"] }, /lower case/],
  ["a URL", { zone, hostnames: ["https://shop.example.com"] }, /bare hostname/],
  ["a final dot", { zone, hostnames: ["shop.example.com."] }, /bare hostname/],
  ["a single label, which may be a path of the API", { zone, hostnames: ["certificates"] }, /bare hostname/],
  ["characters outside ASCII", { zone, hostnames: ["bücher.example.com"] }, /xn--/],
  ["no hostname", { zone, hostnames: [] }, /at least one/],
  ["a zone's name", { zone: "example.com", hostnames: ["shop.example.com"] }, /zone's id/],
  ["an unknown field", { zone, hostnames: ["shop.example.com"], host: "x" }, /host/],
];

test.each(refused)("hostnameTarget refuses %s", (_, target, message) => {
  const result = hostnameTarget.safeParse(target);
  expect(result.success).toBe(false);
  expect(result.error?.issues.map((issue) => issue.message).join("; ")).toMatch(message);
});
