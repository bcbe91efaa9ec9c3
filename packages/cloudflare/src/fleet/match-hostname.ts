import { HandfastError } from "@handfast/core";

/**
 * A test for patterns: a hostname by itself, or `*.` before a name, which stands for one label or more as in DNS (RFC
 * 4592). Without patterns every hostname matches.
 *
 * @throws HandfastError `SPEC_INVALID` for a pattern of another form
 */
export function matcherOf(patterns: readonly string[] | undefined): (hostname: string) => boolean {
  if (patterns === undefined) return () => true;
  const tests = patterns.map((given) => {
    const pattern = given.toLowerCase();
    const rest = pattern.startsWith("*.") ? pattern.slice(1) : undefined;
    const name = rest === undefined ? pattern : rest.slice(1);
    if (!/^[a-z0-9_-]+(\.[a-z0-9_-]+)+$/.test(name)) throw badPattern(given);
    return (hostname: string) =>
      rest === undefined ? hostname === pattern : hostname.length > rest.length && hostname.endsWith(rest);
  });
  return (hostname) => tests.some((test) => test(hostname));
}

function badPattern(pattern: string): HandfastError {
  return new HandfastError(
    "SPEC_INVALID",
    `match hostnames failed: "${pattern.slice(0, 80)}" is no pattern; give a hostname, or "*." before one`,
  );
}
