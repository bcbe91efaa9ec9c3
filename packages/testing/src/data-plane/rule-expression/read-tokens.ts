import type { ExpressionFault } from "./expression.ts";

/** A piece of an expression. */
export interface Token {
  readonly text: string;
  /** Characters before it. */
  readonly at: number;
}

const pattern =
  /\s*("(?:[^"\\]|\\.)*"|\$?[A-Za-z_][\w.]*|-?\d[\w.:/]*|==|!=|<=|>=|&&|\|\||\^\^|[<>~(){},!])/y;

/** Cuts an expression to pieces; a piece that no expression has is a fault. */
export function readTokens(expression: string): readonly Token[] | ExpressionFault {
  const tokens: Token[] = [];
  const end = expression.trimEnd().length;
  const sticky = new RegExp(pattern);
  while (sticky.lastIndex < end) {
    const from = sticky.lastIndex;
    const match = sticky.exec(expression);
    const text = match?.[1];
    if (match === null || text === undefined) {
      const at = from + (/^\s*/.exec(expression.slice(from))?.[0].length ?? 0);
      return { at, reason: "unrecognised input" };
    }
    tokens.push({ text, at: match.index + match[0].length - text.length });
  }
  return tokens;
}
