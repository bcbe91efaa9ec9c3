/** Between the wire's words and the port's. Written against shapes, so that it needs no SDK. */
import { HandfastError } from "@handfast/core";
import type { ListenerRecord, MutualAuthentication, StoreRecord } from "./port.ts";

/** ELBv2 API `MutualAuthenticationAttributes`. */
export interface Block {
  readonly Mode?: string | undefined;
  readonly TrustStoreArn?: string | undefined;
  readonly IgnoreClientCertificateExpiry?: boolean | undefined;
  readonly AdvertiseTrustStoreCaNames?: "on" | "off" | undefined;
  readonly TrustStoreAssociationStatus?: string | undefined;
}

/** The whole block that a mode may have: `passthrough` and `off` refuse every companion. */
export function toBlock(
  wanted: MutualAuthentication,
): Pick<Block, "Mode" | "TrustStoreArn" | "IgnoreClientCertificateExpiry" | "AdvertiseTrustStoreCaNames"> {
  if (wanted.mode !== "verify") return { Mode: wanted.mode };
  return {
    Mode: "verify",
    TrustStoreArn: wanted.storeArn,
    IgnoreClientCertificateExpiry: wanted.ignoreExpiry,
    AdvertiseTrustStoreCaNames: wanted.advertiseNames ? "on" : "off",
  };
}

/**
 * What a listener does, from its block; no block is `off`.
 *
 * @throws HandfastError `REMOTE_UNEXPECTED` for a mode that is not known here: what it refuses can't be told
 */
export function readBlock(block: Block | undefined): MutualAuthentication {
  const mode = block?.Mode ?? "off";
  if (mode === "off" || mode === "passthrough") return { mode };
  if (mode !== "verify" || block?.TrustStoreArn === undefined) {
    throw new HandfastError(
      "REMOTE_UNEXPECTED",
      `read listener failed: the service answered with mutual authentication ${mode}${mode === "verify" ? " without a trust store" : ""}, which this version does not know; update handfast`,
      { operation: "DescribeListeners", facts: { mode } },
    );
  }
  return {
    mode,
    storeArn: block.TrustStoreArn,
    ignoreExpiry: block.IgnoreClientCertificateExpiry ?? false,
    advertiseNames: block.AdvertiseTrustStoreCaNames === "on",
    removed: block.TrustStoreAssociationStatus === "removed",
  };
}

/** A listener from its description. */
export function toListener(listener: {
  readonly ListenerArn?: string | undefined;
  readonly LoadBalancerArn?: string | undefined;
  readonly Protocol?: string | undefined;
  readonly Port?: number | undefined;
  readonly MutualAuthentication?: Block | undefined;
}): ListenerRecord {
  return {
    arn: listener.ListenerArn ?? "",
    loadBalancerArn: listener.LoadBalancerArn ?? "",
    protocol: listener.Protocol ?? "unknown",
    port: listener.Port ?? 443,
    authentication: readBlock(listener.MutualAuthentication),
  };
}

/** A trust store from its description. */
export function toStore(store: {
  readonly TrustStoreArn?: string | undefined;
  readonly Name?: string | undefined;
  readonly Status?: string | undefined;
  readonly NumberOfCaCertificates?: number | undefined;
}): StoreRecord {
  return {
    arn: store.TrustStoreArn ?? "",
    name: store.Name ?? "",
    active: store.Status === "ACTIVE",
    certificates: store.NumberOfCaCertificates ?? 0,
  };
}
