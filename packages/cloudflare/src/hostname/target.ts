import { z } from "zod";

/** Hostnames of one zone, whose origin pulls are to show one thing. */
export interface HostnameTarget {
  /** Id of the zone: 32 lower-case hex digits, on the zone's overview page. */
  readonly zone: string;
  /** The hostnames, each a presenter of its own. No wildcards: an association is for one exact name. */
  readonly hostnames: readonly string[];
  /** True for custom hostnames (Cloudflare for SaaS) of this zone, which don't end in the zone's name. */
  readonly customHostnames?: boolean | undefined;
  /**
   * True sends the identity's intermediates along with the leaf. Cloudflare documents a leaf only, so a chain is
   * refused at planning unless this agrees to try it.
   */
  readonly sendChain?: boolean | undefined;
  /**
   * The least SSL mode that is to hold, from `full` over `strict` to `origin_pull`: a safer one that is there is left.
   * Left out, the mode is read and never written, and one in which nothing can be shown (`off`, `flexible`) is refused.
   */
  readonly ssl?: "full" | "strict" | "origin_pull" | undefined;
  /**
   * Where the mode is written: `rule`, a Configuration Rule for exactly this hostname; `zone`, the zone's setting, which
   * changes every hostname of the zone that no rule is about.
   *
   * @default "rule"
   */
  readonly sslBy?: "rule" | "zone" | undefined;
}

const hostname = z
  .string()
  .max(253, "a hostname has at most 253 characters")
  .check((context) => {
    const message = mistakeOf(context.value);
    if (message !== undefined) context.issues.push({ code: "custom", message, input: context.value });
  });

/** What stands in a spec beside `adapter` and `shows`. */
export const hostnameTarget = z.strictObject({
  zone: z
    .string()
    .regex(
      /^[0-9a-f]{32}$/,
      "give the zone's id, 32 lower-case hex digits (on its overview page), not its name",
    ),
  hostnames: z.array(hostname).min(1, "name at least one hostname"),
  customHostnames: z.boolean().optional(),
  sendChain: z.boolean().optional(),
  ssl: z.enum(["full", "strict", "origin_pull"]).optional(),
  sslBy: z.enum(["rule", "zone"]).optional(),
});

function mistakeOf(name: string): string | undefined {
  if (name.includes("*")) {
    return "wildcards have no meaning for per-hostname origin pulls; name each hostname";
  }
  if (name !== name.toLowerCase()) return "write hostnames in lower case";
  if (/[^\x21-\x7e]/.test(name)) return "write international names in their xn-- form";
  const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;
  const labels = name.split(".");
  if (labels.length < 2 || !labels.every((part) => label.test(part))) {
    return "give a bare hostname such as shop.example.com: no scheme, port, path or final dot";
  }
  return undefined;
}
