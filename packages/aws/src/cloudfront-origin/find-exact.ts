import { readCertificate, type WriteContext } from "@handfast/core";
import type { CertificateRecord, Certificates } from "../acm/port.ts";
import { bundleIn, isOwn, type Tags, whyUnreadable } from "./certificates.ts";
import type { Imports } from "./imports.ts";
import { type Bundle, bundleName } from "./state.ts";

/** An imported certificate with its tags. */
export interface Imported extends CertificateRecord {
  readonly tags: Tags;
}

/** Those of some imported certificates that are exactly this one, whoever imported them; those of handfast's first. */
export async function findExact(
  bundle: Bundle,
  records: readonly CertificateRecord[],
  { certificates, imports }: { readonly certificates: Certificates; readonly imports: Imports },
  context: Pick<WriteContext, "bytes" | "clock" | "signal">,
): Promise<readonly Imported[]> {
  const { notBefore, notAfter } = readCertificate(await context.bytes(bundle.certificate));
  const found: Imported[] = [];
  for (const record of records) {
    // Of thousands of certificates next to none agrees in both.
    if (!isSameSecond(record.notBefore, notBefore) || !isSameSecond(record.notAfter, notAfter)) continue;
    try {
      const held = bundleIn(await imports.content(record, certificates, context));
      if (bundleName(held) !== bundleName(bundle)) continue;
    } catch (error) {
      if (whyUnreadable(error) !== "it is not in ACM") throw error;
      continue;
    }
    const tags = await imports.tags(record, certificates, context);
    if (tags !== undefined) found.push({ ...record, tags });
  }
  return [...found.filter(isOwn), ...found.filter((one) => !isOwn(one))];
}

function isSameSecond(one: number, other: number): boolean {
  return Math.abs(one - other) < 1_000;
}
