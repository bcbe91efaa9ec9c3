import { HandfastError } from "@handfast/core";
import { canonicalName, child, children, type DerNode, readWholeDer } from "@handfast/core/certificates";
import { elementOf, sequence } from "../der/write-der.ts";

/**
 * The value of name constraints that permits what both values permit, and excludes what either excludes.
 *
 * @throws HandfastError `CERTIFICATE_UNSUITABLE` when there is a kind of name of which both permit some and none alike;
 *   RangeError when a value is none
 */
export function intersectConstraints(one: Uint8Array, other: Uint8Array): Uint8Array {
  const [ours, theirs] = [readSubtrees(one), readSubtrees(other)];
  const permitted: DerNode[] = [];
  for (const tag of new Set([...ours.permitted, ...theirs.permitted].map((subtree) => baseOf(subtree).tag))) {
    const [left = [], right = []] = [ours, theirs].map((list) =>
      list.permitted.filter((subtree) => baseOf(subtree).tag === tag),
    );
    const common =
      left.length === 0 || right.length === 0
        ? [...left, ...right]
        : [
            ...left.filter((subtree) => right.some((outer) => lies(baseOf(subtree), baseOf(outer)))),
            ...right.filter((subtree) => left.some((outer) => lies(baseOf(subtree), baseOf(outer)))),
          ];
    if (common.length === 0)
      throw new HandfastError(
        "CERTIFICATE_UNSUITABLE",
        `intersect name constraints failed: both permit ${kinds[tag] ?? "other"} names, and none that the other one permits too; give some that lie inside`,
      );
    for (const subtree of common) permitted.push(subtree);
  }
  const lists = [permitted, [...ours.excluded, ...theirs.excluded]].map(distinct);
  return sequence(...lists.flatMap((list, tag) => (list.length === 0 ? [] : [elementOf(0xa0 | tag, list)])));
}

/** Kinds of GeneralName (RFC 5280, 4.2.1.6) by tag. */
const kinds: Readonly<Record<number, string>> = {
  129: "email",
  130: "dns",
  134: "uri",
  135: "ip",
  164: "directory",
};

interface Subtrees {
  readonly permitted: readonly DerNode[];
  readonly excluded: readonly DerNode[];
}

function readSubtrees(value: Uint8Array): Subtrees {
  const parts = children(readWholeDer(value));
  const list = (tag: number): readonly DerNode[] =>
    parts.filter((part) => part.tag === tag).flatMap((part) => children(part));
  return { permitted: list(0xa0), excluded: list(0xa1) };
}

function baseOf(subtree: DerNode): DerNode {
  return child(children(subtree), 0);
}

function distinct(subtrees: readonly DerNode[]): Uint8Array[] {
  return [...new Map(subtrees.map(({ whole }) => [Buffer.from(whole).toString("latin1"), whole])).values()];
}

/** Whether all names below one base lie below another one of the same kind. */
function lies({ tag, value }: DerNode, outer: DerNode): boolean {
  if (Buffer.compare(value, outer.value) === 0) return true;
  if (kinds[tag] === "ip") return liesInRange(value, outer.value);
  if (kinds[tag] === "directory") return canonicalName(value).startsWith(canonicalName(outer.value));
  if (kinds[tag] === undefined) return false;
  const [inside, around] = [value, outer.value].map((text) =>
    Buffer.from(text).toString("latin1").toLowerCase(),
  );
  if (inside === undefined || around === undefined || around.includes("@")) return false;
  const host = inside.slice(inside.lastIndexOf("@") + 1);
  if (around === "") return true;
  if (around.startsWith(".")) return host.endsWith(around);
  return host === around || (kinds[tag] === "dns" && host.endsWith(`.${around}`));
}

/** Address and mask, one after the other, in those of another range. */
function liesInRange(range: Uint8Array, outer: Uint8Array): boolean {
  const half = outer.length / 2;
  if (range.length !== outer.length || !Number.isInteger(half)) return false;
  return outer.subarray(half).every((mask, index) => {
    const [address = 0, own = 0, other = 0] = [range[index], range[half + index], outer[index]];
    return (own & mask) === mask && (address & mask) === (other & mask);
  });
}
