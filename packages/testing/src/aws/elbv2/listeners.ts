import { arnOf, checkArn, type Elbv2Call, type Elbv2Result, pageOf } from "./call.ts";
import {
  type Elbv2State,
  type Listener,
  type LoadBalancer,
  type TrustStore,
  withEntry,
  withoutEntry,
} from "./models.ts";
import {
  checkVerifyQuota,
  describeMutualAuthentication,
  off,
  readMutualAuthentication,
} from "./mutual-authentication.ts";
import { refuse } from "./refusals.ts";
import { readTags } from "./tags.ts";

/** CreateListener. */
export function createListener(call: Elbv2Call): Elbv2Result {
  const { query, models, settings } = call;
  const balancer = findLoadBalancer(models.now(), query.required("LoadBalancerArn"));
  const tags = readTags(query, settings.quotas.tags) ?? {};
  if (query.text("Protocol") === undefined || query.text("Port") === undefined) {
    throw refuse("ValidationError", "A listener protocol and port must be specified");
  }
  if (query.structures("DefaultActions") === undefined) {
    throw refuse("ValidationError", "'DefaultActions' must be specified");
  }
  const siblings = [...models.now().listeners.values()].filter(
    ({ loadBalancerArn }) => loadBalancerArn === balancer.arn,
  );
  if (siblings.length >= settings.quotas.listeners) {
    throw refuse("TooManyListeners", "The maximum number of listeners has been reached");
  }
  const listener = readListener(call, {
    arn: arnOf(settings, `listener/${balancer.arn.split(":loadbalancer/")[1]}/${models.nextId()}`),
    loadBalancerArn: balancer.arn,
    port: 0,
    protocol: "HTTP",
    sslPolicy: undefined,
    certificateArn: undefined,
    actions: [],
    mutualAuthentication: undefined,
    attributes: {},
    tags,
  });
  models.write({ listeners: withEntry(models.now().listeners, listener.arn, listener) });
  return { Listeners: [describe(listener)] };
}

/** ModifyListener: what is not sent stays as it is. */
export function modifyListener(call: Elbv2Call): Elbv2Result {
  const { query, models } = call;
  const before = findListener(models.now(), query.required("ListenerArn"));
  const listener = readListener(call, before);
  models.write({
    listeners: withEntry(models.now().listeners, listener.arn, listener),
    stores: letGo(call, before, listener),
  });
  return { Listeners: [describe(listener)] };
}

/** DeleteListener. */
export function deleteListener(call: Elbv2Call): Elbv2Result {
  const { query, models } = call;
  const listener = findListener(models.now(), query.required("ListenerArn"));
  models.write({
    listeners: withoutEntry(models.now().listeners, listener.arn),
    stores: letGo(call, listener, undefined),
  });
  return {};
}

/** DescribeListeners. */
export function describeListeners(call: Elbv2Call): Elbv2Result {
  const { query, view } = call;
  const balancerArn = query.text("LoadBalancerArn");
  const arns = query.list("ListenerArns") ?? [];
  if ((balancerArn === undefined) === (arns.length === 0)) {
    throw refuse("ValidationError", "You must specify either listener ARNs or a load balancer ARN");
  }
  let listeners = arns.map((arn) => findListener(view, arn));
  if (balancerArn !== undefined) {
    const { arn } = findLoadBalancer(view, balancerArn);
    listeners = [...view.listeners.values()].filter(({ loadBalancerArn }) => loadBalancerArn === arn);
  }
  const { page, next } = pageOf(query, listeners, ({ arn }) => arn);
  return { Listeners: page.map(describe), NextMarker: next };
}

/** DescribeListenerCertificates: the default certificate; others are not simulated. */
export function describeListenerCertificates({ query, view }: Elbv2Call): Elbv2Result {
  const { certificateArn } = findListener(view, query.required("ListenerArn"));
  return {
    Certificates: certificateArn === undefined ? [] : [{ CertificateArn: certificateArn, IsDefault: true }],
  };
}

/** @throws AwsRefused ListenerNotFound, ValidationError */
export function findListener(state: Elbv2State, arn: string): Listener {
  const listener = state.listeners.get(checkArn(arn, "listener"));
  if (listener === undefined) throw refuse("ListenerNotFound", `One or more listeners not found: '${arn}'`);
  return listener;
}

/** @throws AwsRefused LoadBalancerNotFound, ValidationError */
export function findLoadBalancer(state: Elbv2State, arn: string): LoadBalancer {
  const balancer = state.loadBalancers.get(checkArn(arn, "loadbalancer"));
  if (balancer === undefined) throw refuse("LoadBalancerNotFound", `Load balancers '[${arn}]' not found`);
  return balancer;
}

