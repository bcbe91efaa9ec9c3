const known = new Map<string, RegExp>();

/**
 * Whether a path, without its query, fits a cache behaviour's pattern: `*` stands for any characters, `?` for one, and
 * case counts; a slash in front may be left out (developer guide page "Cache behavior settings").
 */
export function fitsPattern(pattern: string, path: string): boolean {
  let expression = known.get(pattern);
  if (expression === undefined) {
    const text = pattern.startsWith("/") || pattern.startsWith("*") ? pattern : `/${pattern}`;
    const source = text
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".");
    expression = new RegExp(`^${source}$`, "s");
    known.set(pattern, expression);
  }
  return expression.test(path);
}
