import type { Rules } from "@handfast/core/accept";

/**
 * How OpenSSL 3 judges with what its distributions set: `openssl verify -purpose sslclient -crl_check_all`, and nginx,
 * HAProxy, Apache and `openssl s_server` when they are told to look at every CRL. A provider's own rules are among the
 * facts of its adapter.
 *
 * Depth: SSL_CTX_set_verify_depth(3), 100 by default; nginx sets 1 (`ssl_verify_depth`). Security level: 2 since
 * OpenSSL 3.2, and in Debian and Ubuntu before.
 */
export const opensslRules: Rules = {
  maxIntermediates: 100,
  partialChain: false,
  crlRule: "whole",
  chainChoice: "first",
  crlChoice: "newest",
  securityLevel: 2,
};
