import { isHandfastError, systemClock } from "@handfast/core";
import type { VerdictCode } from "@handfast/core/accept";
import { judge, opensslIdentity, type RulePack } from "@handfast/core/rules";
import { wouldAccept } from "../accept/would-accept.ts";
import type { CertificateInput } from "../certificate/read-certificates.ts";
import type { KeyHandle } from "../key/key-handle.ts";
import { readKey } from "../key/read-key.ts";
import { type CertificateFinding, type CheckOptions, unreadable } from "./finding.ts";
import { readMaterial } from "./read-material.ts";

/** What is to be shown to a verifier. */
export interface CheckIdentityInput {
  /** Leaf first, then its intermediates. */
  readonly chain: CertificateInput;
  /** A handle, or PEM. @default none, so nothing is said of it */
  readonly key?: KeyHandle | string | undefined;
  readonly passphrase?: string | undefined;
  /** Whom the verifier trusts; without it the chain is checked only in itself. */
  readonly anchors?: CertificateInput | undefined;
}

/** How an identity is checked. */
export interface CheckIdentityOptions extends CheckOptions {
  /** Whose rules: `rulePacks.acmImport` and the like. @default rulePacks.opensslIdentity */
  readonly rules?: RulePack<"identity"> | undefined;
}

/**
 * What a provider would refuse of a client certificate with its chain and key, or may come to; and, with anchors, why a
 * verifier that trusts them would refuse it ({@link wouldAccept}). Never throws on content.
 *
 * Codes: those of the rules (`docs/rules.md`), those of verdicts (`VerdictCode`), and `chain-unreadable`,
 * `anchors-unreadable`, `key-unreadable`, `key-encrypted`.
 *
 * @example
 * ```ts
 * import { checkIdentity, type KeyHandle, rulePacks } from "@handfast/pki";
 *
 * export function problems(chain: string, key: KeyHandle, anchors: string): string[] {
 *   const rules = rulePacks.cloudflareOriginPullIdentity;
 *   return checkIdentity({ chain, key, anchors }, { rules }).map((finding) => finding.message);
 * }
 * ```
 */
export function checkIdentity(
  input: CheckIdentityInput,
  options: CheckIdentityOptions = {},
): readonly CertificateFinding[] {
  const { clock = systemClock, soonDays, rules = opensslIdentity } = options;
  const at = clock.now();
  const { certificates, given, findings } = readMaterial(input.chain, "chain-unreadable");
  const key = readHandle(input);
  const known = "finding" in key ? undefined : key;
  const anchors = digestsOf(input.anchors);
  const judged = judge(rules, { certificates, given, key: known, anchors }, { at, soonDays });
  const found = [...findings, ...("finding" in key ? [key.finding] : []), ...judged];
  if (certificates.length === 0 && found.length === 0)
    return [unreadable("chain-unreadable", "there is no certificate")];
  if (certificates.length === 0 || input.anchors === undefined) return found;
  return [
    ...found,
    ...refusal(input.chain, input.anchors, { at, partialChain: rules.partialChain === true }, found),
  ];
}

/** What the rules say in other words of the same fault. */
const sameFault: Partial<Record<VerdictCode, readonly string[]>> = {
  expired: ["expired"],
  "not-yet-valid": ["not-yet-valid"],
  "wrong-purpose": ["leaf-without-client-auth", "lacks-digital-signature"],
  "path-length": ["path-too-long"],
  "key-too-weak": ["key-unsuitable"],
  "signature-too-weak": ["signature-unsuitable"],
};

function refusal(
  chain: CertificateInput,
  anchors: CertificateInput,
  { at, partialChain }: { readonly at: number; readonly partialChain: boolean },
  found: readonly CertificateFinding[],
): readonly CertificateFinding[] {
  let seen: ReturnType<typeof wouldAccept>;
  try {
    seen = wouldAccept(chain, { anchors }, { at, rules: { partialChain } });
  } catch (cause) {
    if (!isHandfastError(cause)) throw cause;
    return [unreadable("anchors-unreadable", cause.message)];
  }
  const { verdict, code, reason } = seen;
  const blocked = new Set(found.filter(({ severity }) => severity === "blocker").map((one) => one.code));
  if (verdict === "accepted" || sameFault[code]?.some((other) => blocked.has(other))) return [];
  return [
    {
      code,
      severity: verdict === "refused" ? "blocker" : "warning",
      message: reason,
      mend:
        code === "no-issuer" || code === "self-signed"
          ? "add the missing intermediate to the chain, or the issuer to the trusted CAs"
          : "issue it anew so that a verifier with these anchors takes it",
    },
  ];
}

/** What is an anchor is not asked about; anchors that can't be read are told of elsewhere. */
function digestsOf(anchors: CertificateInput | undefined): readonly string[] {
  if (anchors === undefined) return [];
  return readMaterial(anchors, "anchors-unreadable").certificates.map(({ facts }) => facts.sha256);
}

type KeyKnown = {
  readonly spki: string | undefined;
  readonly encrypted: boolean;
  readonly bytes: number | undefined;
  readonly withParameters?: boolean;
};

function readHandle({
  key,
  passphrase,
}: CheckIdentityInput): KeyKnown | { readonly finding: CertificateFinding } {
  if (key === undefined) return { spki: undefined, encrypted: false, bytes: undefined };
  if (typeof key !== "string") return { spki: key.spki, encrypted: false, bytes: exportedBytes(key) };
  try {
    const handle = readKey(key, { passphrase });
    return {
      spki: handle.spki,
      encrypted: false,
      bytes: exportedBytes(handle),
      withParameters: key.includes("-----BEGIN EC PARAMETERS-----"),
    };
  } catch (cause) {
    if (!isHandfastError(cause)) throw cause;
    const code = cause.code === "KEY_ENCRYPTED" ? "key-encrypted" : "key-unreadable";
    const mend = "give the key that belongs to the certificate, with its passphrase";
    return { finding: { code, severity: "blocker", message: cause.message, mend } };
  }
}

/** How long the key is as PEM, where it may leave its store. */
function exportedBytes(key: KeyHandle): number | undefined {
  return key.export?.().length;
}
