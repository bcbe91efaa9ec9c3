import { type Elbv2Call, type Elbv2Result, findStore } from "./call.ts";
import type { Listener, MutualAuthentication } from "./models.ts";
import { refuse } from "./refusals.ts";

/** What a listener has that was never told anything. */
export const off: MutualAuthentication = {
  mode: "off",
  trustStoreArn: undefined,
  ignoreExpiry: false,
  advertise: "off",
  association: "active",
};

/**
 * Reads the block `MutualAuthentication` of CreateListener and ModifyListener. What is not in it is reset to its
 * default: the block replaces the one before it.
 *
 * @returns undefined when there is no block: then all stays as it is
 * @throws AwsRefused ValidationError, TrustStoreNotFound, TrustStoreNotReady
 */
export function readMutualAuthentication(call: Elbv2Call): MutualAuthentication | undefined {
  const block = call.query.structure("MutualAuthentication");
  if (block === undefined) return undefined;
  const mode = block.text("Mode") ?? "off";
  const trustStoreArn = block.text("TrustStoreArn");
  const ignoreExpiry = block.boolean("IgnoreClientCertificateExpiry");
  const advertise = block.text("AdvertiseTrustStoreCaNames");
  if (mode !== "off" && mode !== "passthrough" && mode !== "verify") {
    throw refuse(
      "ValidationError",
      `Mutual Authentication mode '${mode}' is not valid. Valid values: off, passthrough, verify`,
    );
  }
  if (advertise !== undefined && advertise !== "on" && advertise !== "off") {
    throw refuse(
      "ValidationError",
      `AdvertiseTrustStoreCaNames '${advertise}' is not valid. Valid values: on, off`,
    );
  }
  if (mode !== "verify") {
    if (ignoreExpiry !== undefined) throw unsupported(mode, "ignoring certificate expiry");
    if (advertise !== undefined) throw unsupported(mode, "advertising trust store CA names");
    if (mode === "off" && trustStoreArn !== undefined) throw unsupported(mode, "a trust store");
  }
  if (mode === "verify" && trustStoreArn === undefined) {
    throw refuse(
      "ValidationError",
      "A trust store ARN must be specified for Mutual Authentication mode verify",
    );
  }
  if (trustStoreArn !== undefined) checkReady(call, trustStoreArn);
  return {
    mode,
    trustStoreArn,
    ignoreExpiry: ignoreExpiry ?? false,
    advertise: advertise ?? "off",
    association: "active",
  };
}

/** The block as Describe gives it: only what the mode knows. */
export function describeMutualAuthentication(listener: Listener): Elbv2Result | undefined {
  const { protocol, mutualAuthentication: mutual = off } = listener;
  if (protocol !== "HTTPS") return undefined;
  if (mutual.mode === "off") return { Mode: "off" };
  const association = mutual.trustStoreArn === undefined ? undefined : mutual.association;
  const store = { TrustStoreArn: mutual.trustStoreArn, TrustStoreAssociationStatus: association };
  if (mutual.mode === "passthrough") return { Mode: "passthrough", ...store };
  return {
    Mode: "verify",
    IgnoreClientCertificateExpiry: mutual.ignoreExpiry,
    AdvertiseTrustStoreCaNames: mutual.advertise,
    ...store,
  };
}

/** @throws AwsRefused InvalidConfigurationRequest when the load balancer has no room for one more verify listener */
export function checkVerifyQuota(call: Elbv2Call, loadBalancerArn: string, except: string | undefined): void {
  const verifying = [...call.models.now().listeners.values()].filter(
    (listener) =>
      listener.loadBalancerArn === loadBalancerArn &&
      listener.arn !== except &&
      listener.mutualAuthentication?.mode === "verify",
  );
  if (verifying.length >= call.settings.quotas.verifyListeners) {
    throw refuse(
      "InvalidConfigurationRequest",
      `The load balancer '${loadBalancerArn}' has the maximum number of listeners in Mutual Authentication mode verify`,
    );
  }
}

function checkReady(call: Elbv2Call, arn: string): void {
  const store = findStore({ ...call, view: call.models.now(), now: Number.POSITIVE_INFINITY }, arn, "read");
  if (store.activeAt > call.now) {
    throw refuse("TrustStoreNotReady", `Trust store with ARN '${arn}' is not in ACTIVE state`);
  }
}

function unsupported(mode: string, what: string): Error {
  return refuse("ValidationError", `Mutual Authentication mode ${mode} does not support ${what}`);
}
