import type { CauseText } from "../symptom.ts";

/** Causes that lie before or beside the question of client certificates. */
export const connectionCauses = {
  "port-closed": {
    what: "Nothing listens at that port.",
    check: "openssl s_client -connect HOST:443; the listener or service at the server",
    mend: "Start the server, or give the right host and port.",
    sources: ["POSIX: connect(), ECONNREFUSED", "curl: curl(1), exit code 7"],
  },
  "name-not-found": {
    what: "The name has no address.",
    check: "dig +short HOST A HOST AAAA",
    mend: "Mend the record or the name.",
    sources: ["POSIX: getaddrinfo(), EAI_NONAME and EAI_AGAIN", "curl: curl(1), exit code 6"],
  },
  unreachable: {
    what: "No packets get there: a route, a firewall or a security group is in the way.",
    check:
      "the same from another network; rules of firewall and security group for this port and this source",
    mend: "Open the way for this source, or look from a place that may reach the server.",
    sources: ["POSIX: connect(), EHOSTUNREACH, ENETUNREACH and ETIMEDOUT", "curl: curl(1), exit code 28"],
  },
  "slow-server": {
    what: "The connection stands, and the server did not answer in time.",
    check:
      "curl -v -w '%{time_connect} %{time_appconnect} %{time_starttransfer}' tells which part took the time",
    mend: "Look into the server's load and its own upstream; allow more time if that is normal.",
    sources: ["curl: curl(1), exit code 28"],
  },
  "not-tls": {
    what: "What answers at that port does not speak TLS, or the client spoke plain HTTP to a port that does.",
    check: "curl -v http://HOST:PORT/ against curl -vk https://HOST:PORT/",
    mend: "Give the port that speaks TLS, and https in the URL.",
    sources: ["RFC 8446, 5.1", "nginx: Module ngx_http_ssl_module, Error Processing (497)"],
  },
  "no-shared-version": {
    what: "Client and server have no version of TLS in common.",
    check:
      "openssl s_client -connect HOST:443 with -tls1_2, then with -tls1_3; probe() with minVersion and maxVersion",
    mend: "Allow TLS 1.2 or 1.3 at both.",
    sources: ["RFC 8446, 6.2 (protocol_version)"],
  },
  "no-shared-cipher": {
    what: "Client and server have no cipher suite, curve or signature algorithm in common.",
    check: "openssl s_client -connect HOST:443 -cipher ... -curves ... -sigalgs ..., one offer at a time",
    mend: "Widen the TLS policy of the one that was narrowed last.",
    sources: ["RFC 8446, 4.1.1 and 6.2 (handshake_failure)", "RFC 5246, 7.2.2 (handshake_failure)"],
  },
  "no-such-site": {
    what: "The server has no site of the name that the client gave (SNI), or the client gave none.",
    check: "openssl s_client -connect HOST:443 -servername NAME, with and without -servername",
    mend: "Send the name of the site as SNI; add the name at the server.",
    sources: ["RFC 6066, 3", "RFC 8446, 6.2 (unrecognized_name)"],
  },
  "no-shared-alpn": {
    what: "The server speaks none of the protocols that the client offered over TLS (ALPN).",
    check: "openssl s_client -connect HOST:443 -alpn h2,http/1.1",
    mend: "Offer http/1.1 too.",
    sources: ["RFC 7301, 3.2", "RFC 8446, 6.2 (no_application_protocol)"],
  },
  "server-not-trusted": {
    what: "It is the client that refused: the server's own certificate does not lead to a CA that the client trusts. Client certificates have nothing to do with it.",
    check: "openssl s_client -connect HOST:443 -servername HOST -CAfile CA.pem -verify_return_error",
    mend: "Let the server send its intermediates; give the client the CA of the server (curl --cacert, Node `ca`).",
    sources: ["RFC 5280, 6.1", "curl: curl(1), exit code 60"],
  },
  "server-expired": {
    what: "It is the client that refused: a certificate of the server's has expired, or the client's clock is wrong.",
    check: "openssl s_client -connect HOST:443 -servername HOST </dev/null | openssl x509 -noout -dates",
    mend: "Renew the server's certificate.",
    sources: ["RFC 5280, 4.1.2.5", "curl: curl(1), exit code 60"],
  },
  "wrong-name": {
    what: "It is the client that refused: the server's certificate is for another name, so another site answers.",
    check:
      "openssl s_client -connect HOST:443 -servername HOST </dev/null | openssl x509 -noout -ext subjectAltName",
    mend: "Send the right SNI, point the name at the right server, or add the name to its certificate.",
    sources: ["RFC 9110, 4.3.4", "RFC 6125, 6"],
  },
  "client-ca-file": {
    what: "The client could not read the file of CAs by which it judges the server.",
    hop: "client-to-edge",
    check: "the path after --cacert or in `ca`, as the client's user",
    mend: "Mend path, rights or format.",
    sources: ["curl: curl(1), exit code 77"],
  },
  "server-fault": {
    what: "The server failed for a reason of its own.",
    check: "the server's error log at that second",
    mend: "By what the log says; ask again.",
    sources: ["RFC 8446, 6.2 (internal_error)"],
  },
  "broken-handshake": {
    what: "One side sent what the other does not take as TLS: a proxy that changes the handshake, or a fault in one of the two.",
    check: "the same without the proxy, and from another client (openssl s_client -msg)",
    mend: "Take the middlebox out of the way, or update the side at fault.",
    sources: ["RFC 8446, 6.2"],
  },
  "cut-on-the-way": {
    what: "Something other than the check of certificates ended the connection: a restart, an idle limit, a proxy, a firewall.",
    check: "repeat on fresh connections: a refusal comes every time and at the same point, a cut does not",
    mend: "Look for restarts and limits between client and server; ask again.",
    sources: ["RFC 9293, 3.5.3"],
  },
  "http2-fault": {
    what: "HTTP/2 itself broke, whatever the certificates are.",
    check: "curl --http1.1: a refusal of the certificate stays, a fault of HTTP/2 goes away",
    mend: "Take HTTP/1.1 for the moment, and mend HTTP/2 at the server or the proxy.",
    sources: ["RFC 9113, 7", "curl: curl(1), exit code 92"],
  },
  "connection-reused": {
    what: "The request came over a connection that was made for another host, whose client certificate settings differ.",
    check: "the same URL on a fresh connection (curl -v)",
    mend: "Send it over a connection of its own; give hosts with and without client certificates different addresses or certificates.",
    sources: ["RFC 9110, 15.5.20", "RFC 9113, 9.1.1"],
  },
  "application-answer": {
    what: "The application answered so, for a reason of its own; the handshake was through.",
    check: "the application's log at that second; another path that needs no rights",
    mend: "Ask for a path that answers below 400, or say in the probe which status is expected.",
    sources: ["RFC 9110, 15.5"],
  },
} as const satisfies Readonly<Record<string, CauseText>>;
