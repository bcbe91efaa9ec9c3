import type { CauseText } from "../symptom.ts";
import { certificateCauses } from "./certificate.ts";
import { connectionCauses } from "./connection.ts";
import { edgeCauses } from "./edge.ts";

const unknown = {
  "not-known": {
    what: "What was given does not tell why.",
    check:
      "openssl s_client -connect HOST:443 -servername HOST -msg, curl -v, or probe() of @handfast/pki, and explain() what they print; with the server's error log, or its connection log, of that second",
    mend: "Nothing yet: learn more first. If a change went out just before, take the verifier back to the mode before it.",
    sources: ["RFC 8446, 6", "handfast: docs/when-it-stops.md"],
  },
} as const satisfies Readonly<Record<string, CauseText>>;

/** Every cause by its code. */
export const causes = { ...certificateCauses, ...connectionCauses, ...edgeCauses, ...unknown } as const;

/** Code of a cause. */
export type CauseCode = keyof typeof causes;

/** Causes that presuppose that the client was asked for a certificate on this connection. */
export const clientCertificateCauses: readonly CauseCode[] = [
  ...(Object.keys(certificateCauses) as (keyof typeof certificateCauses)[]),
  "silent-refusal",
];

/** Causes that presuppose that the client showed a certificate. */
export const shownCauses: readonly CauseCode[] = (
  Object.keys(certificateCauses) as (keyof typeof certificateCauses)[]
).filter((code) => !["nothing-shown", "cannot-sign", "not-chosen", "client-file-unusable"].includes(code));

/** Causes by which the client showed none. */
export const notShownCauses: readonly CauseCode[] = [
  "nothing-shown",
  "cannot-sign",
  "not-chosen",
  "client-file-unusable",
];
