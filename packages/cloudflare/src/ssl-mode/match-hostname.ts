/**
 * Whether a Configuration Rule is about a hostname. Its expression is judged for what can be known of the hostname
 * alone; the rest is unknown, never false.
 *
 * Source: Cloudflare Rules language, "Expressions"; Rulesets API, phase `http_config_settings`.
 */

type Verdict = boolean | undefined;

/** Whether an expression holds for every request to a hostname (true), for none (false), or that is not known. */
export function matchesHostname(expression: string, hostname: string): Verdict {
  const tokens = expression.match(token) ?? [];
  // what the pattern skipped is no blank: an operator that is not known here
  if (expression.replace(token, "").trim() !== "") return undefined;
  const reader = new Reader(tokens, hostname);
  try {
    const verdict = reader.readOr();
    return reader.atEnd ? verdict : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const token = /"(?:[^"\\]|\\.)*"|&&|\|\||\^\^|==|!=|<=|>=|[(){}!,~<>]|[$A-Za-z0-9_.:/[\]*-]+/g;

class Reader {
  readonly #tokens: readonly string[];
  readonly #hostname: string;
  #at = 0;

  constructor(tokens: readonly string[], hostname: string) {
    this.#tokens = tokens;
    this.#hostname = hostname;
  }

  get atEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  readOr(): Verdict {
    let left = this.#readXor();
    while (this.#take("or", "||")) left = or(left, this.#readXor());
    return left;
  }

  #readXor(): Verdict {
    let left = this.#readAnd();
    while (this.#take("xor", "^^")) {
      const right = this.#readAnd();
      left = left === undefined || right === undefined ? undefined : left !== right;
    }
    return left;
  }

  #readAnd(): Verdict {
    let left = this.#readNot();
    while (this.#take("and", "&&")) left = not(or(not(left), not(this.#readNot())));
    return left;
  }

  #readNot(): Verdict {
    if (this.#take("not", "!")) return not(this.#readNot());
    if (this.#take("(")) {
      const inner = this.readOr();
      this.#expect(")");
      return inner;
    }
    return this.#readComparison();
  }

  #readComparison(): Verdict {
    const left = this.#next();
    if (left === "true" || left === "false") return left === "true";
    const isCall = this.#take("(");
    const field = isCall ? this.#readCall(left) : left === "http.host" ? this.#hostname : undefined;
    if (typeof field === "boolean") return field;
    if (this.atEnd || [")", "and", "&&", "or", "||", "xor", "^^"].includes(this.#peek())) return undefined;
    const operator = this.#next();
    if (operator === "strict") this.#next();
    const values = this.#readValues();
    return field === undefined || values === undefined ? undefined : compare(field, operator, values);
  }

  /** The value of a call, as far as it is known: text, or a verdict. */
  #readCall(name: string): string | Verdict {
    const args: string[] = [];
    for (let depth = 1; depth > 0; ) {
      const next = this.#next();
      if (next === "(") depth += 1;
      if (next === ")") depth -= 1;
      if (depth > 0 && next !== ",") args.push(next);
    }
    const [first, second] = args;
    if (first !== "http.host") return undefined;
    if (name === "lower" && args.length === 1) return this.#hostname;
    const text = second === undefined ? undefined : unquote(second);
    if (text === undefined || args.length !== 2) return undefined;
    if (name === "starts_with") return this.#hostname.startsWith(text);
    if (name === "ends_with") return this.#hostname.endsWith(text);
    return undefined;
  }

  #readValues(): string[] | undefined {
    if (!this.#take("{")) {
      const text = unquote(this.#next());
      return text === undefined ? undefined : [text];
    }
    const values: (string | undefined)[] = [];
    while (!this.#take("}")) values.push(unquote(this.#next()));
    const texts = values.filter((value) => value !== undefined);
    return texts.length === values.length ? texts : undefined;
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? "";
  }

  #next(): string {
    const next = this.#tokens[this.#at];
    if (next === undefined) throw new SyntaxError("the expression ends early");
    this.#at += 1;
    return next;
  }

  #take(...wanted: string[]): boolean {
    if (this.atEnd || !wanted.includes(this.#peek())) return false;
    this.#at += 1;
    return true;
  }

  #expect(wanted: string): void {
    if (!this.#take(wanted)) throw new SyntaxError(`no ${wanted}`);
  }
}

function compare(field: string, operator: string, values: readonly string[]): Verdict {
  const [value = ""] = values;
  switch (operator) {
    case "eq":
    case "==":
      return field === value;
    case "ne":
    case "!=":
      return field !== value;
    case "in":
      return values.includes(field);
    case "contains":
      return field.includes(value);
    default:
      return undefined;
  }
}

function or(left: Verdict, right: Verdict): Verdict {
  if (left === true || right === true) return true;
  return left === false && right === false ? false : undefined;
}

function not(verdict: Verdict): Verdict {
  return verdict === undefined ? undefined : !verdict;
}

function unquote(text: string): string | undefined {
  return text.startsWith('"') && text.endsWith('"') && !text.includes("\\") ? text.slice(1, -1) : undefined;
}
