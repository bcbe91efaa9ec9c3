import { type Authority, type Profile, profiles } from "@handfast/pki";
import { beforeAll, expect, it } from "vitest";
import { ecKey, makeRoot } from "../world.ts";

const clientAuth = "1.3.6.1.5.5.7.3.2";
let root: Authority;
let publicKey: Uint8Array;

beforeAll(async () => {
  root = await makeRoot("root");
  ({ publicKey } = await ecKey());
});

const issue = (changes: Partial<Profile>) =>
  root.issueFor(
    { publicKey, subject: "CN=a" },
    { profile: { ...profiles.device, name: "mine", requires: undefined, ...changes } },
  );

it.each<[string, Partial<Profile>, string]>([
  ["names that it does not allow", { names: [], requires: { names: true } }, "requires.names"],
  [
    "attributes that it does not allow",
    { subject: ["CN"], requires: { subject: ["CN", "O"] } },
    "requires.subject.1",
  ],
  ["a purpose twice", { extendedKeyUsage: [clientAuth, clientAuth] }, "extendedKeyUsage"],
  ["a second arc above 39", { extendedKeyUsage: ["1.99.1"] }, "extendedKeyUsage.0"],
])("a profile that asks for %s is refused", async (_, changes, path) => {
  await expect(issue(changes)).rejects.toMatchObject({
    code: "CERTIFICATE_UNSUITABLE",
    message: expect.stringContaining(`${path}: `),
  });
});

it.each<[string, Partial<Profile>]>([
  ["an attribute under its OID", { subject: ["CN"], requires: { subject: ["2.5.4.3"] } }],
  ["an OID below 2 with a large second arc", { extendedKeyUsage: ["2.999.1"] }],
])("a profile may ask for %s", async (_, changes) => {
  expect((await issue(changes)).facts.subject).toBe("CN=a");
});