function readListener(call: Elbv2Call, before: Listener): Listener {
  const { query, models } = call;
  const protocol = query.text("Protocol") ?? before.protocol;
  if (protocol !== "HTTP" && protocol !== "HTTPS") {
    throw refuse(
      "UnsupportedProtocol",
      `The protocol '${protocol}' is not supported by an Application Load Balancer`,
    );
  }
  const port = query.integer("Port", 1, 65535) ?? before.port;
  const clash = [...models.now().listeners.values()].some(
    (other) =>
      other.loadBalancerArn === before.loadBalancerArn && other.port === port && other.arn !== before.arn,
  );
  if (clash)
    throw refuse("DuplicateListener", "A listener already exists on this port for this load balancer");
  const secure = readSecurity(call, before, protocol);
  const block = readMutualAuthentication(call);
  if (protocol !== "HTTPS" && (block !== undefined || (before.mutualAuthentication ?? off).mode !== "off")) {
    throw refuse("InvalidConfigurationRequest", "Mutual Authentication is only supported by HTTPS listeners");
  }
  const mutualAuthentication = block ?? before.mutualAuthentication;
  if (block?.mode === "verify") checkVerifyQuota(call, before.loadBalancerArn, before.arn);
  const actions = query.structures("DefaultActions")?.map((action) => {
    const type = action.required("Type");
    if (
      ![
        "forward",
        "fixed-response",
        "redirect",
        "authenticate-oidc",
        "authenticate-cognito",
        "jwt-validation",
      ].includes(type)
    ) {
      throw refuse("ValidationError", `The action type '${type}' is not valid`);
    }
    return action.tree();
  });
  if (actions?.length === 0) throw refuse("ValidationError", "'DefaultActions' must not be empty");
  return { ...before, ...secure, port, protocol, mutualAuthentication, actions: actions ?? before.actions };
}

function readSecurity(
  { query }: Elbv2Call,
  before: Listener,
  protocol: "HTTP" | "HTTPS",
): Pick<Listener, "sslPolicy" | "certificateArn"> {
  const certificates = query.structures("Certificates");
  const policy = query.text("SslPolicy");
  if (protocol === "HTTP") {
    if (certificates !== undefined && certificates.length > 0) {
      throw refuse("ValidationError", "A certificate cannot be specified for HTTP listeners");
    }
    if (policy !== undefined)
      throw refuse("ValidationError", "An SSL policy cannot be specified for HTTP listeners");
    return { sslPolicy: undefined, certificateArn: undefined };
  }
  if (certificates !== undefined && certificates.length > 1) {
    throw refuse("TooManyCertificates", "Up to one certificate can be specified");
  }
  const certificateArn = certificates?.[0]?.required("CertificateArn") ?? before.certificateArn;
  if (certificateArn === undefined) {
    throw refuse("ValidationError", "A certificate must be specified for HTTPS listeners");
  }
  if (!/^arn:aws:(acm|iam):/.test(certificateArn)) {
    throw refuse("CertificateNotFound", `Certificate '${certificateArn}' not found`);
  }
  if (policy !== undefined && !/^ELBSecurityPolicy-[A-Za-z0-9-]+$/.test(policy)) {
    throw refuse("SSLPolicyNotFound", `SSL policy '${policy}' not found`);
  }
  return { sslPolicy: policy ?? before.sslPolicy ?? "ELBSecurityPolicy-2016-08", certificateArn };
}

/** The stores after a listener went over to another one: the old one counts as in use for a while. */
function letGo(
  call: Elbv2Call,
  before: Listener,
  after: Listener | undefined,
): ReadonlyMap<string, TrustStore> {
  const { stores } = call.models.now();
  const arn = before.mutualAuthentication?.trustStoreArn;
  const store = arn === undefined ? undefined : stores.get(arn);
  if (store === undefined || after?.mutualAuthentication?.trustStoreArn === arn) return stores;
  return withEntry(stores, store.arn, { ...store, heldUntil: call.now + call.settings.lags.held });
}

function describe(listener: Listener): Elbv2Result {
  return {
    ListenerArn: listener.arn,
    LoadBalancerArn: listener.loadBalancerArn,
    Port: listener.port,
    Protocol: listener.protocol,
    Certificates:
      listener.certificateArn === undefined ? undefined : [{ CertificateArn: listener.certificateArn }],
    SslPolicy: listener.sslPolicy,
    DefaultActions: listener.actions,
    MutualAuthentication: describeMutualAuthentication(listener),
  };
}
