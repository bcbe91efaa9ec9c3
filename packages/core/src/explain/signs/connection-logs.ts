import { clientCertificateCauses } from "../causes/all.ts";
import type { Sign } from "./sign.ts";

const alb = "AWS: Connection logs for your Application Load Balancer";
const cloudfront = "AWS: Observability using connection logs (CloudFront)";
const both = [alb, cloudfront];

/** Codes under which anything may hide. */
const vague: ReadonlySet<string> = new Set(["UnmappedConnectionError", "TcpError", "TcpTimeout", "Internal"]);

const reason = (is: string, points: Sign["points"], sources: readonly string[]): Sign => ({
  mark: "connectionLog",
  is,
  seen: `the connection log says ${is}`,
  points,
  // the log says it outright; whatever vaguer signs point at beside it is not it
  rulesOut: vague.has(is) ? [] : clientCertificateCauses.filter((code) => !(code in points)),
  sources,
});

/** Reason codes in the connection logs of Application Load Balancers and of CloudFront, without `Failed:`. */
export const connectionLogSigns: readonly Sign[] = [
  reason("ClientCertMaxChainDepthExceeded", { "chain-too-deep": 8 }, both),
  reason("ClientCertMaxSizeExceeded", { "chain-too-large": 8 }, both),
  reason("ClientCertUntrusted", { "ca-not-trusted": 8, "chain-incomplete": 4 }, both),
  reason("ClientCertNotYetValid", { "leaf-not-yet-valid": 8 }, both),
  reason("ClientCertExpired", { "leaf-expired": 8, "ca-expired": 3 }, both),
  reason("ClientCertTypeUnsupported", { "certificate-unsupported": 8 }, both),
  reason("ClientCertInvalid", { "certificate-broken": 8, "certificate-unsupported": 3 }, both),
  reason("ClientCertRejected", { "refused-by-policy": 8 }, both),
  reason("ClientCertCrlHit", { revoked: 8 }, [alb]),
  reason("ClientCertCrlProcessingError", { "crl-unreadable": 8, "crl-missing": 3, "crl-expired": 3 }, [
    alb,
    "UNVERIFIED: what an Application Load Balancer does with an expired list, or with none for one of the CAs",
  ]),
  reason("ClientCertIncompatible", { "certificate-unsupported": 7 }, [alb]),
  reason("ClientCertPurposeInvalid", { "wrong-purpose": 8 }, [alb]),
  reason("ClientCertIntentInvalid", { "wrong-purpose": 8 }, [cloudfront]),
  reason("ClientCertMissing", { "nothing-shown": 8, "cannot-sign": 3 }, [cloudfront]),
  reason(
    "UnmappedConnectionError",
    { "nothing-shown": 5, "cannot-sign": 2, "no-shared-cipher": 2, "cut-on-the-way": 2 },
    [
      ...both,
      "UNVERIFIED: a missing certificate shows so at an Application Load Balancer (one report from the field)",
    ],
  ),
  reason("ConnectionFunctionError", { "connection-function-fault": 8 }, [cloudfront]),
  reason("ConnectionFunctionDenied", { "connection-function-refused": 8 }, [cloudfront]),
  reason("TcpError", { "cut-on-the-way": 8 }, [cloudfront]),
  reason("TcpTimeout", { unreachable: 7, "cut-on-the-way": 3 }, [cloudfront]),
  reason("Internal", { "server-fault": 8 }, [cloudfront]),
];
