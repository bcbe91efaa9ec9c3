/** Whether a rule applies to a hostname; `unknown` when the expression is one that is not simulated. */
export type Applies = "yes" | "no" | "unknown";

/**
 * Evaluates a rule's expression for a hostname. Understood are `true`, `false`, `http.host eq|ne "h"`,
 * `http.host in {"a" "b"}`, `ends_with(http.host, ".x")`, `starts_with(http.host, "x")`, and these joined by
 * `and`, `or`, `not` and parentheses (`and` before `or`). Everything else is `unknown`, never silently "no";
 * `unknown or yes` is "yes", `unknown and no` is "no".
 *
 * Source: Cloudflare Ruleset Engine, "Rules language".
 */
export function readExpression(expression: string, hostname: string): Applies {
  const tokens = readTokens(expression);
  if (tokens === undefined) return "unknown";
  const reader = { tokens, at: 0, hostname: hostname.toLowerCase() };
  const applies = readOr(reader);
  return applies !== undefined && reader.at === tokens.length ? applies : "unknown";
}

interface Reader {
  readonly tokens: readonly string[];
  at: number;
  readonly hostname: string;
}

const tokenPattern = /\s*("(?:[^"\\]|\\.)*"|[A-Za-z_][\w.]*|==|!=|&&|\|\||[(){},!])/y;

function readTokens(expression: string): readonly string[] | undefined {
  const tokens: string[] = [];
  const text = expression.trim();
  const pattern = new RegExp(tokenPattern);
  while (pattern.lastIndex < text.length) {
    const token = pattern.exec(text)?.[1];
    if (token === undefined) return undefined;
    tokens.push(token);
  }
  return tokens;
}

function readOr(reader: Reader): Applies | undefined {
  let left = readAnd(reader);
  while (left !== undefined && accept(reader, "or", "||")) {
    const right = readAnd(reader);
    left = right === undefined ? undefined : or(left, right);
  }
  return left;
}

function readAnd(reader: Reader): Applies | undefined {
  let left = readNot(reader);
  while (left !== undefined && accept(reader, "and", "&&")) {
    const right = readNot(reader);
    left = right === undefined ? undefined : not(or(not(left), not(right)));
  }
  return left;
}

function readNot(reader: Reader): Applies | undefined {
  if (accept(reader, "not", "!")) {
    const operand = readNot(reader);
    return operand === undefined ? undefined : not(operand);
  }
  if (accept(reader, "(")) {
    const inner = readOr(reader);
    return accept(reader, ")") ? inner : undefined;
  }
  return readComparison(reader);
}

function readComparison(reader: Reader): Applies | undefined {
  if (accept(reader, "true")) return "yes";
  if (accept(reader, "false")) return "no";
  for (const name of ["ends_with", "starts_with"] as const) {
    if (!accept(reader, name)) continue;
    if (!accept(reader, "(") || !accept(reader, "http.host") || !accept(reader, ",")) return undefined;
    const part = readString(reader);
    if (part === undefined || !accept(reader, ")")) return undefined;
    const { hostname } = reader;
    return answer(name === "ends_with" ? hostname.endsWith(part) : hostname.startsWith(part));
  }
  if (!accept(reader, "http.host")) return readForeign(reader);
  if (accept(reader, "in")) {
    const names = readSet(reader);
    return names === undefined ? undefined : answer(names.includes(reader.hostname));
  }
  const negated = accept(reader, "ne", "!=");
  if (!negated && !accept(reader, "eq", "==")) return undefined;
  const name = readString(reader);
  return name === undefined ? undefined : answer((name === reader.hostname) !== negated);
}

/** A field that is not simulated: what it is compared with is read past, and the outcome is unknown. */
function readForeign(reader: Reader): Applies | undefined {
  if (!/^[a-z_][\w.]*$/i.test(reader.tokens[reader.at] ?? "")) return undefined;
  reader.at += 1;
  if (accept(reader, "in")) return readSet(reader) === undefined ? undefined : "unknown";
  if (!accept(reader, "eq", "==", "ne", "!=", "contains", "matches", "wildcard")) return "unknown";
  return readString(reader) === undefined && !accept(reader, "true", "false") ? undefined : "unknown";
}

function readSet(reader: Reader): readonly string[] | undefined {
  if (!accept(reader, "{")) return undefined;
  const names: string[] = [];
  while (!accept(reader, "}")) {
    const name = readString(reader);
    if (name === undefined) return undefined;
    names.push(name);
  }
  return names;
}

function readString(reader: Reader): string | undefined {
  const token = reader.tokens[reader.at];
  if (token === undefined || !token.startsWith('"')) return undefined;
  reader.at += 1;
  return token.slice(1, -1).replaceAll(/\\(.)/g, "$1");
}

function accept(reader: Reader, ...wanted: readonly string[]): boolean {
  const token = reader.tokens[reader.at];
  if (token === undefined || !wanted.includes(token)) return false;
  reader.at += 1;
  return true;
}

function answer(applies: boolean): Applies {
  return applies ? "yes" : "no";
}

function or(left: Applies, right: Applies): Applies {
  if (left === "yes" || right === "yes") return "yes";
  return left === "unknown" || right === "unknown" ? "unknown" : "no";
}

function not(applies: Applies): Applies {
  if (applies === "unknown") return "unknown";
  return applies === "yes" ? "no" : "yes";
}
