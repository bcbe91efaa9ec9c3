import { X509Certificate } from "node:crypto";
import { readCertificate } from "@handfast/core";
import { createAuthority, createCsr, generateKey } from "@handfast/pki";
import { type Bench, cpuTime } from "./bench.ts";

const count = 1_000;

/** Certificates that differ in serial and subject; one key serves all, since making keys is not measured. */
async function makeCertificates(): Promise<readonly Uint8Array[]> {
  const key = await generateKey({ type: "ec", curve: "P-256" });
  const root = await createAuthority({ subject: "CN=Bench Root", key });
  const made: Uint8Array[] = [];
  for (let index = 0; index < count; index += 1) {
    const leaf = await root.issue(await createCsr({ subject: `CN=host-${index}.example.com`, key }));
    made.push(leaf.der);
  }
  return made;
}

export const bench: Bench = {
  name: "certificates",
  cases: [
    {
      name: "1,000 certificates read into facts",
      unit: "ms",
      against: "X509Certificate of Node alone",
      // Measured 4.7 to 6.3: Node decodes lazily, and we ask for every field and hash the key.
      target: 8,
      rounds: 15,
      prepare: async () => {
        const ders = await makeCertificates();
        return {
          ours: () => cpuTime(() => ders.map((der) => readCertificate(der))),
          against: () => cpuTime(() => ders.map((der) => new X509Certificate(der))),
        };
      },
    },
  ],
};
