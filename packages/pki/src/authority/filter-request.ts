import { HandfastError } from "@handfast/core";
import { child, children, keyUsages, readDer, readOid, readWholeDer } from "@handfast/core/certificates";
import {
  type AlternativeName,
  checkNameCount,
  type NameKind,
  readAlternativeNames,
} from "../name/alternative-name.ts";
import type { DroppedRequest } from "./leaf.ts";
import type { Profile } from "./profile.ts";
import type { CheckedCsr } from "./read-csr.ts";

/** What a profile leaves of the names and extensions of a request. */
export interface FilteredRequest {
  readonly names: readonly AlternativeName[];
  readonly dropped: readonly DroppedRequest[];
}

/**
 * Takes from a request what its profile allows. Names are the only thing that a request decides; of other extensions it
 * is told which of their wishes the leaf does not meet.
 *
 * @throws HandfastError `CERTIFICATE_UNREADABLE` when an extension has not the form that its OID promises,
 *   `CERTIFICATE_UNSUITABLE` for more than 1,000 names
 */
export function filterRequest(csr: CheckedCsr, profile: Profile, subjectKeyId: Uint8Array): FilteredRequest {
  const names: AlternativeName[] = [];
  const dropped: DroppedRequest[] = [];
  const drop = (part: DroppedRequest["part"], value: string): number => dropped.push({ part, value });
  for (const [id, value] of csr.extensions) {
    try {
      if (id === "2.5.29.17")
        for (const name of readAlternativeNames(value))
          if (profile.names.includes(name.kind as NameKind)) names.push(name);
          else drop("names", `${name.kind}=${name.value}`);
      else for (const wish of unmet(id, value, csr, profile, subjectKeyId)) drop("extensions", wish);
    } catch (cause) {
      throw new HandfastError(
        "CERTIFICATE_UNREADABLE",
        `read request failed [extension=${id}]: its value has not the form of this extension; make the request again`,
        {},
        { cause },
      );
    }
  }
  checkNameCount(names.length);
  return { names, dropped };
}

/** Wishes of one extension that the leaf will not meet. */
function unmet(
  id: string,
  value: Uint8Array,
  { publicKey }: CheckedCsr,
  profile: Profile,
  subjectKeyId: Uint8Array,
): readonly string[] {
  if (id === "2.5.29.19") {
    const ca = children(readWholeDer(value)).some((part) => part.tag === 0x01 && part.value[0] !== 0);
    return ca ? ["basicConstraints CA:TRUE"] : [];
  }
  if (id === "2.5.29.15") {
    const bits = child([readDer(value)], 0).value.subarray(1);
    const allowed: readonly string[] = profile.keyUsage[publicKey.algorithm.type] ?? [];
    return keyUsages
      .filter((usage, bit) => ((bits[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1 && !allowed.includes(usage))
      .map((usage) => `keyUsage ${usage}`);
  }
  if (id === "2.5.29.37")
    return children(readWholeDer(value))
      .map(readOid)
      .filter((purpose) => !profile.extendedKeyUsage.includes(purpose))
      .map((purpose) => `extendedKeyUsage ${purpose}`);
  if (id === "2.5.29.14")
    return Buffer.compare(readDer(value).value, subjectKeyId) === 0 ? [] : ["subjectKeyIdentifier"];
  return [id];
}
