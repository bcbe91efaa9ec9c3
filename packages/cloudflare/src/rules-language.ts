/**
 * Holds an expression of Cloudflare's rules language against one kind of request. What hangs on anything that is not
 * known of it is unknown, never false.
 *
 * Source: Cloudflare Ruleset Engine, "Rules language": operators, precedence, `in` lists.
 */

/** What is known of a request, by the names of fields: texts and flags. */
export type RequestFacts = Readonly<Record<string, string | boolean>>;

/** True and false are certain; undefined is not known. */
export type Holds = boolean | undefined;

/** Whether an expression holds for a request of which this is known. */
export function holdsFor(expression: string, facts: RequestFacts): Holds {
  const tokens = expression.match(token) ?? [];
  // what the pattern skipped is no blank: an operator that is not known here
  if (expression.replace(token, "").trim() !== "") return undefined;
  const reader = new Reader(tokens, facts);
  try {
    const holds = reader.readOr();
    return reader.atEnd ? holds : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/**
 * Whether an expression holds for every request to a hostname (true), for none (false), or that hangs on more than the
 * hostname.
 */
export const matchesHostname = (expression: string, hostname: string): Holds =>
  holdsFor(expression, { "http.host": hostname });

const token = /"(?:[^"\\]|\\.)*"|&&|\|\||\^\^|==|!=|<=|>=|[(){}!,~<>]|[$A-Za-z0-9_.:/[\]*-]+/g;
const joints = [")", "and", "&&", "or", "||", "xor", "^^"];

class Reader {
  readonly #tokens: readonly string[];
  readonly #facts: RequestFacts;
  #at = 0;

  constructor(tokens: readonly string[], facts: RequestFacts) {
    this.#tokens = tokens;
    this.#facts = facts;
  }

  get atEnd(): boolean {
    return this.#at === this.#tokens.length;
  }

  readOr(): Holds {
    let left = this.#readXor();
    while (this.#take("or", "||")) left = or(left, this.#readXor());
    return left;
  }

  #readXor(): Holds {
    let left = this.#readAnd();
    while (this.#take("xor", "^^")) {
      const right = this.#readAnd();
      left = left === undefined || right === undefined ? undefined : left !== right;
    }
    return left;
  }

  #readAnd(): Holds {
    let left = this.#readNot();
    while (this.#take("and", "&&")) left = not(or(not(left), not(this.#readNot())));
    return left;
  }

  #readNot(): Holds {
    if (this.#take("not", "!")) return not(this.#readNot());
    if (this.#take("(")) {
      const inner = this.readOr();
      this.#expect(")");
      return inner;
    }
    return this.#readComparison();
  }

  #readComparison(): Holds {
    const name = this.#next();
    if (name === "true" || name === "false") return name === "true";
    const value = this.#take("(") ? this.#readCall(name) : this.#known(name);
    if (this.#isJoint()) return typeof value === "boolean" ? value : undefined;
    const operator = this.#next();
    if (operator === "strict") this.#next();
    const given = this.#readValues();
    return value === undefined || given === undefined ? undefined : compare(value, operator, given);
  }

  #known(name: string): string | Holds {
    return Object.hasOwn(this.#facts, name) ? this.#facts[name] : undefined;
  }

  #isJoint(): boolean {
    return this.atEnd || joints.includes(this.#tokens[this.#at] ?? "");
  }

  /** The value of a call, as far as it is known. */
  #readCall(name: string): string | Holds {
    const args: string[] = [];
    for (let depth = 1; depth > 0; ) {
      const next = this.#next();
      if (next === "(") depth += 1;
      if (next === ")") depth -= 1;
      if (depth > 0 && next !== ",") args.push(next);
    }
    const text = this.#known(args[0] ?? "");
    if (typeof text !== "string") return undefined;
    if (name === "lower" && args.length === 1) return text.toLowerCase();
    const part = args.length === 2 ? literal(args[1] ?? "") : undefined;
    if (typeof part !== "string") return undefined;
    if (name === "starts_with") return text.startsWith(part);
    return name === "ends_with" ? text.endsWith(part) : undefined;
  }

  #readValues(): (string | boolean)[] | undefined {
    const values: (string | boolean | undefined)[] = [];
    if (this.#take("{")) while (!this.#take("}")) values.push(literal(this.#next()));
    else values.push(literal(this.#next()));
    const known = values.filter((value) => value !== undefined);
    return known.length === values.length ? known : undefined;
  }

  #next(): string {
    const next = this.#tokens[this.#at];
    if (next === undefined) throw new SyntaxError("the expression ends early");
    this.#at += 1;
    return next;
  }

  #take(...wanted: string[]): boolean {
    if (this.atEnd || !wanted.includes(this.#tokens[this.#at] ?? "")) return false;
    this.#at += 1;
    return true;
  }

  #expect(wanted: string): void {
    if (!this.#take(wanted)) throw new SyntaxError(`no ${wanted}`);
  }
}

function compare(value: string | boolean, operator: string, given: readonly (string | boolean)[]): Holds {
  switch (operator) {
    case "eq":
    case "==":
    case "in":
      return given.includes(value);
    case "ne":
    case "!=":
      return !given.includes(value);
    case "contains": {
      const [part] = given;
      return typeof value === "string" && typeof part === "string" ? value.includes(part) : undefined;
    }
    default:
      return undefined;
  }
}

function literal(text: string): string | boolean | undefined {
  if (text === "true" || text === "false") return text === "true";
  return text.startsWith('"') && text.endsWith('"') && !text.includes("\\") ? text.slice(1, -1) : undefined;
}

function or(left: Holds, right: Holds): Holds {
  if (left === true || right === true) return true;
  return left === false && right === false ? false : undefined;
}

function not(holds: Holds): Holds {
  return holds === undefined ? undefined : !holds;
}
