import type { CertificateFacts } from "./certificate-facts.ts";
import type { StatusReader } from "./certificate-status.ts";
import { belowAnchor, checkViewer, type ViewerRefusal } from "./check-viewer.ts";
import { type ConnectionEvent, eventCertificates } from "./connection-event.ts";
import { type ConnectionFunctionResult, runConnectionFunction } from "./connection-function.ts";
import type { DistributionView } from "./sources.ts";
import { passedHeaders, verifiedHeaders } from "./viewer-headers.ts";

/** What a node holds a viewer's handshake against. */
export interface ViewerGate {
  readonly view: DistributionView;
  /** The anchors of the view's trust store. */
  readonly anchors: readonly CertificateFacts[];
  readonly statuses: StatusReader;
  /** What the node knows of the function's key value store; `undefined` when it has none. */
  readonly keyValues: ReadonlyMap<string, string> | undefined;
  readonly timeoutMs: number | undefined;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** What became of a handshake. */
export interface ViewerVerdict {
  /** Why it was refused; absent when it was let in. */
  readonly reason?: ViewerRefusal | undefined;
  /** Tell the origin of the certificate. */
  readonly headers: Readonly<Record<string, string>>;
  /** What came of the connection function, when it ran. */
  readonly ran?: ConnectionFunctionResult | undefined;
}

type EventStatus = NonNullable<ConnectionEvent["clientCertificate"]>["revocationStatus"];

interface Standing {
  readonly headers: Readonly<Record<string, string>>;
  /** What the function gets to see. */
  readonly shown: readonly CertificateFacts[];
  readonly status?: EventStatus;
}

/**
 * Decides about a viewer, in CloudFront's order: the certificate against the trust store, responders, then the
 * connection function, which has the last word about what responders said and none about the rest (developer guide
 * pages "Associate a CloudFront Connection Function" and "Certificate revocation").
 */
export function judgeViewer(
  gate: ViewerGate,
  presented: readonly CertificateFacts[] | undefined,
  connection: Omit<ConnectionEvent, "clientCertificate">,
): ViewerVerdict {
  if (gate.view.viewer.mode === "off") return { headers: {} };
  if (presented === undefined) return refuse("ClientCertInvalid");
  const standing = standingOf(gate, presented);
  if ("reason" in standing) return refuse(standing.reason);
  const { headers, shown, status } = standing;
  const { connectionFunction } = gate.view;
  if (connectionFunction === undefined) {
    return status === undefined || status.chainValidity === "Valid"
      ? { headers }
      : refuse("ClientCertRejected");
  }
  const ran = runConnectionFunction({
    code: connectionFunction.code,
    event: { ...connection, clientCertificate: eventCertificates(shown, status) },
    keyValues: gate.keyValues,
    at: gate.at,
    timeoutMs: gate.timeoutMs,
  });
  if (ran.error !== undefined || ran.decision === "none") return refuse("ConnectionFunctionError", ran);
  return ran.decision === "deny" ? refuse("ConnectionFunctionDenied", ran) : { headers, ran };
}

function refuse(reason: ViewerRefusal, ran?: ConnectionFunctionResult): ViewerVerdict {
  return { reason, headers: {}, ran };
}

/** What the mode makes of a certificate, before responders and function have their say. */
function standingOf(
  { view, anchors, statuses, at }: ViewerGate,
  presented: readonly CertificateFacts[],
): Standing | { readonly reason: ViewerRefusal } {
  const { viewer } = view;
  if (viewer.mode === "off") return { headers: {}, shown: [] };
  if (viewer.mode === "passthrough") return { headers: passedHeaders(presented), shown: presented };
  const [leaf] = presented;
  if (leaf === undefined && viewer.mode === "optional")
    return { headers: verifiedHeaders(undefined), shown: [] };
  const { ignoreExpiry, ocsp } = viewer;
  const verdict = checkViewer({ presented, anchors, ignoreExpiry, ocsp, at });
  if ("reason" in verdict) return verdict;
  // A leaf that is an anchor itself has nothing below.
  const [first, ...intermediates] = belowAnchor(verdict.path);
  const status = ocsp && first !== undefined ? statuses.read(first, intermediates) : undefined;
  const shown = first === undefined ? presented.slice(0, 1) : [first, ...intermediates];
  return { headers: verifiedHeaders(leaf), shown, ...(status === undefined ? {} : { status }) };
}
