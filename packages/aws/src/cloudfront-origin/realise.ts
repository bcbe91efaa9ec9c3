import type { Finding, Wanted } from "@handfast/core";
import { idOf } from "./describe.ts";
import { finding, missingFinding } from "./findings.ts";
import { undoneBy } from "./managers.ts";
import {
  type Ban,
  bundleName,
  isAsWanted,
  type OriginFields,
  type OriginState,
  type Showing,
} from "./state.ts";
import { type OriginTarget, originOf } from "./target.ts";

type Realised =
  | { readonly state: OriginState; readonly findings?: readonly Finding[] }
  | { readonly findings: readonly Finding[] };

/** Neutral to native: what is shown already, then what handfast imported, then what is yet to be imported. */
export function realiseOrigin(target: OriginTarget, wanted: Wanted, base: OriginState): Realised {
  if (wanted.role !== "presenter") {
    return refuse(
      "not-a-verifier",
      "an origin is shown certificates, it is asked for none",
      "link it as a presenter",
    );
  }
  if (wanted.shows === "inherited") {
    return refuse(
      "nothing-to-inherit",
      "what a distribution shows to an origin is set at the origin, and nothing stands behind it",
      'ask for an identity, or for "nothing"',
    );
  }
  const missing = missingFinding(target, base);
  if (missing !== undefined || base.origin === null)
    return { findings: missing === undefined ? [] : [missing] };
  const { origin } = base;
  const set = (shows: Showing, certificates = base.certificates): Realised => {
    const state = { ...base, origin: { ...origin, shows }, certificates };
    const findings = [
      ...(base.manager === undefined ? [] : [undoneBy(base.manager, target, shows !== "nothing")]),
      ...(origin.shows === "nothing" ? [withoutWebSockets(target)] : []),
    ];
    return findings.length === 0 ? { state } : { state, findings };
  };
  if (wanted.shows === "nothing") return origin.shows === "nothing" ? { state: base } : set("nothing");
  const { certificate, chain, secret } = wanted.shows;
  const bundle = { certificate, chain };
  if (isAsWanted(origin.shows, bundle)) return { state: base };
  const findings = [...judgeOrigin(target, origin)];
  if (findings.length > 0) return { findings };
  const name = bundleName(bundle);
  return set(bundle, {
    ...base.certificates,
    [name]: base.certificates[name] ?? { taken: false, secret },
  });
}

/**
 * Why CloudFront shows this origin no certificate ("Enable origin mutual TLS for CloudFront distributions": prerequisites,
 * and features that are not supported).
 */
function judgeOrigin(target: OriginTarget, { kind, protocolPolicy, bans }: OriginFields): Finding[] {
  const where = `origin "${originOf(target)}" of ${idOf(target.distribution)}`;
  if (kind !== "custom") {
    return [
      finding(
        "blocker",
        "origin-not-custom",
        kind === "vpc"
          ? `${where} is a VPC origin, and CloudFront shows those no certificate`
          : `${where} is an S3 bucket: CloudFront signs requests to it, and shows no certificate`,
        "name a custom origin",
      ),
    ];
  }
  const found = bans.map((ban) => banned[ban](where));
  if (protocolPolicy === "http-only") {
    found.push(
      finding(
        "blocker",
        "origin-not-https",
        `${where} is reached by plain HTTP (protocol policy http-only), where no certificate is shown`,
        "the distribution's owner sets its protocol policy to https-only",
      ),
    );
  }
  return found;
}

/** Nothing in a distribution's configuration tells whether anybody connects by WebSocket. */
function withoutWebSockets(target: OriginTarget): Finding {
  return finding(
    "warning",
    "origin-without-websockets",
    `CloudFront passes no WebSocket connections on to an origin that it shows a certificate: those to origin "${originOf(target)}" of ${idOf(target.distribution)} end`,
    "give WebSockets an origin of their own if there are any",
  );
}

const banned: Readonly<Record<Ban, (where: string) => Finding>> = {
  grpc: (where) =>
    finding(
      "blocker",
      "origin-with-grpc",
      `a cache behaviour passes gRPC on to ${where}, and CloudFront does not combine that with a client certificate`,
      "turn gRPC off for it, or give gRPC an origin of its own",
    ),
  "lambda-at-origin": (where) =>
    finding(
      "blocker",
      "origin-with-lambda",
      `a Lambda@Edge function runs at requests to, or responses of, ${where}, and CloudFront does not combine that with a client certificate`,
      "move it to viewer requests and responses, or take it away",
    ),
  "http-viewers": (where) =>
    finding(
      "blocker",
      "origin-not-https",
      `${where} is reached as viewers come (protocol policy match-viewer), and a cache behaviour lets them come by plain HTTP: such requests show no certificate`,
      "the distribution's owner sets the origin's protocol policy to https-only, or the behaviours to redirect-to-https",
    ),
};

function refuse(code: string, message: string, mend: string): Realised {
  return { findings: [finding("blocker", code, message, mend)] };
}
