import { X509Certificate } from "node:crypto";
import { createAuthority, generateKey, normaliseBundle, rulePacks } from "@handfast/pki";
import { type Bench, cpuTime } from "./bench.ts";

const count = 1_000;

/** CA certificates that differ in serial and subject, as a file that somebody kept by hand. */
async function makeBundle(): Promise<{ readonly text: string; readonly pems: readonly string[] }> {
  const key = await generateKey({ type: "ec", curve: "P-256" });
  const pems: string[] = [];
  for (let index = 0; index < count; index += 1)
    pems.push((await createAuthority({ subject: `CN=Root ${index}`, key })).certificate.pem);
  const text = pems.map((pem, index) => `# Root ${index}\r\n${pem.replaceAll("\n", "\r\n")}\r\n`).join("");
  return { text, pems };
}

export const bench: Bench = {
  name: "pki-bundle",
  cases: [
    {
      name: "a bundle of 1,000 certificates read, normalised and judged",
      unit: "ms",
      against: "X509Certificate of Node for each",
      target: 8,
      rounds: 15,
      prepare: async () => {
        const { text, pems } = await makeBundle();
        return {
          ours: () => cpuTime(() => normaliseBundle(text, { rules: rulePacks.albBundle, at: Date.now() })),
          against: () => cpuTime(() => pems.map((pem) => new X509Certificate(pem))),
        };
      },
    },
  ],
};
