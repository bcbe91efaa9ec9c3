import { refuseCommonly } from "../refused.ts";

/** The parameters of a request in AWS's Query protocol: `A.B`, `List.member.1`, each a string. */
export interface Query {
  /** A scalar, if it was sent. */
  text(name: string): string | undefined;
  /** A scalar that must be there. */
  required(name: string): string;
  /** An integer between two bounds, if it was sent. */
  integer(name: string, min: number, max: number): number | undefined;
  boolean(name: string): boolean | undefined;
  /** A list of scalars; `undefined` when nothing of it was sent. */
  list(name: string): readonly string[] | undefined;
  /** A list of structures, each as a query of its own; `undefined` when nothing of it was sent. */
  structures(name: string): readonly Query[] | undefined;
  /** A structure as a query of its own, if anything of it was sent. */
  structure(name: string): Query | undefined;
  /** Everything under this query, with lists as lists. */
  tree(): QueryTree;
}

/** Parameters as a tree. */
export interface QueryTree {
  readonly [name: string]: string | QueryTree | readonly (string | QueryTree)[];
}

/**
 * Reads the body of a Query request.
 *
 * Every reader throws AwsRefused ValidationError for what can't be read.
 */
export function readQuery(parameters: URLSearchParams): Query {
  return under("", new Map(parameters));
}

function under(prefix: string, parameters: ReadonlyMap<string, string>): Query {
  const query: Query = {
    text: (name) => parameters.get(prefix + name),
    required: (name) => {
      const value = query.text(name);
      if (value === undefined || value === "") {
        throw refuseCommonly("ValidationError", `'${prefix}${name}' must be specified`);
      }
      return value;
    },
    integer: (name, min, max) => {
      const value = query.text(name);
      if (value === undefined) return undefined;
      const number = /^-?\d+$/.test(value) ? Number(value) : Number.NaN;
      if (!(number >= min && number <= max)) {
        throw refuseCommonly(
          "ValidationError",
          `'${prefix}${name}' must be an integer between ${min} and ${max}`,
        );
      }
      return number;
    },
    boolean: (name) => {
      const value = query.text(name);
      if (value === undefined) return undefined;
      if (value !== "true" && value !== "false") {
        throw refuseCommonly("ValidationError", `'${prefix}${name}' must be true or false`);
      }
      return value === "true";
    },
    list: (name) =>
      memberPrefixes(`${prefix}${name}`, parameters)?.map((member) => {
        const value = parameters.get(member);
        if (value === undefined)
          throw refuseCommonly("ValidationError", `'${member}' must be a single value`);
        return value;
      }),
    structures: (name) =>
      memberPrefixes(`${prefix}${name}`, parameters)?.map((member) => under(`${member}.`, parameters)),
    structure: (name) => {
      const inner = `${prefix}${name}.`;
      return [...parameters.keys()].some((key) => key.startsWith(inner))
        ? under(inner, parameters)
        : undefined;
    },
    tree: () => treeOf(prefix, parameters),
  };
  return query;
}

function treeOf(prefix: string, parameters: ReadonlyMap<string, string>): QueryTree {
  const names = new Set(
    [...parameters.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length).split(".", 1)[0] ?? ""),
  );
  const branch = (name: string): string | QueryTree => parameters.get(name) ?? treeOf(`${name}.`, parameters);
  return Object.fromEntries(
    [...names].map((name) => {
      const full = `${prefix}${name}`;
      const isList = [...parameters.keys()].some((key) => key.startsWith(`${full}.member.`));
      return [name, isList ? (memberPrefixes(full, parameters) ?? []).map(branch) : branch(full)];
    }),
  );
}

/** `Name.member.1`, `Name.member.2`, …; a client sends `Name=` for a list without members. */
function memberPrefixes(name: string, parameters: ReadonlyMap<string, string>): string[] | undefined {
  const indices = new Set<number>();
  for (const key of parameters.keys()) {
    if (!key.startsWith(`${name}.`)) continue;
    const index = /^member\.([1-9]\d*)(\.|$)/.exec(key.slice(name.length + 1))?.[1];
    if (index === undefined) throw refuseCommonly("ValidationError", `'${key}' is not a member of a list`);
    indices.add(Number(index));
  }
  if (indices.size === 0) return parameters.get(name) === "" ? [] : undefined;
  return [...indices].sort((one, other) => one - other).map((index) => `${name}.member.${index}`);
}
