import { createAuthority, generateKey, type LeafRequest } from "@handfast/pki";
import { importSigner, makeForeignLeaf, x509 } from "../packages/pki/test/authority/peculiar.ts";
import { type Bench, cpuTime } from "./bench.ts";

/** Public keys whose leaves differ in serial, subject and name. Making keys is not measured, so a few serve all. */
async function makeRequests(count: number): Promise<readonly LeafRequest[]> {
  const keys = await Promise.all(
    Array.from({ length: 32 }, () => generateKey({ type: "ec", curve: "P-256" })),
  );
  return Array.from({ length: count }, (_, index) => ({
    publicKey: keys[index % keys.length]?.publicKey ?? new Uint8Array(),
    subject: `CN=device-${index},O=Example`,
    names: [`device-${index}.example.com`],
  }));
}

async function prepareOurs(count: number) {
  const key = await generateKey({ type: "ec", curve: "P-256" });
  const root = await createAuthority({ subject: "CN=Bench Root", key });
  const requests = await makeRequests(count);
  const issue = async (): Promise<void> => {
    let bytes = 0;
    for await (const { der } of root.issueMany(requests, { profile: "device" })) bytes += der.length;
    if (bytes < 400 * count) throw new Error("leaves are missing");
  };
  return { key, root, requests, issue };
}

export const bench: Bench = {
  name: "pki-leaves",
  cases: [
    {
      name: "10,000 P-256 leaves for given public keys",
      unit: "ms",
      against: "as many signatures of what is in them",
      // Half of the raw rate.
      target: 2,
      prepare: async () => {
        const count = 10_000;
        const { key, issue } = await prepareOurs(count);
        const content = new Uint8Array(400);
        return {
          ours: () => cpuTime(issue),
          against: () =>
            cpuTime(() => {
              for (let index = 0; index < count; index += 1) key.signSync?.(content, "sha256");
            }),
        };
      },
    },
    {
      name: "1,000 P-256 leaves for given public keys",
      unit: "ms",
      against: "X509CertificateGenerator of @peculiar/x509",
      target: 0.1,
      prepare: async () => {
        const { key, root, requests, issue } = await prepareOurs(1_000);
        const signer = await importSigner(key.export(), { name: "ECDSA", namedCurve: "P-256" });
        const { notBefore, notAfter } = root.certificate.facts;
        const authority = new x509.PublicKey(key.publicKey as Uint8Array<ArrayBuffer>);
        const foreign = async ({ publicKey, names: [name = ""] = [] }: LeafRequest, index: number) => {
          const spki = publicKey as Uint8Array<ArrayBuffer>;
          return makeForeignLeaf(
            {
              serial: (2 ** 40 + index).toString(16),
              issuer: [["CN", "Bench Root"]],
              subject: [
                ["O", "Example"],
                ["CN", `device-${index}`],
              ],
              notBefore,
              notAfter,
              publicKey: spki,
              extensions: [
                new x509.BasicConstraintsExtension(false, undefined, true),
                new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
                new x509.ExtendedKeyUsageExtension(["1.3.6.1.5.5.7.3.2"]),
                await x509.AuthorityKeyIdentifierExtension.create(authority),
                await x509.SubjectKeyIdentifierExtension.create(new x509.PublicKey(spki)),
                new x509.SubjectAlternativeNameExtension([{ type: "dns", value: name }]),
              ],
            },
            signer,
          );
        };
        return {
          ours: () => cpuTime(issue),
          against: () =>
            cpuTime(async () => {
              for (const [index, request] of requests.entries()) await foreign(request, index);
            }),
        };
      },
      rounds: 3,
    },
  ],
};
