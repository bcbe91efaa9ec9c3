import { type Expression, type ExpressionFault, fieldKinds, type StringOperator } from "./expression.ts";
import { readTokens, type Token } from "./read-tokens.ts";

/** An expression that was read, with what in it is not simulated. */
export interface ReadExpression {
  readonly expression: Expression;
  /** Each stands as `foreign` in the expression. */
  readonly foreign: readonly ExpressionFault[];
}

/**
 * Reads an expression: fields of `fieldKinds`, compared by `eq`, `ne`, `in {…}`, `contains`, `starts_with(…)` and
 * `ends_with(…)`, boolean fields by themselves, `true` and `false`, joined by `not`, `and`, `or` and parentheses
 * (`not` before `and` before `or`). What is well formed and not among these is read past.
 *
 * Source: Cloudflare Ruleset Engine, "Rules language".
 */
export function readExpression(text: string): ReadExpression | ExpressionFault {
  const tokens = readTokens(text);
  if ("reason" in tokens) return tokens;
  const reader = new Reader(tokens, text.trimEnd().length);
  try {
    const expression = reader.readWhole();
    return { expression, foreign: reader.foreign };
  } catch (error) {
    if (error instanceof Unreadable) return { at: error.at, reason: error.reason };
    throw error;
  }
}

class Unreadable extends Error {
  readonly at: number;
  readonly reason: string;

  constructor(at: number, reason: string) {
    super(reason);
    this.at = at;
    this.reason = reason;
  }
}

const comparisons: Readonly<Record<string, StringOperator>> = {
  eq: "in",
  "==": "in",
  ne: "ne",
  "!=": "ne",
  contains: "contains",
};
const foreignComparisons = new Set(["matches", "~", "wildcard", "strict", "lt", "le", "gt", "ge"]);
const orders = new Set(["<", "<=", ">", ">="]);
const functions: Readonly<Record<string, StringOperator>> = {
  starts_with: "starts-with",
  ends_with: "ends-with",
};

/** A descent over the pieces, one method per level of the grammar. */
class Reader {
  readonly foreign: ExpressionFault[] = [];
  readonly #tokens: readonly Token[];
  readonly #end: number;
  #next = 0;

  constructor(tokens: readonly Token[], end: number) {
    this.#tokens = tokens;
    this.#end = end;
  }

  readWhole(): Expression {
    const expression = this.#readOr();
    if (this.#next < this.#tokens.length) this.#fail("unrecognised input");
    return expression;
  }

  #readOr(): Expression {
    let left = this.#readAnd();
    while (this.#accept("or", "||")) left = { kind: "or", left, right: this.#readAnd() };
    return left;
  }

  #readAnd(): Expression {
    let left = this.#readNot();
    while (this.#accept("and", "&&")) left = { kind: "and", left, right: this.#readNot() };
    return left;
  }

  #readNot(): Expression {
    if (this.#accept("not", "!")) return { kind: "not", operand: this.#readNot() };
    if (!this.#accept("(")) return this.#readComparison();
    const inner = this.#readOr();
    this.#expect(")");
    return inner;
  }

  #readComparison(): Expression {
    if (this.#accept("true")) return { kind: "constant", value: true };
    if (this.#accept("false")) return { kind: "constant", value: false };
    const { text: name, at } = this.#take("expected identifier");
    if (!/^[A-Za-z_]/.test(name)) this.#failAt(at, "expected identifier");
    const called = functions[name];
    if (called !== undefined) return this.#readCall(called);
    const kind = fieldKinds.get(name);
    if (kind === "flag") return { kind: "flag", field: name };
    if (kind === undefined) return this.#readForeign(at);
    if (this.#accept("in"))
      return { kind: "comparison", field: name, operator: "in", values: this.#readSet() };
    const { text: word, at: wordAt } = this.#take("expected comparison operator");
    const operator = comparisons[word];
    if (operator !== undefined)
      return { kind: "comparison", field: name, operator, values: [this.#readText()] };
    if (!foreignComparisons.has(word) && !orders.has(word))
      this.#failAt(wordAt, "unrecognised comparison operator");
    if (word === "strict") this.#expect("wildcard");
    this.#readText();
    return this.#beForeign(wordAt, "comparison operator that is not simulated");
  }

  #readCall(operator: StringOperator): Expression {
    this.#expect("(");
    const { text: field, at } = this.#take("expected identifier");
    this.#expect(",");
    const values = [this.#readText()];
    this.#expect(")");
    if (fieldKinds.get(field) === "text") return { kind: "comparison", field, operator, values };
    return this.#beForeign(at, "unknown identifier");
  }

  /** A field that is not simulated: what it is compared with is read past. */
  #readForeign(at: number): Expression {
    const foreign = this.#beForeign(at, "unknown identifier");
    if (this.#accept("in")) {
      if (!this.#accept("{")) this.#take("expected list");
      else while (!this.#accept("}")) this.#take("expected }");
      return foreign;
    }
    const known = this.#peek() ?? "";
    if (comparisons[known] === undefined && !foreignComparisons.has(known) && !orders.has(known))
      return foreign;
    this.#next += 1;
    if (known === "strict") this.#expect("wildcard");
    this.#take("expected literal");
    return foreign;
  }

  #beForeign(at: number, reason: string): Expression {
    this.foreign.push({ at, reason });
    return { kind: "foreign" };
  }

  #readSet(): readonly string[] {
    this.#expect("{");
    const values: string[] = [];
    while (!this.#accept("}")) values.push(this.#readText());
    return values;
  }

  #readText(): string {
    const { text, at } = this.#take("expected literal");
    if (!text.startsWith('"')) this.#failAt(at, "expected literal");
    return text.slice(1, -1).replaceAll(/\\(.)/g, "$1");
  }

  #peek(): string | undefined {
    return this.#tokens[this.#next]?.text;
  }

  #take(reason: string): Token {
    const token = this.#tokens[this.#next];
    if (token === undefined) return this.#fail(reason);
    this.#next += 1;
    return token;
  }

  #accept(...wanted: readonly string[]): boolean {
    const text = this.#peek();
    if (text === undefined || !wanted.includes(text)) return false;
    this.#next += 1;
    return true;
  }

  #expect(wanted: string): void {
    if (!this.#accept(wanted)) this.#fail(`expected literal "${wanted}"`);
  }

  #fail(reason: string): never {
    return this.#failAt(this.#tokens[this.#next]?.at ?? this.#end, reason);
  }

  #failAt(at: number, reason: string): never {
    throw new Unreadable(at, reason);
  }
}
