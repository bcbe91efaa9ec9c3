import type { Clock } from "@handfast/core";
import { changes } from "../../changes.ts";
import type {
  DistributionBehaviour,
  DistributionOrigin,
  DistributionView,
  Source,
} from "../../data-plane/sources.ts";
import { readOwn } from "../rest-xml/element.ts";
import type { Behaviour, Origin, ViewerMtls } from "./config.ts";
import type { CloudfrontState, Distribution } from "./models.ts";
import { forwardedHeaders, responseHeaders } from "./policy-headers.ts";
import { contentOf } from "./trust-store-status.ts";
import type { CloudfrontWorld } from "./world.ts";

/** What a view is made of. */
export type ViewedWorld = Pick<CloudfrontWorld, "models" | "certificates" | "functions">;

/**
 * What a distribution does, as the control plane has it now. Subscribers hear of every change to the distribution, and
 * to what it uses: policies, the bundle of its trust store once a change to that is through, connection function and
 * certificates. A subscription keeps a sleeper on the clock while such a change is under way.
 */
export function distributionSource(world: ViewedWorld, clock: Clock, arn: string): Source<DistributionView> {
  const current = (): DistributionView => viewOf(world, arn, clock.now());
  return {
    current,
    subscribe: (changed) => {
      let known = JSON.stringify(current());
      const look = (): void => {
        const seen = JSON.stringify(current());
        if (seen === known) return;
        known = seen;
        changed();
      };
      const events = changes(clock, (now) => {
        const store = storeOf(world.models.now(), arn);
        return store !== undefined && now < store.change.settledAt ? store.change.settledAt : undefined;
      });
      const stops = [
        events.subscribe(look),
        world.models.subscribe(events.happened),
        world.certificates.subscribe(look),
        world.functions.subscribe(look),
      ];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}

function find(state: CloudfrontState, arn: string): Distribution | undefined {
  return [...state.distributions.values()].find((distribution) => distribution.arn === arn);
}

function storeOf(state: CloudfrontState, arn: string) {
  return state.trustStores.get(find(state, arn)?.config.viewerMtls?.trustStore ?? "");
}

/** A distribution that is gone answers to no name. */
const gone: DistributionView = {
  enabled: false,
  names: [],
  minimumProtocol: "TLSv1.2",
  viewer: { mode: "off" },
  behaviours: [],
  origins: [],
  defaultRootObject: "",
};

function viewOf(world: ViewedWorld, arn: string, now: number): DistributionView {
  const state = world.models.now();
  const distribution = find(state, arn);
  if (distribution === undefined) return gone;
  const { config, domainName } = distribution;
  return {
    enabled: config.enabled,
    names: [domainName, ...config.aliases],
    minimumProtocol: config.viewerCertificate.minimumProtocol.startsWith("TLSv1.3") ? "TLSv1.3" : "TLSv1.2",
    viewer: viewerOf(state, config.viewerMtls, now),
    connectionFunction: functionOf(world, config.connectionFunction),
    behaviours: config.behaviours.map((behaviour) => behaviourOf(state, behaviour)),
    origins: config.origins.map((origin) => originOf(world, origin)),
    defaultRootObject: config.defaultRootObject,
  };
}

function viewerOf(
  state: CloudfrontState,
  mtls: ViewerMtls | undefined,
  now: number,
): DistributionView["viewer"] {
  if (mtls === undefined) return { mode: "off" };
  if (mtls.mode === "passthrough") return { mode: "passthrough" };
  const store = state.trustStores.get(mtls.trustStore ?? "");
  const { anchors, ocsp } = store === undefined ? { anchors: [], ocsp: false } : contentOf(store, now);
  return {
    mode: mtls.mode,
    anchors,
    ocsp,
    ignoreExpiry: mtls.ignoreExpiry,
    advertiseNames: mtls.advertiseNames,
  };
}

function functionOf(
  { functions }: ViewedWorld,
  id: string | undefined,
): DistributionView["connectionFunction"] {
  const found = id === undefined ? undefined : functions.find(id);
  return found?.live && { name: found.name, ...found.live };
}

function behaviourOf(state: CloudfrontState, behaviour: Behaviour): DistributionBehaviour {
  const { pathPattern, originId, viewerProtocolPolicy } = behaviour;
  const legacy = behaviour.forwardedHeaders.map((name) => name.toLowerCase());
  return {
    pathPattern,
    originId,
    viewerProtocolPolicy,
    forwards:
      behaviour.cachePolicy !== undefined
        ? forwardedHeaders(behaviour.originRequestPolicy, state)
        : legacy.includes("*")
          ? "all"
          : legacy,
    responseHeaders: responseHeaders(behaviour.responseHeadersPolicy, state),
  };
}

function originOf({ certificates, models }: ViewedWorld, origin: Origin): DistributionOrigin {
  const { clientCertificate, accessControl } = origin;
  const shown = clientCertificate === undefined ? undefined : certificates.find(clientCertificate);
  const control = accessControl === undefined ? undefined : models.now().accessControls.get(accessControl);
  const signing = control && readOwn(control.xml, "OriginAccessControlConfig").text("SigningBehavior");
  return {
    id: origin.id,
    domainName: origin.domainName,
    path: origin.path,
    kind: origin.kind === "s3" ? "s3" : "custom",
    protocolPolicy: origin.protocolPolicy,
    httpPort: origin.httpPort,
    httpsPort: origin.httpsPort,
    shows:
      shown === undefined
        ? "nothing"
        : { certificate: [shown.certificate.trim(), shown.chain.trim()].join("\n").trim(), key: shown.key },
    customHeaders: origin.customHeaders,
    signed: signing === "always" || signing === "no-override",
  };
}
