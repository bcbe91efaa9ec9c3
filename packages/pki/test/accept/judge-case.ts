import { isHandfastError } from "@handfast/core";
import { type Acceptance, wouldAccept } from "@handfast/pki";
import { now, pem } from "./make-certificate.ts";
import type { MatrixCase } from "./matrix-case.ts";

/** What wouldAccept says of a case. What can't even be read is refused. */
export function judgeCase(one: MatrixCase): Pick<Acceptance, "verdict" | "code" | "reason"> {
  const { leaf, sent, anchors, lists = [], partial, level = 0, depth = 100 } = one;
  try {
    return wouldAccept(
      [leaf, ...sent].map(({ der }) => pem(der)).join(""),
      { anchors: anchors.map(({ der }) => pem(der)).join(""), crls: lists },
      { at: now, rules: { partialChain: partial === true, securityLevel: level, maxIntermediates: depth } },
    );
  } catch (error) {
    if (!isHandfastError(error) || error.code !== "CERTIFICATE_UNREADABLE") throw error;
    return { verdict: "refused", code: "malformed-extension", reason: error.message };
  }
}
