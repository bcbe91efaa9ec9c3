import { type ErrorDetails, HandfastError } from "@handfast/core";
import { labelDer, type PemBlock, readBlocks } from "@handfast/core/certificates";

/** The one private key of an input, not yet opened. */
export interface KeyBlock {
  /** `PRIVATE KEY`, `ENCRYPTED PRIVATE KEY`, `RSA PRIVATE KEY` or `EC PRIVATE KEY`. */
  readonly label: string;
  /** Undefined for a block with headers, as the old form of an encrypted key is. */
  readonly der: Uint8Array | undefined;
  /** The PEM of the block, where {@link KeyBlock.der} is undefined. */
  readonly text: string | undefined;
  readonly encrypted: boolean;
  /** For errors: the source, and the block in it. */
  readonly where: string;
  readonly details: ErrorDetails;
}

/** Kinds of keys that are not read: why, and what makes them ones that are. */
const foreign: ReadonlyMap<string, readonly [reason: string, mend: string]> = new Map([
  [
    "OPENSSH PRIVATE KEY",
    ["it is in OpenSSH's own form", "ssh-keygen -p -m PKCS8 turns a copy of it into PKCS#8"],
  ],
  ["DSA PRIVATE KEY", ["DSA is not supported", "make an RSA or EC key"]],
]);
const unknownKind = ["its kind is not known", "give PKCS#8, PKCS#1 or SEC 1"] as const;

const known = ["PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"];

/**
 * Finds the one private key in a PEM text, among certificates or not, or in DER.
 *
 * @param source where the input comes from, for errors: `file ca.key`
 * @throws HandfastError `KEY_UNREADABLE` when there is none, or several, or the PEM is damaged
 */
export function findKey(input: string | Uint8Array, source: string): KeyBlock {
  if (input.length === 0)
    throw unreadable({ where: source, details: {} }, "it is empty", "give a private key");
  if (typeof input === "string") return findBlock(input, source);
  const label = labelDer(input);
  if (label === undefined) return findBlock(Buffer.from(input).toString("utf8"), source);
  const at = { where: `${source}, DER`, details: { facts: { source, label } } };
  if (!known.includes(label))
    throw unreadable(at, `it holds a ${label} in DER, no private key`, "give the private key");
  return { ...at, label, der: input, text: undefined, encrypted: label === "ENCRYPTED PRIVATE KEY" };
}

function findBlock(text: string, source: string): KeyBlock {
  if (text.trim() === "")
    throw unreadable({ where: source, details: {} }, "it is empty", "give a private key");
  const blocks = readBlocks(text);
  if ("reason" in blocks)
    throw unreadable(
      { where: `${source}, line ${blocks.line}`, details: { line: blocks.line, facts: { source } } },
      blocks.reason,
      "give the PEM as it was written",
    );
  const keys = blocks.filter(({ label }) => label.endsWith("PRIVATE KEY"));
  const [block] = keys;
  if (block === undefined || keys.length > 1) throw refuseCount(blocks, keys, source);
  const index = blocks.indexOf(block) + 1;
  const { label, line, der } = block;
  const at = {
    where: `${source}, block ${index} of ${blocks.length}, ${label}, line ${line}`,
    details: { line, facts: { source, block: index, label } },
  };
  if (!known.includes(label)) throw unreadable(at, ...(foreign.get(label) ?? unknownKind));
  const encrypted =
    label === "ENCRYPTED PRIVATE KEY" || /^[ \t]*Proc-Type:[ \t]*4,[ \t]*ENCRYPTED/m.test(block.body);
  return { ...at, label, der, text: der === undefined ? textOf(block) : undefined, encrypted };
}

/** The block alone, its lines without white space around them and with LF. */
function textOf({ label, body }: PemBlock): string {
  const rows = body.split(/\r\n?|\n/).map((row) => row.trim());
  return [`-----BEGIN ${label}-----`, ...rows.slice(0, -1), `-----END ${label}-----`, ""].join("\n");
}

function refuseCount(blocks: readonly PemBlock[], keys: readonly PemBlock[], source: string): HandfastError {
  const list = (of: readonly PemBlock[]): string =>
    of
      .slice(0, 5)
      .map((block) => `block ${blocks.indexOf(block) + 1} (${block.label}, line ${block.line})`)
      .join(", ") + (of.length > 5 ? ", …" : "");
  const [reason, mend] =
    keys.length > 1
      ? [`it holds ${keys.length} private keys: ${list(keys)}`, "keep one"]
      : blocks.length > 0
        ? [`it holds no private key, but ${list(blocks)}`, "give the key that belongs to it"]
        : ["it holds no PEM", "give a private key as PEM or DER"];
  const at = keys[1] ?? blocks[0];
  return unreadable({ where: source, details: { line: at?.line, facts: { source } } }, reason, mend);
}

/** A refusal with its coordinates; nothing of the key gets into it. */
export function unreadable(
  { where, details }: Pick<KeyBlock, "where" | "details">,
  reason: string,
  mend: string,
  cause?: unknown,
): HandfastError {
  return new HandfastError("KEY_UNREADABLE", `read key failed [${where}]: ${reason}; ${mend}`, details, {
    cause,
  });
}
