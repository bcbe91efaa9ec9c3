import {
  accepts,
  type Clock,
  Evidence,
  type Facts,
  type Rules,
  readPem,
  type Shown,
  sha256,
  type VerifierFace,
} from "@handfast/core";
import type { EdgeView, ListenerView, Source } from "@handfast/testing";

/** What the judge saw so far. */
export interface Judgement {
  /** Combinations of what may have been enforced and what may have been shown that were looked at. */
  readonly looked: number;
  /** Those that refuse the traffic, in words. */
  readonly refused: readonly string[];
  /** Strangers who were let in although neither the state before nor the goal lets them in. */
  readonly leaks: readonly string[];
}

/** Judges all traffic by core's acceptance function at every change of the simulators. */
export interface Judge {
  /** Starts anew: only what is in effect now counts as before. `closed` says that strangers must stay outside. */
  begin(closed: boolean): void;
  read(): Judgement;
  close(): void;
}

/** What to judge by. */
export interface JudgeOptions {
  readonly listener: Source<ListenerView>;
  readonly edge: Source<EdgeView>;
  readonly clock: Clock;
  readonly rules: Rules;
  /** PEM of everything that may be trusted or shown. */
  readonly certificates: readonly string[];
  readonly crls: readonly string[];
  /** PEM of a certificate that no CA of ours has issued. */
  readonly stranger: string;
  /** How long a node may run on with what the listener had before, in milliseconds. */
  readonly listenerLagMs: number;
}

/** Starts judging. What the API calls active is at the edge; a listener's nodes follow in their own time. */
export function startJudge(options: JudgeOptions): Judge {
  const { listener, edge, clock, rules, listenerLagMs } = options;
  const facts = evidenceOf(options);
  const stranger = shownOf(options.stranger);
  let past: { readonly view: ListenerView; readonly until: number }[] = [];
  let now = listener.current();
  let closed = false;
  let looked = 0;
  const refused = new Set<string>();
  const leaks = new Set<string>();

  const judge = (): void => {
    const at = clock.now();
    past = past.filter(({ until }) => until > at);
    const { shows } = edge.current();
    for (const view of [now, ...past.map((one) => one.view)]) {
      looked += 1;
      const face = faceOf(view);
      const shown = shows === "nothing" ? shows : shownOf(shows.certificate);
      const { verdict, reason } = accepts(face, shown, { at }, rules, facts);
      if (verdict !== "accepted" || view.storeRemoved) refused.add(`${verdict} (${view.mode}): ${reason}`);
      if (closed && accepts(face, stranger, { at }, rules, facts).verdict === "accepted")
        leaks.add(`a stranger is let in (${view.mode})`);
    }
  };
  const stops = [
    listener.subscribe(() => {
      past.push({ view: now, until: clock.now() + listenerLagMs });
      now = listener.current();
      judge();
    }),
    edge.subscribe(judge),
  ];
  return {
    begin: (isClosed) => {
      past = [];
      closed = isClosed;
      looked = 0;
      refused.clear();
      leaks.clear();
      judge();
    },
    read: () => ({ looked, refused: [...refused], leaks: [...leaks] }),
    close: () => {
      for (const stop of stops) stop();
    },
  };
}

function evidenceOf({ certificates, crls, stranger }: JudgeOptions): Facts {
  const ders = [
    ...[...certificates, stranger].flatMap((pem) => readPem(pem, "CERTIFICATE", "judge")),
    ...crls.flatMap((pem) => readPem(pem, "X509 CRL", "judge")),
  ];
  return new Evidence(new Map(ders.map((der) => [sha256(der), der])));
}

function shownOf(pem: string): Shown {
  const [certificate = "", ...chain] = readPem(pem, "CERTIFICATE", "judge").map((der) => sha256(der));
  return { certificate, chain };
}

function faceOf({ mode, anchors, crls, ignoreExpiry, advertiseNames }: ListenerView): VerifierFace {
  const digests = (texts: readonly string[], label: "CERTIFICATE" | "X509 CRL") => ({
    known: texts.flatMap((pem) => readPem(pem, label, "judge").map((der) => sha256(der))),
  });
  return {
    role: "verifier",
    mode: ({ off: "off", passthrough: "request", verify: "required" } as const)[mode],
    anchors: digests(anchors, "CERTIFICATE"),
    crls: digests(crls, "X509 CRL"),
    ignoreExpiry,
    advertiseNames,
  };
}
