import { X509Certificate } from "node:crypto";
import { sha256 } from "@handfast/core";
import type { Providers } from "../../providers.ts";

/** What the providers hold, as texts to compare: by content, in no order of making. */
export interface Holdings {
  /** What decides handshakes: the listener's block and the association. */
  readonly effect: string;
  /** Effect, stores, files and certificates, one a line. */
  readonly all: readonly string[];
  /** What was made more than once: a name or a certificate that is there twice, a file that was written twice. */
  readonly twice: readonly string[];
  /** Stores of the same content under other names, once nothing is half-made any more. */
  readonly alike: readonly string[];
}

/** Reads it behind the API's back. */
export function readHoldings({ cloud, flare, zone }: Providers): Holdings {
  const { listeners, trustStores, objects } = cloud.inventory();
  const { certificates, zoneLevel, associations } = flare.inventory(zone);
  const contentOf = ({ anchors, crls }: { anchors: readonly string[]; crls: readonly string[] }): string =>
    `anchors ${names(anchors)} crls ${crls
      .map((crl) => sha256(Buffer.from(crl)).slice(0, 12))
      .sort()
      .join(",")}`;
  const effect = [
    ...listeners.map(({ mode, trustStore, ignoreExpiry, advertiseNames }) => {
      const store = trustStores.find(({ name }) => name === trustStore);
      const trusted = store === undefined ? "no store" : contentOf(store);
      return `listener ${mode} ${trusted} ${ignoreExpiry} ${advertiseNames}`;
    }),
    `zone level ${zoneLevel}`,
    ...associations.map(
      ({ hostname, certificate, enabled }) =>
        `association ${hostname} ${names(certificate === undefined ? [] : [certificate])} ${enabled}`,
    ),
  ].sort();
  const stores = trustStores.map((store) => `store ${store.name} ${contentOf(store)}`);
  const files = objects.map(({ key, content }) => `file ${key} ${sha256(Buffer.from(content)).slice(0, 12)}`);
  const held = certificates.hostname.map((pem) => `certificate ${names([pem])}`);
  const zoneHeld = certificates.zone.map((pem) => `zone certificate ${names([pem])}`);
  const made = [
    ...trustStores.map(({ name }) => `store ${name}`),
    ...objects.flatMap(({ key, writes }) => Array.from({ length: writes }, () => `file ${key}`)),
    ...held,
  ];
  return {
    effect: effect.join("\n"),
    all: [...effect, ...stores, ...files, ...held, ...zoneHeld].sort(),
    twice: repeated(made),
    alike: repeated(trustStores.map(contentOf)),
  };
}

function repeated(texts: readonly string[]): readonly string[] {
  return texts.filter((text, index) => texts.indexOf(text) < index);
}

function names(pems: readonly string[]): string {
  return pems
    .map((pem) => new X509Certificate(pem).fingerprint256.replaceAll(":", "").slice(0, 12))
    .sort()
    .join(",");
}
