import type { AdapterDefinition, Finding, Secret, Wanted } from "@handfast/core";
import { realiseSsl } from "../ssl-mode/realise.ts";
import { type SslState, speaksTls, verdictOf } from "../ssl-mode/state.ts";
import {
  type Bundle,
  faceOf,
  findStored,
  type HostnameState,
  type StoredCertificate,
  withStored,
} from "./state.ts";
import type { HostnameTarget } from "./target.ts";

type Realised = ReturnType<AdapterDefinition<HostnameTarget, HostnameState, never>["realise"]>;

/**
 * The state in which the wanted is shown, or why there is none.
 *
 * `nothing` is an association with `enabled: false`, since only that holds whatever the zone shows. The API asks for
 * a certificate even then, so one of the store is named: the one associated now, else one that nobody uses.
 */
export function realiseState(target: HostnameTarget, wanted: Wanted, base: HostnameState): Realised {
  if (wanted.role !== "presenter") {
    return {
      findings: [
        blocker(
          "not-a-verifier",
          "a Cloudflare hostname shows certificates, it checks none",
          "link it as a presenter",
        ),
      ],
    };
  }
  const mode = realiseSsl(target, base.ssl);
  if ("findings" in mode) return mode;
  const from = { ...base, ssl: mode.ssl };
  if (wanted.shows === "inherited") return { state: { ...from, association: null } };
  if (wanted.shows === "nothing") return realiseNothing(from);
  const { certificate, chain, secret } = wanted.shows;
  if (speaksTls(from.ssl) === "no") return { findings: [plainHttp(from.ssl)] };
  return realiseShown(target, { certificate, chain }, secret, from);
}

function plainHttp(ssl: SslState): Finding {
  return blocker(
    "ssl-mode-too-weak",
    `the SSL mode of the hostname is "${verdictOf(ssl).mode}": Cloudflare speaks plain HTTP to the origin and shows no certificate`,
    'ask for ssl: "strict" on the presenter, or set the mode by hand',
  );
}

function realiseNothing(base: HostnameState): Realised {
  if (base.association?.enabled === false && base.association.failed !== true) return { state: base };
  const own = base.association?.certificate;
  const usable = base.store.filter(({ others, failed }) => others !== "full" && failed === undefined);
  const spare = usable.find(({ others }) => others === "none") ?? usable[0];
  // one that is gone is refused, even to show nothing by
  const isHeld = own !== undefined && !("unknown" in own) && findStored(base.store, own) !== undefined;
  const certificate = isHeld || spare === undefined ? own : bundleOf(spare);
  if (certificate !== undefined) return { state: { ...base, association: { enabled: false, certificate } } };
  if (isNothing(base)) return { state: base };
  return {
    findings: [
      blocker(
        "suppress-needs-certificate",
        "to show nothing here, Cloudflare wants the hostname associated (enabled: false) with some certificate of the hostname store, and the store is empty; zone-level or global origin pulls show one now",
        "upload any certificate to the zone's hostname store first, or turn zone-level and global origin pulls off",
      ),
    ],
  };
}

function realiseShown(target: HostnameTarget, bundle: Bundle, secret: Secret, base: HostnameState): Realised {
  const stored = findStored(base.store, bundle);
  const findings = [
    ...(stored === undefined && target.sendChain !== true ? judgeChain(bundle) : []),
    // whether there is a slot for what is new is judged for all hostnames of the zone together
    ...(stored === undefined ? [] : judgeStored(stored, bundle, base)),
  ];
  if (findings.length > 0) return { findings };
  const store =
    stored === undefined ? withStored(base.store, { ...bundle, others: "none", secret }) : base.store;
  return { state: { ...base, association: { enabled: true, certificate: bundle }, store } };
}

export function judgeChain({ chain }: Bundle): Finding[] {
  if (chain.length === 0) return [];
  return [
    blocker(
      "chain-undocumented",
      `the identity has ${chain.length} intermediate(s), and Cloudflare documents that it shows a leaf only`,
      "put the intermediates among the origin's anchors and leave them out of the identity, or set sendChain: true on the presenter to try",
    ),
  ];
}

function judgeStored(stored: StoredCertificate, bundle: Bundle, base: HostnameState): Finding[] {
  const name = bundle.certificate.slice(0, 12);
  if (stored.failed === true) {
    return [
      blocker(
        "certificate-deployment-failed",
        `certificate ${name} is in the hostname store, but its deployment timed out at Cloudflare`,
        "delete it there and plan again: it is then uploaded anew",
      ),
    ];
  }
  const own = base.association?.certificate;
  const isOwn = own !== undefined && !("unknown" in own) && own.certificate === bundle.certificate;
  if (stored.others !== "full" || isOwn) return [];
  return [
    blocker(
      "certificate-hostnames-full",
      `certificate ${name} is associated with 100 hostnames, and one certificate takes no more`,
      "show another identity on the remaining hostnames",
    ),
  ];
}

function isNothing(base: HostnameState): boolean {
  const face = faceOf(base);
  return face.role === "presenter" && face.shows === "nothing";
}

function bundleOf({ certificate, chain }: Bundle): Bundle {
  return { certificate, chain };
}

function blocker(code: string, message: string, mend: string): Finding {
  return { code, severity: "blocker", message, mend };
}
