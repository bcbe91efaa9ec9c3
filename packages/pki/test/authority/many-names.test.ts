import { type Authority, createCsr, type LocalKey, toPem } from "@handfast/pki";
import { beforeAll, describe, expect, it } from "vitest";
import { signDer } from "../../src/authority/sign-der.ts";
import { subjectAltName } from "../../src/certificate/write-extensions.ts";
import { element, explicit, oid, sequence, setOf } from "../../src/der/write-der.ts";
import { encodeAlternativeName } from "../../src/name/alternative-name.ts";
import { encodeName } from "../../src/name/encode-name.ts";
import { ecKey, makeRoot } from "../world.ts";

let root: Authority;
let key: LocalKey;

beforeAll(async () => {
  root = await makeRoot("root");
  key = await ecKey();
});

const list = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `n${index}.example.com`);
const tooMany = {
  code: "CERTIFICATE_UNSUITABLE",
  message: expect.stringContaining("1000 of them at most"),
};

describe("names without end", () => {
  it("are refused where the caller gives them", async () => {
    await expect(root.issueFor({ publicKey: key.publicKey, names: list(100_000) })).rejects.toMatchObject(
      tooMany,
    );
    await expect(createCsr({ subject: "CN=a", key, names: list(130_000) })).rejects.toMatchObject(tooMany);
    const leaf = await root.issueFor({ publicKey: key.publicKey, names: list(1_000) });
    expect(leaf.der.length).toBeGreaterThan(15_000);
  });

  it("are refused in a request", async () => {
    const names = list(130_000).map((value) => encodeAlternativeName({ kind: "dns", value }));
    const extensions = setOf(sequence(subjectAltName(names)));
    const content = sequence(
      element(0x02, Uint8Array.of(0)),
      encodeName("CN=a"),
      key.publicKey,
      explicit(0, sequence(oid("1.2.840.113549.1.9.14"), extensions)),
    );
    const csr = await signDer(content, key);
    await expect(root.issue(csr)).rejects.toMatchObject(tooMany);
    await expect(root.issue(toPem(csr, "CERTIFICATE REQUEST"))).rejects.toMatchObject(tooMany);
  });
});
