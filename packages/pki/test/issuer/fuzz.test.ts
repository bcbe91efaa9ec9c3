import { isHandfastError } from "@handfast/core";
import { readCertificates, toPem } from "@handfast/pki";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { caWorld, newRequest } from "./ca-world.ts";

/** What something ends in: the code of an error, or that there was none. A defect is thrown on. */
async function endOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "fine";
  } catch (error) {
    if (isHandfastError(error)) return error.code;
    throw error;
  }
}

/** One bit of a certificate turned over, as PEM. */
function turn(pem: string, at: number): string {
  const [certificate] = readCertificates(pem);
  const der = Uint8Array.from(certificate?.der ?? []);
  const octet = Math.floor(at / 8) % der.length;
  der[octet] = (der[octet] ?? 0) ^ (1 << (at % 8));
  return toPem(der);
}

describe("serverlessCa", () => {
  let world: ReturnType<typeof caWorld>;
  let csr: string;
  let leaf: string;
  beforeAll(async () => {
    world = caWorld();
    csr = (await newRequest()).csr;
    leaf = (await world.issuer.issue(csr)).pem;
  });
  afterAll(() => world.close());

  it("ends every answer in a coded error or a certificate", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.jsonValue(),
          fc.record({ Base64Certificate: fc.oneof(fc.string(), fc.base64String(), fc.jsonValue()) }),
          fc.record({ error: fc.jsonValue() }),
          fc.record({
            Base64Certificate: fc
              .string()
              .map((text) => Buffer.from(`-----BEGIN CERTIFICATE-----\n${text}`).toString("base64")),
          }),
        ),
        async (answer) => {
          world.answerWith(answer);
          expect(await endOf(world.issuer.issue(csr))).toMatch(/^REMOTE_/);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("takes no certificate of which a bit was turned over", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (at) => {
        world.answerWith({ Base64Certificate: Buffer.from(turn(leaf, at)).toString("base64") });
        expect(await endOf(world.issuer.issue(csr))).toMatch(/^REMOTE_UNEXPECTED$|^CERTIFICATE_/);
      }),
      { numRuns: 200 },
    );
    world.answerWith({ Base64Certificate: Buffer.from(leaf).toString("base64") });
    expect(await endOf(world.issuer.issue(csr))).toBe("fine");
  });

  it("takes no bundle of which a bit was turned over", async () => {
    const { root = "", issuing = "" } = world.ca;
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.boolean(), async (at, isRoot) => {
        await world.put(
          "serverless-ca-bundle-dev.pem",
          isRoot ? turn(root, at) + issuing : root + turn(issuing, at),
        );
        expect(await endOf(world.issuer.trust())).toMatch(/^CERTIFICATE_/);
      }),
      { numRuns: 200 },
    );
  });
});
