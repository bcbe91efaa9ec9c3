import type { CauseText } from "../symptom.ts";

/** Causes at providers' edges, and between an edge and its origin. */
export const edgeCauses = {
  "edge-shows-nothing": {
    what: "The edge presents no certificate to the origin for this hostname: no association, one that is switched off or not in effect yet, or a mode in which it does not speak verified TLS to the origin.",
    hop: "edge-to-origin",
    check:
      "what the origin logs of the client (nginx: $ssl_client_verify says NONE); at Cloudflare GET /zones/ZONE/origin_tls_client_auth/hostnames/HOST: `enabled` is true and `status` active, and the encryption mode is Full or higher; status() of handfast",
    mend: "Associate the certificate with the hostname and wait until it is active. Take the origin back to optional until a proof has passed.",
    sources: [
      "Cloudflare: Authenticated Origin Pulls, Per-hostname",
      "cloudflare/cloudflare-go#3680 (switched off is not absent)",
    ],
  },
  "origin-refuses-edge": {
    what: "The edge presents its certificate, and the origin refuses it: another CA is trusted there, or the certificate has expired; an edge goes on presenting an expired one.",
    hop: "edge-to-origin",
    check:
      "the origin's error log or connection log at that second; openssl verify with the origin's bundle and the certificate that is uploaded at the edge; Cloudflare GET /zones/ZONE/origin_tls_client_auth/hostnames/HOST gives `expires_on` and `certificate`",
    mend: "Trust the CA of the edge's certificate at the origin, or upload and associate one that is trusted there.",
    sources: [
      "Cloudflare: Error 520 (Authenticated Origin Pulls on, origin not configured as expected)",
      "Cloudflare: Manage certificates (Authenticated Origin Pulls)",
    ],
  },
  "origin-no-tls": {
    what: "The edge could not complete a handshake with the origin, whatever the client certificates are: the port is closed to it, no certificate is installed, no SNI, no shared cipher.",
    hop: "edge-to-origin",
    check:
      "openssl s_client -connect ORIGIN:443 -servername HOST from a place that the origin lets in; the origin's error log",
    mend: "Install a certificate at the origin, open the port to the edge's addresses, allow its cipher suites.",
    sources: ["Cloudflare: Error 525: SSL handshake failed"],
  },
  "origin-certificate-invalid": {
    what: "The edge refused the origin's own certificate: expired, self-signed, for another name, or without its intermediates. Client certificates have nothing to do with it.",
    hop: "edge-to-origin",
    check: "openssl s_client -connect ORIGIN:443 -servername HOST -verify_return_error -verify_hostname HOST",
    mend: "Install a valid certificate with its chain at the origin (Cloudflare: Origin CA, or a custom origin trust store).",
    sources: [
      "Cloudflare: Error 526: invalid SSL certificate",
      "cloudflare/cloudflare-docs#29154 (incomplete chain)",
    ],
  },
  "origin-empty-answer": {
    what: "The origin closed the connection, or answered with what is no HTTP, for a reason of its own: a crash, headers that are too large, broken HTTP/2, a firewall.",
    hop: "edge-to-origin",
    check: "the origin's error log at that second; the same request straight to the origin",
    mend: "By what the log says; switch HTTP/2 to the origin off to see whether it is that.",
    sources: ["Cloudflare: Error 520: web server returns an unknown error"],
  },
  "worker-to-proxied": {
    what: "A Worker with an mTLS binding calls a host that is itself proxied by Cloudflare, which does not take client certificates from a Worker.",
    hop: "edge-to-origin",
    check: "whether the Worker's target is proxied (orange cloud)",
    mend: "Let the binding call a host that is not proxied.",
    sources: ["Cloudflare: Workers, mTLS binding"],
  },
  "edge-rule-refused": {
    what: "A rule at the edge refused the request because the client's certificate is missing, not verified or revoked.",
    hop: "client-to-edge",
    check:
      "Cloudflare: Security, Events, for this request; the rule's expression over cf.tls_client_auth.cert_verified and cert_revoked. It holds only where the hostname asks for certificates",
    mend: "Present a certificate of a CA that the account trusts, to a hostname for which mTLS is switched on; or change the rule.",
    sources: ["Cloudflare: API Shield, Configure mTLS", "Cloudflare: Field reference, cf.tls_client_auth"],
  },
  "gateway-refused": {
    what: "API Gateway refused the client's certificate; it says so by 403, not by TLS: issuer not in the truststore, intermediate or root missing there, self-signed, weak signature.",
    hop: "client-to-edge",
    check:
      "the execution log of the REST API: `Access denied. Reason: Could not find issuer for certificate` and the like; without any log line it is not mutual TLS; truststoreWarnings of GetDomainName",
    mend: "Put the whole chain up to the root into the truststore, upload it as a new version and name that version at the domain.",
    sources: [
      "AWS re:Post: How do I troubleshoot HTTP 403 Forbidden errors from an API Gateway custom domain name that requires mutual TLS?",
      "AWS: How to turn on mutual TLS authentication for your REST APIs in API Gateway",
    ],
  },
  "connection-function-refused": {
    what: "The distribution's connection function refused the connection: the certificate is on its list of revoked ones, or the function is stricter than meant.",
    hop: "client-to-edge",
    check: "connectionLogCustomData in the connection log; TestConnectionFunction with this certificate",
    mend: "Present another certificate, or take its serial from the key value store (lower case, no colons on either side).",
    sources: ["AWS: Observability using connection logs (ConnectionFunctionDenied)"],
  },
  "connection-function-fault": {
    what: "The distribution's connection function threw, and so nobody is let in.",
    hop: "client-to-edge",
    check: "TestConnectionFunction with the event of this certificate; the function's log",
    mend: "Publish a function that works, or take the association from the distribution.",
    sources: ["AWS: Observability using connection logs (ConnectionFunctionError)"],
  },
  "older-connection": {
    what: "The edge answered over a connection to the origin that is older than the change: it was made before the certificate was presented.",
    hop: "edge-to-origin",
    check: "ask again for some minutes, by a path that is not cached; the origin's log of fresh connections",
    mend: "Wait until the edge's idle connections have ended, and prove again; nothing is to be changed yet.",
    sources: ["RFC 9112, 9.3"],
  },
  "cached-answer": {
    what: "A cache at the edge answered; the request never came to the verifier, and so says nothing of it.",
    hop: "client-to-edge",
    check: "curl -sI URL: `age`, `cf-cache-status`, `x-cache`; the origin's log at that second",
    mend: "Probe a path that the edge does not cache, or keep it from caching that path.",
    sources: ["RFC 9111, 5.1", "Cloudflare: Cache, Default cache behavior"],
  },
  "echo-missing": {
    what: "The application does not send back which certificate it saw, under the header that the probe names.",
    hop: "edge-to-origin",
    check:
      "curl -sI URL: whether the header stands there at all, also for a request with a certificate that is accepted",
    mend: "Let the application echo the verifier's header (ALB: X-Amzn-Mtls-Clientcert-Serial-Number), or take `echo` from the probe.",
    sources: ["AWS: Mutual authentication with TLS in Application Load Balancer (headers)"],
  },
  "edge-shows-another": {
    what: "The edge presents another certificate than the one that is due: another association or a level above it wins, or the change is not in effect everywhere.",
    hop: "edge-to-origin",
    check:
      "Cloudflare GET /zones/ZONE/origin_tls_client_auth/hostnames/HOST: `cert_id`; with two zone certificates the newest is sent",
    mend: "Associate the hostname with the certificate that is due, and wait until it is active.",
    sources: [
      "Cloudflare: Authenticated Origin Pulls, Manage certificates",
      "cloudflare/cloudflare-docs#7290",
    ],
  },
  "silent-refusal": {
    what: "The server refused the client's certificate, or the lack of one, and closed without saying why. Servers on s2n-tls do by default, and a TLS server of Node.",
    check:
      "probeSet() of @handfast/pki: nothing, ours, a stranger's; if only ours is let in, it is the certificate. The server's own log says which reason (connection log of an Application Load Balancer or of CloudFront)",
    mend: "By the reason in the server's log; explain({ connectionLog: … }) for its code.",
    sources: [
      "aws/s2n-tls: tls/s2n_alerts.c (close_notify by default)",
      "AWS: Connection logs for your Application Load Balancer",
      "UNVERIFIED: which alerts Application Load Balancers and CloudFront really send",
    ],
  },
} as const satisfies Readonly<Record<string, CauseText>>;
