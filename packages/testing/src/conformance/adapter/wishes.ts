import type { AdapterFacts, Digest, Face, Known, Mode, Secret, Wanted } from "@handfast/core";

/** One issuer by digests. */
export interface Side {
  readonly name: string;
  readonly anchor: Digest;
  readonly crl: Digest | undefined;
  readonly shows: {
    readonly certificate: Digest;
    readonly chain: readonly Digest[];
    readonly secret: Secret;
  };
}

/** Something to ask an adapter for. */
export interface Wish {
  readonly name: string;
  readonly wanted: Wanted;
}

/** What the suite asks for. */
export interface Wishes {
  /** The state without mutual TLS. */
  readonly rest: Wish;
  /** The strictest face with the first issuer, and with the second. */
  readonly a: Wish;
  readonly b: Wish;
  /** A way through everything that the adapter says it can do, from the start back to rest. */
  readonly tour: readonly Wish[];
}

/** Whether a verifier in this mode looks at certificates. */
export function checksCertificates(mode: Mode): boolean {
  return mode === "optional" || mode === "required";
}

/** What to ask an adapter for, by what it declares of itself. */
export function wishesOf(facts: AdapterFacts, [a, b]: readonly [Side, Side]): Wishes {
  if (facts.role === "presenter") {
    const nothing: Wish = { name: "nothing", wanted: { role: "presenter", shows: "nothing" } };
    const inherited: Wish = { name: "inherited", wanted: { role: "presenter", shows: "inherited" } };
    const show = ({ name, shows }: Side): Wish => ({ name, wanted: { role: "presenter", shows } });
    const fallen = facts.inherits ? [inherited, show(a)] : [];
    return {
      rest: facts.inherits ? inherited : nothing,
      a: show(a),
      b: show(b),
      tour: [show(a), show(b), ...fallen, nothing, ...(facts.inherits ? [inherited] : [])],
    };
  }
  const ask = (mode: Mode, ...sides: readonly Side[]): Wish => {
    const trusted = checksCertificates(mode) ? sides : [];
    const anchors = trusted.map(({ anchor }) => anchor);
    const crls = facts.revocation === "crl" ? trusted.flatMap(({ crl }) => crl ?? []) : [];
    return {
      name: [mode, ...trusted.map(({ name }) => name)].join(" "),
      wanted: { role: "verifier", mode, anchors, crls },
    };
  };
  const [least = "off", ...more] = facts.modes;
  const strictest = facts.modes.at(-1) ?? least;
  const between = more.slice(0, -1);
  const union = facts.anchorRoom >= 2 ? [ask(strictest, a, b)] : [];
  return {
    rest: ask(least),
    a: ask(strictest, a),
    b: ask(strictest, b),
    tour: [
      ...between.map((mode) => ask(mode, a)),
      ask(strictest, a),
      ...union,
      ask(strictest, b),
      ...between.toReversed().map((mode) => ask(mode, b)),
      ask(least),
    ],
  };
}

/** How a face differs from what was wanted, in a few words; undefined when it does not. */
export function mismatch(face: Face, wanted: Wanted): string | undefined {
  if (face.role !== wanted.role) return `it is the face of a ${face.role}`;
  if (face.role === "presenter" && wanted.role === "presenter") {
    const { shows } = wanted;
    if (shows === "inherited") return undefined;
    if (typeof shows === "string" || typeof face.shows === "string") {
      return shows === face.shows ? undefined : `it shows ${JSON.stringify(face.shows)}`;
    }
    if ("unknown" in face.shows) return "what it shows is unknown";
    const same = [face.shows.certificate, ...face.shows.chain].join();
    return same === [shows.certificate, ...shows.chain].join() ? undefined : `it shows ${same}`;
  }
  if (face.role !== "verifier" || wanted.role !== "verifier") return undefined;
  if (face.mode !== wanted.mode) return `its mode is ${face.mode}`;
  if (!checksCertificates(face.mode)) return undefined;
  if (!holds(face.anchors, wanted.anchors)) return `its anchors are ${JSON.stringify(face.anchors)}`;
  if (!holds(face.crls, wanted.crls)) return `its CRLs are ${JSON.stringify(face.crls)}`;
  for (const flag of ["ignoreExpiry", "advertiseNames"] as const) {
    if (face[flag] !== (wanted[flag] ?? face[flag])) return `${flag} is ${face[flag]}`;
  }
  return undefined;
}

/** A set that can't be read may be the right one, unless it is known to be of another size. */
function holds(value: Known<readonly Digest[]>, wanted: readonly Digest[]): boolean {
  if ("unknown" in value) return value.count === undefined || value.count === wanted.length;
  return value.known.toSorted().join() === wanted.toSorted().join();
}
